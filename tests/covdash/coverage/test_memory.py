"""Every line is followed into the past as a slow walk, one revision and one line at a time, follows it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.linemap import map_lines
from covdash.coverage.memory import Revision, Was, remember, timeline
from tests.covdash.reports.stock import lines

TEXT = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=8)
HITS = st.lists(st.sampled_from([None, 0, 2]), min_size=8, max_size=8)
PAST = st.lists(st.tuples(TEXT, HITS), min_size=1, max_size=5)


def revision(text: list[str], hits: list[int | None]) -> Revision:
    return Revision(lines(*hits[: len(text)]), "".join(text).encode(), tuple(text))


@given(PAST)
def test_memory_is_what_a_slow_walk_finds(past: list[tuple[list[str], list[int | None]]]) -> None:
    revisions = [revision(text, hits) for text, hits in past]

    found = remember(revisions)

    assert found.known == len(revisions)
    for line in found.lines.tolist():
        states: list[str] = []
        place = line
        for number, (text, hits) in enumerate(past):
            if number:
                newer = past[number - 1][0]
                place = int(map_lines(text, newer).to_old([place])[0]) if text != newer else place
            if not place:
                break
            hit = hits[place - 1]
            states.append("unmeasured" if hit is None else "hit" if hit else "missed")
        since = next((n for n, state in enumerate(states) if state != states[0]), len(states)) - 1
        last_hit = states.index("hit") if "hit" in states else -1
        assert found.of(line) == (since, last_hit, len(states) - 1)
        assert [was.name.lower() for was in timeline(revisions, line)] == states


def test_a_line_that_is_not_executable_has_no_memory() -> None:
    found = remember([revision(["a", "b"], [1, None])])

    assert found.of(2) is None
    assert found.of(99) is None
    assert remember([]).known == 0


def test_where_texts_are_not_known_the_past_ends() -> None:
    newest = Revision(lines(0, 1), b"")
    same_lines = Revision(lines(1, 1), b"")
    others = Revision(lines(1, 1, 1), b"")

    found = remember([newest, same_lines, others])

    assert found.known == 2
    assert found.of(1) == (0, 1, 1)
    assert timeline([newest, same_lines, others], 1) == [Was.MISSED, Was.HIT]
