"""llvm-cov's JSON: the summary of a file is held against its segments."""

from __future__ import annotations

import json
from typing import Any

import pytest

from covdash.coverage.report import Report
from tests.ingest.formats.reading import lines_of, report_of, warned

USE = [[1, 1, 1, True, True, False], [3, 2, 0, False, False, False]]
MACRO = [[5, 18, 2, True, True, False], [6, 30, 0, False, False, False]]
"""The body of a macro of two lines, which `llvm-cov report` does not count."""


def report(*files: tuple[str, list[Any], tuple[int, int] | None], parts: int = 1) -> Report:
    """Return the report of files by name, segments and the lines of the summary; of several parts only file by file is read."""
    entries = [
        {
            "filename": name,
            "segments": segments,
            "summary": {"lines": {"covered": said[0], "count": said[1], "percent": 1.0}} if said else {},
        }
        for name, segments, said in files
    ]
    data = [{"files": entries, "functions": []}, *[{"files": [], "functions": []}] * (parts - 1)]
    return report_of(json.dumps({"data": data, "type": "llvm.coverage.json.export", "version": "2.0.1"}))


@pytest.mark.parametrize("parts", [1, 2])
def test_lines_of_macros_count_and_differ_from_the_summary(parts: int) -> None:
    found = report(("a.c", USE + MACRO, (3, 3)), ("b.c", USE, (3, 3)), parts=parts)

    assert lines_of(found.files["a.c"]) == {1: 1, 2: 1, 3: 1, 5: 2, 6: 2}
    assert found.totals().get("lines") == (8, 8)
    assert warned(found) == {"totals_differ": 1}
    assert found.warnings.found["totals_differ"][1].startswith("a.c: the summary says 3 of 3 lines")


@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize("said", [None, (3, 3), (4, 4), (3, 5)])
def test_a_summary_that_counts_as_much_or_more_is_taken(said: tuple[int, int] | None, parts: int) -> None:
    """It counts a line twice that a function and a lambda share; then the total is that of the summary."""
    found = report(("a.c", USE, said), parts=parts)

    assert found.totals().get("lines") == (said or (3, 3))
    assert warned(found) == {}


@pytest.mark.parametrize("parts", [1, 2])
def test_lines_that_ran_more_than_the_summary_says_are_told(parts: int) -> None:
    """Of a template the summary takes the instance that ran most, the segments say what ran in any."""
    assert warned(report(("a.h", USE, (2, 3)), parts=parts)) == {"totals_differ": 1}
