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
    file.named("branches", 1, "-> 3", 4)
    file.named("branches", 1, "exit", 0)
    file.named("statements", 2, "2.1,4.7", 3, weight=2)
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
            "statements": {"covered": 2, "total": 2},
        },
        "lines": {"1": 7, "2": 0, "10": 3},
        "partial": [1],
        "branches": {
            "1": {
                "covered": 1,
                "total": 2,
                "arms": [
                    {"key": "-> 3", "name": "jump to line 3", "hits": 4},
                    {"key": "exit", "name": "exit", "hits": 0},
                ],
            },
            "10": {"covered": 1, "total": 1, "arms": []},
        },
        "statements": {
            "2": {
                "covered": 2,
                "total": 2,
                "arms": [{"key": "2.1,4.7", "name": "2.1,4.7", "hits": 3, "weight": 2}],
            }
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
