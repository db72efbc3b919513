"""Go cover profiles: blocks, their merge, and the lines that are made of them."""

from __future__ import annotations

import pytest

from covdash.coverage.lines import State
from tests.ingest.formats.reading import lines_of, refusal_of, report_of, warned

NESTED = """mode: count
m/a.go:3.20,4.11 1 5
m/a.go:4.11,6.3 1 0
m/a.go:7.2,8.2 1 5
"""


def test_lines_are_made_of_blocks() -> None:
    """The brace that opens an inner block stands on a line of the outer one; that of a function closes it on no line."""
    file = report_of(NESTED).files["m/a.go"]

    assert lines_of(file) == {3: 5, 4: 5, 5: 0, 6: 0, 7: 5}
    assert file.states.tolist() == [State.COVERED, State.COVERED, State.MISSED, State.MISSED, State.COVERED]


def test_a_line_of_blocks_that_differ_is_partial() -> None:
    file = report_of("mode: set\na.go:1.1,1.10 1 1\na.go:1.12,1.20 1 0\n").files["a.go"]

    assert file.states.tolist() == [State.PARTIAL]


@pytest.mark.parametrize(
    ("mode", "hits", "counted"), [("set", 1, False), ("count", 5, True), ("atomic", 5, True)]
)
def test_a_block_of_several_test_binaries_is_one_block(mode: str, hits: int, counted: bool) -> None:  # noqa: FBT001
    """With -coverpkg every binary lists every block."""
    text = (
        f"mode: {mode}\na.go:1.1,2.9 3 {min(hits, 2)}\na.go:5.1,6.9 1 0\na.go:1.1,2.9 3 3\na.go:5.1,6.9 1 0\n"
    )
    report = report_of(text)

    assert report.totals().get("statements") == (3, 4)
    assert lines_of(report.files["a.go"])[1] == hits
    assert report.files["a.go"].counted == counted


def test_profiles_may_be_concatenated() -> None:
    report = report_of("mode: count\na.go:1.1,2.9 1 7\nmode: set\na.go:1.1,2.9 1 1\n")

    assert lines_of(report.files["a.go"]) == {1: 1, 2: 1}  # `set` knows no counts, so the whole does not


def test_empty_functions_hold_no_statement() -> None:
    report = report_of("mode: set\na.go:1.15,1.17 0 0\na.go:3.1,3.9 2 1\n")

    assert report.totals().get("statements") == (2, 2)
    assert lines_of(report.files["a.go"]) == {3: 1}


def test_names_may_hold_colons_and_blanks() -> None:
    assert list(report_of("mode: set\nC:/a b/c.go:1.1,2.2 1 1\n").files) == ["C:/a b/c.go"]


def test_other_sizes_for_one_block_are_warned_about() -> None:
    report = report_of("mode: set\na.go:1.1,2.9 1 1\na.go:1.1,2.9 2 1\n")

    assert report.totals().get("statements") == (1, 1)
    assert warned(report) == {"bad_record": 1}


def test_bad_records() -> None:
    report = report_of(
        "mode: count\na.go:1.1,2.9 1\nnonsense\na.go:5.1,2.9 1 1\na.go:0.1,2.9 1 1\na.go:1.1,2.9 1 -4\n"
    )

    assert lines_of(report.files["a.go"]) == {1: 0, 2: 0}
    assert warned(report) == {"bad_record": 2, "bad_line_number": 2, "negative_count": 1}


def test_an_unknown_mode_is_refused() -> None:
    failed = refusal_of("mode: set\na.go:1.1,2.9 1 1\nmode: maybe\n")

    assert (failed.code, failed.where) == ("malformed", "line 3")


def test_windows_and_utf_16() -> None:
    assert report_of(NESTED.replace("\n", "\r\n")).totals() == report_of(NESTED).totals()
    assert report_of(NESTED.encode("utf-16")).totals() == report_of(NESTED).totals()
