"""coverage.py: JSON of all its versions and SlipCover's, data files as SQLite and as text, with and without sources."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.ingest.formats.reading import (
    arms_of,
    counts_of,
    functions_of,
    lines_of,
    refusal_of,
    report_of,
    warned,
)
from tests.ingest.samples import SAMPLES

SOURCE = b'''"""A module."""
import os

if os.name == "x":  # pragma: no cover
    os.nope()


def choose(a, b=None):
    """Choose."""
    if a:
        return a
    while True:
        if b:
            break
    return b
'''
"""Executable: 1 2 8 10 11 12 13 14 15; branching: 10 and 13."""


# --- JSON ------------------------------------------------------------------------------------------------------------


def report_json(meta: dict[str, Any] | None = None, **content: Any) -> str:
    found = {"executed_lines": [1, 2], "missing_lines": [3], "excluded_lines": []} | content
    top = {"version": "7.17", "format": 3, "branch_coverage": True, "show_contexts": False} | (meta or {})
    return json.dumps({"meta": top, "files": {"src/a.py": found}, "totals": {}})


def test_hits_say_yes_or_no() -> None:
    file = report_of(report_json(executed_branches=[], missing_branches=[])).files["src/a.py"]

    assert lines_of(file) == {1: 1, 2: 1, 3: 0}
    assert not file.counted


def test_functions_ran_once_or_never() -> None:
    """As lines do: 1 or 0, which is no `true` and no `false` where it becomes JSON."""
    ran, missed = (
        {"executed_lines": [1, 2], "missing_lines": []},
        {"executed_lines": [], "missing_lines": [3]},
    )
    summary = {"covered_lines": 2, "num_statements": 3}
    report = report_json(summary=summary, functions={"f": ran, "g": missed})
    by_columns = report_of(report).files["src/a.py"]
    one_by_one = report_of(report.replace('"excluded_lines": []', '"excluded_lines": [9]')).files["src/a.py"]

    for file in (by_columns, one_by_one):
        assert functions_of(file) == {"f": (1, 2, 1), "g": (3, 3, 0)}
        assert [type(function.hits) for function in file.functions or ()] == [int, int]


def test_arms_are_jumps_and_exits() -> None:
    arms = {"executed_branches": [[2, 3], [2, 9], [5, -1], [5, 5]], "missing_branches": [[5, -4], [5, 6]]}
    file = report_of(report_json(**arms, summary={"num_branches": 5, "covered_branches": 3})).files[
        "src/a.py"
    ]

    # Exits are numbered in the order of their negative numbers; a jump of a line to itself is none.
    assert arms_of(file) == {2: {"-> 3": 1, "-> 9": 1}, 5: {"-> 6": 0, "exit": 0, "exit 2": 1}}


def test_arms_that_cannot_be_missed_are_counted_only() -> None:
    arms = {
        "executed_branches": [[2, 3]],
        "missing_branches": [],
        "summary": {"num_branches": 2, "covered_branches": 2},
    }

    assert report_of(report_json(**arms)).totals().get("branches") == (2, 2)


def test_version_5_knows_arms_in_the_summary_only() -> None:
    summary = {"covered_lines": 2, "num_statements": 3, "num_branches": 8, "covered_branches": 3}
    report = report_of(report_json({"format": None, "version": "5.5"}, summary=summary))

    assert report.totals().get("branches") == (3, 8)


def test_without_branches_there_are_no_arms() -> None:
    assert report_of(report_json({"branch_coverage": False})).totals().get("branches") is None


def test_lines_that_the_tool_lists_but_does_not_count() -> None:
    """Docstrings, before 7.5; and excluded lines, which are not executable at all."""
    summary = {"covered_lines": 2, "num_statements": 3}
    report = report_of(report_json(executed_lines=[1, 2, 5, 8], excluded_lines=[8], summary=summary))

    assert report.totals().get("lines") == (2, 3)
    assert lines_of(report.files["src/a.py"]) == {1: 1, 2: 1, 3: 0, 5: 1}


def test_line_0_counts_without_a_place() -> None:
    summary = {"covered_lines": 2, "num_statements": 4}
    report = report_of(report_json(missing_lines=[0, 3], summary=summary))

    assert report.totals().get("lines") == (2, 4)
    assert lines_of(report.files["src/a.py"]) == {1: 1, 2: 1, 3: 0}


def test_functions_are_regions_and_the_rest_of_the_module_is_none() -> None:
    regions = {
        "": {"executed_lines": [1, 2], "missing_lines": []},
        "A.f": {"executed_lines": [5], "missing_lines": [6], "start_line": 4},
        "g": {"executed_lines": [], "missing_lines": [9]},
        "empty": {"executed_lines": [], "missing_lines": []},
    }
    file = report_of(report_json(functions=regions)).files["src/a.py"]

    assert functions_of(file) == {"A.f": (4, 6, 1), "g": (9, 9, 0)}
    assert report_of(report_json()).files["src/a.py"].functions is None


def test_slipcover_writes_the_same_shape() -> None:
    meta = {"software": "slipcover", "version": "1.0.18", "format": None}
    report = report_of(report_json(meta, executed_branches=[[2, 0]], missing_branches=[[2, 3]]))

    assert report.producer == "slipcover 1.0.18"
    assert arms_of(report.files["src/a.py"]) == {2: {"-> 3": 0, "exit": 1}}


def test_what_does_not_fit_is_named_with_its_place() -> None:
    failed = refusal_of(report_json(executed_lines=["x"]))

    assert (failed.code, failed.where) == ("malformed", "$.files['src/a.py'].executed_lines[0]")


# --- data files ------------------------------------------------------------------------------------------------------


def data_file(
    arcs: list[tuple[int, int]] | None = None, lines: bytes = b"", setup: str = "", version: int = 7
) -> bytes:
    """Return a `.coverage` file of one source."""
    database = sqlite3.connect(":memory:")
    database.executescript(
        "CREATE TABLE coverage_schema (version integer); CREATE TABLE meta (key text, value text);"
        "CREATE TABLE file (id integer primary key, path text); CREATE TABLE context (id integer, context text);"
        "CREATE TABLE line_bits (file_id integer, context_id integer, numbits blob);"
        "CREATE TABLE arc (file_id integer, context_id integer, fromno integer, tono integer);"
        f"CREATE TABLE tracer (file_id integer, tracer text); INSERT INTO coverage_schema VALUES ({version});"
        "INSERT INTO file VALUES (1, 'a.py');"
    )
    database.execute("INSERT INTO meta VALUES ('has_arcs', ?)", ("0" if arcs is None else "1",))
    database.executemany("INSERT INTO arc VALUES (1, 1, ?, ?)", arcs or [])
    database.execute("INSERT INTO line_bits VALUES (1, 1, ?)", (lines,))
    database.executescript(setup)
    database.commit()
    return database.serialize()


ARCS = [(-1, 1), (1, 2), (2, 8), (8, -1), (-8, 10), (10, 12), (12, 13), (13, 14), (14, 15), (15, -8)]


def with_source(_path: str) -> bytes:
    return SOURCE


def test_numbits_are_lines() -> None:
    """Bit b of byte i is line 8 i + b; bit 0 of byte 0 is no line."""
    file = report_of(data_file(lines=bytes.fromhex("CB37"))).files["a.py"]

    assert lines_of(file) == dict.fromkeys((1, 3, 6, 7, 8, 9, 10, 12, 13), 1)
    assert file.executed_only


def test_arcs_are_what_ran() -> None:
    report = report_of(data_file(ARCS))
    file = report.files["a.py"]

    assert lines_of(file) == dict.fromkeys((1, 2, 8, 10, 12, 13, 14, 15), 1)
    assert report.totals().get("lines") is None
    assert warned(report) == {"needs_sources": 1}


def test_sources_give_the_misses_as_coverage_py_finds_them() -> None:
    """With its exclusions; `while True` has one way only; functions are its regions."""
    report = report_of(data_file(ARCS), sources=with_source)
    file = report.files["a.py"]

    assert {line for line, hits in lines_of(file).items() if not hits} == {11}
    assert set(lines_of(file)) == {2, 8, 10, 11, 12, 13, 14, 15}
    assert arms_of(file) == {10: {"-> 11": 0, "-> 12": 1}, 13: {"-> 12": 0, "-> 14": 1}}
    assert counts_of(file) == {10: (1, 2), 13: (1, 2)}
    assert functions_of(file) == {"choose": (8, 15, 1)}
    assert warned(report) == {}


def test_lines_without_arcs_have_no_arms() -> None:
    report = report_of(data_file(lines=bytes([0b110, 0b1])), sources=with_source)

    assert report.totals().get("branches") is None
    assert report.totals().get("lines") == (2, 8)


@pytest.mark.parametrize("text", [b"def f(:\n", b"\xff\xfe\0", b"# coding: nonsense\nx = 1\n"])
def test_a_source_that_cannot_be_parsed_is_said(text: bytes) -> None:
    report = report_of(data_file(ARCS), sources=lambda _path: text)

    assert set(warned(report)) == {"needs_sources", "unreadable_source"}
    assert report.files["a.py"].executed_only


def test_the_text_files_of_version_4() -> None:
    head = "!coverage.py: This is a private format, don't read it directly!"
    arcs = report_of(head + json.dumps({"arcs": {"a.py": ARCS}}), sources=with_source)
    lines = report_of(head + json.dumps({"lines": {"a.py": [1, 2, 8]}}))

    assert arcs.totals() == report_of(data_file(ARCS), sources=with_source).totals()
    assert lines_of(lines.files["a.py"]) == {1: 1, 2: 1, 8: 1}
    assert refusal_of(head + "{").code == "malformed"


def test_a_file_copied_while_in_use_is_read_with_a_warning() -> None:
    data = bytearray(data_file(ARCS))
    data[18:20] = b"\2\2"

    assert set(warned(report_of(bytes(data)))) == {"needs_sources", "truncated"}


VIEW = (
    "CREATE VIEW {0} AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
    "SELECT 1 AS file_id, 1 AS fromno, x AS tono FROM n"
)
GENERATED = (
    "DROP TABLE file; CREATE TABLE file (id integer, path text GENERATED ALWAYS AS (hex(zeroblob(20000000))));"
    "INSERT INTO file (id) VALUES (1)"
)
HOSTILE = {
    "a view as a table": ("DROP TABLE arc; " + VIEW.format("arc"), "forbidden_sqlite"),
    "a trigger": ("CREATE TRIGGER t AFTER INSERT ON file BEGIN SELECT 1; END", None),
    "a virtual table": (
        "DROP TABLE tracer; CREATE VIRTUAL TABLE tracer USING fts5(note)",
        "forbidden_sqlite",
    ),
    "a generated column": (GENERATED, "forbidden_sqlite"),
    "a column that is missing": ("ALTER TABLE file DROP COLUMN path", "malformed"),
    "a table that is missing": ("DROP TABLE file", "malformed"),
    "a path that is no text": ("UPDATE file SET path = x'ff00'", "malformed"),
    "numbers that are none": ("UPDATE arc SET fromno = 'x'", "malformed"),
    "another schema": ("UPDATE coverage_schema SET version = 8", "unsupported_version"),
    "a huge value": (f"INSERT INTO meta VALUES ('x', zeroblob({5 * 2**20}))", "forbidden_sqlite"),
}


@pytest.mark.parametrize(("setup", "code"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_data_file_is_data(setup: str, code: str | None) -> None:
    data = data_file(ARCS, setup=setup)

    if code is None:
        assert lines_of(report_of(data).files["a.py"])
    else:
        assert refusal_of(data).code == code


def test_damage_is_named() -> None:
    whole = (SAMPLES / "coverage-py-data/coverage.py/shopcart/branch_ctx.coverage").read_bytes()

    assert refusal_of(whole[: len(whole) // 2]).code == "malformed"
    assert refusal_of(whole[:5000] + bytes(4000) + whole[9000:]).code == "malformed"


def test_the_sample_of_every_version_is_read() -> None:
    for path in sorted(Path(SAMPLES / "coverage-py-data").rglob("*.coverage")):
        assert report_of(path.read_bytes()).totals().needs_sources > 0
