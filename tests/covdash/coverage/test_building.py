"""Reports under construction: duplicates add, bulk and single calls agree, nothing out of range is kept, limits hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage import building, report
from covdash.coverage.building import FileBuilder
from covdash.coverage.codec import decode, encode
from covdash.coverage.lines import MAX_HITS, MAX_LINE, MAX_NAME, FileCoverage, State, shortened
from covdash.coverage.report import UNPLACED, LimitError, ReportBuilder
from covdash.coverage.report_warnings import Warnings

LINES = st.lists(st.tuples(st.integers(-1, 9), st.integers(-2, 5) | st.just(MAX_HITS)), max_size=12)
STATES = st.sampled_from(list(State))
ITEMS = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(["a", "b", "10", "9"]), st.integers(0, 3)), max_size=12
)
TALLIES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 3)), max_size=8)


def shape(file: FileCoverage) -> object:
    return (
        file.lines.tolist(),
        file.hits.tolist(),
        file.states.tolist(),
        {
            kind: (
                found.named(),
                found.tally_line.tolist(),
                found.tally_covered.tolist(),
                found.tally_total.tolist(),
            )
            for kind, found in file.outcomes.items()
        },
        file.totals(),
    )


@given(LINES, st.booleans())
def test_many_lines_are_as_one_by_one(lines: list[tuple[int, int]], greatest: bool) -> None:  # noqa: FBT001
    single, bulk = FileBuilder(Warnings()), FileBuilder(Warnings())
    single.greatest = bulk.greatest = greatest
    for number, hits in lines:
        single.line(number, hits)
    columns = np.array(lines, np.int64).reshape(-1, 2)
    half = len(lines) // 2
    bulk.lines(columns[:half, 0], columns[:half, 1])
    bulk.lines(columns[half:, 0], columns[half:, 1])

    assert shape(single.build()) == shape(bulk.build())
    assert {code: n for code, (n, _) in single.warnings.found.items()} == {
        code: n for code, (n, _) in bulk.warnings.found.items()
    }


PARTS = st.lists(st.tuples(LINES, ITEMS), max_size=8)


@given(PARTS, st.booleans())
def test_adding_up_on_the_way_changes_nothing(
    parts: list[tuple[list[tuple[int, int]], list[tuple[int, str, int]]]],
    greatest: bool,  # noqa: FBT001
) -> None:
    def built(most: int) -> object:
        builder = FileBuilder(Warnings())
        builder.greatest = greatest
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(building, "_PARTS", most)
            for lines, items in parts:
                columns = np.array(lines, np.int64).reshape(-1, 2)
                rows = np.array([(line, hits) for line, _, hits in items], np.int64).reshape(-1, 2)
                builder.many_named("branches", rows[:, 0], [key for _, key, _ in items], rows[:, 1])
                builder.lines(columns[:, 0], columns[:, 1])
        return shape(builder.build())

    assert built(0) == built(100)


def test_a_file_of_many_tests_takes_no_more_memory_for_each() -> None:
    builder = FileBuilder(Warnings())
    lines, hits = np.arange(1, 101), np.ones(100, np.int64)
    sizes = []
    for _ in range(100):
        builder.lines(lines, hits)
        builder.many_named("branches", lines, ["0,0"] * 100, hits)
        sizes.append(builder.size)

    assert max(sizes) <= 2 * 100 * (building._PARTS + 2)
    assert builder.build().hits.tolist() == [100] * 100


@given(st.lists(st.tuples(st.integers(1, 5), STATES), max_size=9))
def test_states_that_differ_are_partial(lines: list[tuple[int, State]]) -> None:
    single, bulk = FileBuilder(Warnings()), FileBuilder(Warnings())
    for number, state in lines:
        single.line(number, int(state > 0), state)
    if lines:
        numbers, states = np.array(lines, np.int64).T
        bulk.lines(numbers, (states > 0).astype(np.int64), states)
    built = single.build()

    assert shape(built) == shape(bulk.build())
    for number, found in zip(built.lines.tolist(), built.states.tolist(), strict=True):
        said = {state for line, state in lines if line == number}
        assert found == (said.pop() if len(said) == 1 else State.PARTIAL)


@given(ITEMS)
def test_named_items_add_and_are_sorted(items: list[tuple[int, str, int]]) -> None:
    single, bulk = FileBuilder(Warnings()), FileBuilder(Warnings())
    for line, key, hits in items:
        single.named("branches", line, key, hits)
    bulk.many_named(
        "branches",
        np.array([line for line, _, _ in items], np.int64),
        [key for _, key, _ in items],
        np.array([hits for _, _, hits in items], np.int64),
    )
    expected: dict[tuple[int, str], int] = {}
    for line, key, hits in items:
        expected[line, key] = expected.get((line, key), 0) + hits
    built = single.build()

    assert shape(built) == shape(bulk.build())
    if items:
        named = built.outcomes["branches"].named()
        assert [(line, key, hits) for line, key, _, hits in named] == [
            (line, key, expected[line, key]) for line, key in sorted(expected)
        ]
        assert built.totals().get("branches") == (sum(n > 0 for n in expected.values()), len(expected))


@given(TALLIES)
def test_tallies_keep_the_greatest(rows: list[tuple[int, int, int]]) -> None:
    single, bulk = FileBuilder(Warnings()), FileBuilder(Warnings())
    for row in rows:
        single.tally("branches", *row)
    bulk.many_tallied("branches", *([row[at] for row in rows] for at in range(3)))

    assert shape(single.build()) == shape(bulk.build())
    assert single.repeated == bulk.repeated


@given(LINES, ITEMS, TALLIES)
def test_what_is_built_can_be_stored(
    lines: list[tuple[int, int]], items: list[tuple[int, str, int]], tallies: list[tuple[int, int, int]]
) -> None:
    file = FileBuilder(Warnings())
    for line in lines:
        file.line(*line)
    for line, key, hits in items:
        file.named("conditions", line, key, hits)
    for tally in tallies:
        file.tally("branches", *tally)
    built = file.build()

    assert decode(encode(built)).totals() == built.totals()


def test_counts_saturate_instead_of_wrapping() -> None:
    file = FileBuilder(Warnings())
    for _ in range(3):
        file.line(1, MAX_HITS)
        file.lines(np.array([2]), np.array([MAX_HITS]))
        file.named("branches", 1, "a", MAX_HITS)
        file.function("f", 1, 2, MAX_HITS)
    built = file.build()

    assert built.hits.tolist() == [MAX_HITS, MAX_HITS]
    assert built.outcomes["branches"].hits.tolist() == [MAX_HITS]
    assert built.functions is not None
    assert built.functions[0].hits == MAX_HITS


def test_a_crowded_line_keeps_its_count() -> None:
    file = FileBuilder(Warnings())
    for number in range(building.MAX_ARMS + 1):
        file.named("branches", 7, str(number), number % 2)
    file.named("branches", 8, "a", 1)
    built = file.build()

    assert built.totals().get("branches") == (501, 1002)
    assert [line for line, _, _, _ in built.outcomes["branches"].named()] == [8]
    assert file.warnings.found["too_many_arms"][0] == 1


def test_long_names_are_cut_with_a_mark_and_stay_different() -> None:
    file = FileBuilder(Warnings())
    file.function("x" * 5000 + "a", 1, 2, 1)
    file.function("x" * 5000 + "b", 1, 2, 0)
    built = file.build()

    assert built.functions is not None
    assert len({function.name for function in built.functions}) == 2
    assert all(len(function.name) <= MAX_NAME and "…" in function.name for function in built.functions)
    assert shortened("y" * 2000) != shortened("y" * 2001)


def test_named_items_without_a_place_count() -> None:
    """coverage.py before 7.6 writes some arms on line 0."""
    file = FileBuilder(Warnings())
    file.named("branches", 0, "0,1", 1)
    file.named("branches", 0, "0,2", 0)
    file.named("branches", 3, "0,1", 1)
    built = file.build()

    assert built.totals().get("branches") == (2, 3)
    assert built.outcomes["branches"].per_line()[0].tolist() == [3]


@pytest.mark.parametrize(
    ("declared", "unplaced", "warned"),
    [
        ((7, 22), (6, 20), False),  # the report counts arms that stand on no line
        ((1, 2), None, False),
        ((0, 1), None, True),  # less than its own details
        ((1, 1), None, True),
    ],
)
def test_a_declared_total_is_believed_only_when_it_holds_more(
    declared: tuple[int, int],
    unplaced: tuple[int, int] | None,
    warned: bool,  # noqa: FBT001
) -> None:
    builder = ReportBuilder()
    file = builder.file("a.js")
    file.line(1, 1)
    file.tally("branches", 1, 1, 2)
    builder.declare("branches", *declared)
    built = builder.build()

    assert (UNPLACED in built.files) == (unplaced is not None)
    assert ("totals_differ" in built.warnings.found) == warned
    if unplaced is not None:
        assert built.files[UNPLACED].totals().get("branches") == unplaced
        assert built.totals().get("branches") == declared
        assert built.totals().files == 1


def test_a_declared_total_says_nothing_where_lines_were_repeated() -> None:
    """The producer counted them twice."""
    builder = ReportBuilder()
    for _ in range(2):
        builder.file("a.cs").tally("branches", 1, 1, 2)
    builder.declare("branches", 2, 4)
    built = builder.build()

    assert built.totals().get("branches") == (1, 2)
    assert "totals_differ" in built.warnings.found


@pytest.mark.parametrize("path", ["", "  ", "a\0b", "x" * 5000])
def test_paths_that_cannot_be_kept_are_left_out(path: str) -> None:
    builder = ReportBuilder()
    builder.file(path).line(1, 1)
    built = builder.build()

    assert not built.files
    assert set(built.warnings.found) == {"bad_path", "no_files"}


@pytest.mark.parametrize(
    ("path", "warned"),
    [("../a.c", True), ("a/../../b.c", True), ("..\\a.cs", True), ("a/../b.c", False), ("..a", False)],
)
def test_paths_that_climb_out_are_named(path: str, warned: bool) -> None:  # noqa: FBT001
    builder = ReportBuilder()
    builder.file(path).line(1, 1)

    assert ("path_escape" in builder.build().warnings.found) == warned


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "MAX_FILES", 2)
    monkeypatch.setattr(report, "MAX_LINES", 3)
    builder = ReportBuilder()
    builder.file("a").lines(np.arange(1, 5), np.ones(4, np.int64))
    builder.file("b")
    with pytest.raises(LimitError):
        builder.file("c")
    with pytest.raises(LimitError):
        builder.build()


def test_out_of_range_is_warned_about() -> None:
    file = FileBuilder(Warnings())
    file.line(0, 1)
    file.line(MAX_LINE + 1, 1)
    file.named("branches", -1, "a", 1)
    file.tally("branches", MAX_LINE + 1, 1, 1)
    file.tally("branches", 1, 3, 2)
    file.function("f", -4, MAX_LINE + 1, -3)
    built = file.build()

    assert file.warnings.found["bad_line_number"][0] == 4
    assert file.warnings.found["bad_record"][0] == 1
    assert built.lines.tolist() == []
    assert built.totals().get("branches") == (2, 2)
    assert built.functions is not None
    assert (built.functions[0].start, built.functions[0].end, built.functions[0].hits) == (0, 0, 0)
