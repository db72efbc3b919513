"""Lost, new and flaky arms are those that a slow walk finds, arm by arm; of what is only counted no arm is named."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.arm_states import first_seen, flaky, forks, lost, newly
from covdash.coverage.linemap import map_lines
from covdash.coverage.lines import FileCoverage, Outcomes, column
from covdash.coverage.memory import Revision

Hits = dict[int, dict[str, int]]
"""Line -> key of an arm -> hits."""
TEXT = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=7)
ARMS = st.dictionaries(
    st.integers(1, 7), st.dictionaries(st.sampled_from(["0,0", "0,1", "else"]), st.integers(0, 1), min_size=1)
)


def covered(arms: Hits, counted: dict[int, tuple[int, int]] | None = None) -> FileCoverage:
    """A file with named arms, and with lines of which only (covered, total) is known."""
    named = [(line, key, arms[line][key]) for line in sorted(arms) for key in sorted(arms[line])]
    tallies = sorted((counted or {}).items())
    outcomes = Outcomes(
        column(line for line, _, _ in named),
        tuple(key for _, key, _ in named),
        column(1 for _ in named),
        column((hits for _, _, hits in named), "i8"),  # type: ignore[arg-type]
        column(line for line, _ in tallies),
        column(count[0] for _, count in tallies),
        column(count[1] for _, count in tallies),
    )
    return FileCoverage(outcomes={"branches": outcomes})


def within(arms: Hits, text: list[str]) -> Hits:
    return {line: keys for line, keys in arms.items() if line <= len(text)}


def in_order(found: dict[int, set[str]]) -> dict[int, list[str]]:
    return {line: sorted(keys) for line, keys in found.items() if keys}


@given(TEXT, ARMS, TEXT, ARMS)
def test_lost_and_new_arms_are_those_of_a_slow_walk(
    old: list[str], before: Hits, new: list[str], after: Hits
) -> None:
    before, after, lines = within(before, old), within(after, new), map_lines(old, new)
    gone: dict[int, set[str]] = {}
    fresh: dict[int, set[str]] = {}
    for line, keys in after.items():
        was = before.get(int(lines.to_old([line])[0]))
        for key, hits in keys.items():
            all_taken = was is not None and all(was.values()) and len(was) == len(keys)
            if hits:
                continue
            if was and (was.get(key) or all_taken):
                gone.setdefault(line, set()).add(key)
            if was is None or was.get(key, 1):
                fresh.setdefault(line, set()).add(key)

    base, head = covered(before), covered(after)

    assert {line: sorted(keys) for line, keys in lost(base, head, lines).items()} == in_order(gone)
    assert {line: sorted(keys) for line, keys in newly(base, head, lines).items()} == in_order(fresh)
    assert lost(head, head, None) == newly(head, head, None) == {}
    assert newly(None, head, None) == {line: fork.never for line, fork in forks(head).items() if fork.never}


@given(st.lists(ARMS, min_size=1, max_size=5))
def test_flaky_arms_are_those_of_a_slow_walk(past: list[Hits]) -> None:
    found: dict[int, dict[str, tuple[int, int, int]]] = {}
    for line in {line for arms in past for line in arms}:
        here = [arms[line] for arms in past if line in arms]
        most = max(map(len, here))
        for key in {key for keys in here for key in keys}:
            told = [
                bool(keys.get(key, 1))
                for keys in here
                if key in keys or (all(keys.values()) and len(keys) == most)
            ]
            if True in told and False in told:
                changes = len([0 for at in range(1, len(told)) if told[at] != told[at - 1]])
                found.setdefault(line, {})[key] = told.count(True), len(told), changes

    assert flaky([covered(arms) for arms in past]) == found


@given(st.lists(st.tuples(TEXT, ARMS), min_size=1, max_size=5))
def test_first_seen_is_the_end_of_a_slow_walk(past: list[tuple[list[str], Hits]]) -> None:
    revisions = [
        Revision(covered(within(arms, text)), "".join(text).encode(), tuple(text)) for text, arms in past
    ]
    text, arms = past[0]
    wanted = [
        (line, key) for line, keys in within(arms, text).items() for key, hits in keys.items() if not hits
    ]
    ends, open_ones = {}, set()
    for line, key in wanted:
        place, at = line, 0
        for number in range(1, len(past)):
            older, newer = past[number], past[number - 1]
            place = int(map_lines(older[0], newer[0]).to_old([place])[0]) if older[0] != newer[0] else place
            if not place or within(older[1], older[0]).get(place, {}).get(key, 1):
                break
            at = number
        else:
            open_ones.add((line, key))
        ends[line, key] = at

    assert first_seen(revisions, wanted) == (ends, open_ones)


def test_what_is_only_counted_is_told_without_a_name() -> None:
    two, one, all_of = covered({}, {1: (2, 3)}), covered({}, {1: (1, 3)}), covered({}, {1: (3, 3)})

    assert lost(two, one, None) == newly(two, one, None) == {1: ()}
    assert lost(one, two, None) == newly(one, two, None) == {}
    assert flaky([one, two, two]) == {1: {"": (2, 3, 1)}}
    assert flaky([two, two]) == {}
    # A report that took all of them says so of each by name.
    named = covered({1: {"a": 0, "b": 1, "c": 1}})
    assert lost(all_of, named, None) == newly(all_of, named, None) == {1: ("a",)}
    assert lost(two, named, None) == newly(two, named, None) == {}


def test_keys_that_name_lines_move_with_them() -> None:
    old, new = ["if a:", "b", "c"], ["new", "if a:", "b", "c"]
    base, head = covered({1: {"-> 2": 1, "-> 3": 0}}), covered({2: {"-> 3": 0, "-> 4": 0}})
    lines = map_lines(old, new)

    assert lost(base, head, lines) == newly(base, head, lines) == {2: ("-> 3",)}
    revisions = [Revision(head, b"n", tuple(new)), Revision(base, b"o", tuple(old))]
    assert first_seen(revisions, [(2, "-> 3"), (2, "-> 4")]) == (
        {(2, "-> 3"): 0, (2, "-> 4"): 1},
        {(2, "-> 4")},
    )


def test_where_nobody_knows_how_lines_moved_the_past_ends_and_may_go_on() -> None:
    head = Revision(covered({1: {"a": 0}}), b"n")
    older = Revision(None, b"o")

    assert first_seen([head, older], [(1, "a")]) == ({(1, "a"): 0}, {(1, "a")})
    assert first_seen([], [(1, "a")]) == ({(1, "a"): 0}, {(1, "a")})
