"""Istanbul `coverage-final.json` of babel and of V8."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.ingest.formats.reading import (
    arms_of,
    counts_of,
    lines_of,
    refusal_of,
    report_of,
    warned,
)


def at(line: int | None, column: int = 0, end: int | None = None) -> dict[str, Any]:
    if line is None:
        return {"start": {}, "end": {}}
    return {"start": {"line": line, "column": column}, "end": {"line": end or line, "column": None}}


def final(path: str = "/b/a.js", **content: Any) -> str:
    entry = {
        "path": path,
        "statementMap": {},
        "s": {},
        "fnMap": {},
        "f": {},
        "branchMap": {},
        "b": {},
    } | content
    return json.dumps({path: entry})


def test_a_line_shows_the_greatest_count_of_the_statements_that_start_there() -> None:
    statements = {"0": at(1, 0, 5), "1": at(1, 8), "2": at(3, 2), "3": at(9)}
    file = report_of(final(statementMap=statements, s={"0": 1, "1": 3, "2": 0, "9": 7})).files["/b/a.js"]

    assert lines_of(file) == {1: 3, 3: 0, 9: 0}  # lines that only continue a statement are none
    assert file.totals().get("statements") == (2, 4)


def test_arms_are_named_by_their_kind_and_place() -> None:
    branches = {
        "0": {"type": "if", "loc": at(4, 2), "locations": [at(4, 2), at(None)], "line": 4},
        "1": {"type": "binary-expr", "loc": at(7, 9), "locations": [at(7, 9), at(7, 14), at(8, 3)]},
        "2": {"type": "default-arg", "loc": at(3, 5), "locations": [at(3, 5)]},
        "3": {"type": "if", "loc": at(4, 2), "locations": [at(4, 2), at(None)]},
        "4": {"type": "switch", "loc": at(None), "locations": [at(20, 4), at(22, 4)]},
    }
    counts = {"0": [1, 0], "1": [3, 0, 1], "2": [0], "3": [5, 5], "4": [1, 0], "9": [1]}
    file = report_of(final(branchMap=branches, b=counts)).files["/b/a.js"]

    assert arms_of(file) == {
        3: {"default-arg:@3:5": 0},
        4: {"if:then@4:2": 1, "if:else@4:2": 0, "if:then@4:2#2": 5, "if:else@4:2#2": 5},
        7: {"binary-expr:1@7:9": 3, "binary-expr:2@7:9": 0, "binary-expr:3@7:9": 1},
        20: {"switch:1@20:4": 1, "switch:2@20:4": 0},
    }
    assert counts_of(file)[4] == (3, 4)


def test_functions_lie_where_they_are_declared() -> None:
    functions = {
        "0": {"name": "f", "decl": at(3, 9), "loc": at(4, 0, 8), "line": 3},
        "1": {"name": "(anonymous)", "loc": at(9, 0, 9)},
        "2": {"name": "(anonymous)", "decl": at(9, 20)},
        "3": {"name": None, "line": 30},
    }
    file = report_of(final(fnMap=functions, f={"0": 2, "1": 0, "2": 1})).files["/b/a.js"]

    assert [(found.name, found.start, found.end, found.hits) for found in file.functions or ()] == [
        ("f", 3, 8, 2),
        ("(anonymous)", 9, 9, 0),
        ("(anonymous)#2", 9, 0, 1),
        ("(anonymous)", 30, 0, 0),
    ]


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("webpack:///./src/a.ts?abcd", "src/a.ts"),
        ("babel-loader!ts-loader!/b/src/a.ts", "/b/src/a.ts"),
        ("C:\\b\\a.js", "C:\\b\\a.js"),
    ],
)
def test_what_bundlers_put_around_a_path_is_undone(written: str, path: str) -> None:
    assert list(report_of(final(written)).files) == [path]


def test_older_writers_nest_everything_in_data() -> None:
    content = json.loads(final(statementMap={"0": at(1)}, s={"0": 1}))

    assert report_of(json.dumps({path: {"data": entry} for path, entry in content.items()})).totals().get(
        "lines"
    ) == (1, 1)


def test_a_file_without_code_is_nothing_of_nothing() -> None:
    totals = report_of(final()).totals()

    assert [totals.get(kind) for kind in ("lines", "branches", "functions", "statements")] == [(0, 0)] * 4


def test_odd_counts() -> None:
    statements = {str(number): at(number + 1) for number in range(5)}
    report = report_of(
        final(statementMap=statements, s={"0": 1.5, "1": -2, "2": None, "3": 2**64, "4": 1e300})
    )

    assert lines_of(report.files["/b/a.js"]) == {1: 1, 2: 0, 3: 0, 4: 2**63 - 1, 5: 2**63 - 1}
    assert {"non_integer_count", "negative_count"} <= set(warned(report))


def test_what_does_not_fit_is_named_with_its_place() -> None:
    failed = refusal_of('{"/b/a.js":{"path":"a","statementMap":{"0":{"start":{"line":"x"}}},"s":{}}}')

    assert (failed.code, failed.where) == ("malformed", "$['/b/a.js'].statementMap[...].start.line")
