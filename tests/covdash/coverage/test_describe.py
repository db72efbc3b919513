"""A file in JSON: what is carried is there, what is not is absent."""

from __future__ import annotations

import json

from covdash.coverage.describe import describe
from covdash.coverage.lines import FileCoverage
from covdash.coverage.report import ReportBuilder


def test_everything_that_a_format_carries_is_there() -> None:
    file = ReportBuilder().file("a.py")
    file.line(1, 7)
    file.line(2, 0)
    file.line(10, 3)
    file.named("branches", 1, "then", 4)
    file.named("branches", 1, "else", 0)
    file.tally("branches", 10, 1, 1)
    file.tally("branches", 0, 2, 9)
    file.function("main", 1, 10, 7)

    shape = describe("a.py", file.build())

    assert json.loads(json.dumps(shape)) == {
        "path": "a.py",
        "totals": {
            "lines": {"covered": 2, "total": 3},
            "branches": {"covered": 2, "total": 9},
            "functions": {"covered": 1, "total": 1},
        },
        "lines": {"1": 7, "2": 0, "10": 3},
        "partial": [1],
        "branches": {
            "1": {"covered": 1, "total": 2, "arms": [{"key": "else", "hits": 0}, {"key": "then", "hits": 4}]},
            "10": {"covered": 1, "total": 1, "arms": []},
        },
        "functions": [{"name": "main", "start": 1, "end": 10, "hits": 7}],
    }


def test_what_is_not_carried_is_absent() -> None:
    assert describe("b.py", FileCoverage(executed_only=True)) == {
        "path": "b.py",
        "totals": {},
        "lines": {},
        "partial": [],
    }
