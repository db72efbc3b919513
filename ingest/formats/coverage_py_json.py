"""coverage.py JSON reports (`coverage json`), and SlipCover's of the same shape. PURE.

Source: the coverage.py documentation, "JSON reporting". Hits say yes or no. Arms are jumps `[from, to]`; a negative `to` leaves the
scope that starts at that line. Old versions count arms in the summary only, list excluded lines and docstrings among the
executed ones, and some list a line 0, which is one of their statements but no line of the file. Versions before 7.6 list ways that
ran though they think them impossible (out of a `with`), and do not count them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container

import msgspec
import numpy as np

from covdash.coverage.arms import jump, leave
from covdash.coverage.building import FileBuilder
from covdash.coverage.report import ReportBuilder
from ingest.coverage_py_columns import UnusualError, batches, decode
from ingest.json_text import decode_json, decode_part
from ingest.parsing import Format, Peek, Source


class _Meta(msgspec.Struct):
    version: str = ""
    software: str = "coverage.py"
    branch_coverage: bool = False


class _Summary(msgspec.Struct):
    covered_lines: int | None = None
    num_statements: int | None = None
    num_branches: int = 0
    covered_branches: int = 0


class _Region(msgspec.Struct):
    executed_lines: list[int] = []
    missing_lines: list[int] = []
    start_line: int = 0


class _File(msgspec.Struct):
    executed_lines: list[int] = []
    missing_lines: list[int] = []
    excluded_lines: list[int] = []
    executed_branches: list[tuple[int, int]] | None = None
    missing_branches: list[tuple[int, int]] | None = None
    summary: _Summary = msgspec.field(default_factory=_Summary)
    functions: dict[str, _Region] | None = None


class _Report(msgspec.Struct):
    meta: _Meta
    files: dict[str, msgspec.Raw]


_report = msgspec.json.Decoder(_Report)
_file = msgspec.json.Decoder(_File)


def _matches(peek: Peek) -> str | None:
    keys = set(peek.json_keys)
    if {"meta", "files"} <= keys and ("totals" in keys or "executed_lines" in peek.text):
        return (
            "top-level keys `meta`, `files`, `totals`"
            if "totals" in keys
            else "keys `meta`, `files`, `executed_lines`"
        )
    return None


def parse(source: Source, report: ReportBuilder) -> None:
    """Read a coverage.py JSON report. Raises `ParseError`."""
    data = source.area()
    try:
        report.producer, measures_arms, files = decode(data)
    except UnusualError:
        _careful(data, None, report)
        return
    unusual: list[str] = []
    for batch in batches(files, measures_arms, unusual):
        sheet, others = batch.sheet()
        unusual += others
        if sheet.paths:
            report.sheet(sheet)
    if unusual:
        _careful(data, set(unusual), report)


def _careful(data: memoryview, paths: Container[str] | None, report: ReportBuilder) -> None:
    """Read files list by list: those of some `paths`, or all."""
    whole = decode_json(_report, data)
    report.producer = f"{whole.meta.software} {whole.meta.version}".strip()
    for path, raw in whole.files.items():
        if paths is None or path in paths:
            content = decode_part(_file, raw, f"$.files[{path[:200]!r}]")
            _read(content, report.file(path), measures_arms=whole.meta.branch_coverage)


def _read(content: _File, file: FileBuilder, *, measures_arms: bool) -> None:
    file.counted = False
    excluded = set(content.excluded_lines)
    lines = dict.fromkeys(content.missing_lines, 0) | dict.fromkeys(content.executed_lines, 1)
    if excluded:
        lines = {line: hits for line, hits in lines.items() if line not in excluded}
    summary = content.summary
    if summary.covered_lines is not None:
        file.uncounted = max(sum(lines.values()) - summary.covered_lines, 0)
    if (
        lines.pop(0, None) is not None
        and summary.covered_lines is not None
        and summary.num_statements is not None
    ):
        file.tally("lines", 0, summary.covered_lines, summary.num_statements)
    try:
        file.lines(np.fromiter(lines, np.int64), np.fromiter(lines.values(), np.int64))
    except OverflowError:  # a number that no line has: told one by one
        for line, hits in lines.items():
            file.line(line, hits)
    if measures_arms:
        file.measures("branches")
        _arms(content, file, excluded)
    if content.functions is not None:
        _functions(content.functions, file)


def _arms(content: _File, file: FileBuilder, excluded: set[int]) -> None:
    arms = dict.fromkeys(content.executed_branches or (), 1) | dict.fromkeys(
        content.missing_branches or (), 0
    )
    arms = {way: taken for way, taken in arms.items() if way[0] != way[1] and way[0] not in excluded}
    summary = content.summary
    if len(arms) > summary.num_branches > 0:
        arms = _possible(arms, summary.num_branches, file)
    exits: dict[int, list[int]] = {}
    for start, end in arms:
        if end <= 0:
            exits.setdefault(start, []).append(end)
    keys = [jump(end) if end > 0 else leave(_rank(exits[start], end)) for start, end in arms]
    file.many_named("branches", [start for start, _ in arms], keys, [*arms.values()])
    if (sum(arms.values()), len(arms)) != (summary.covered_branches, summary.num_branches):
        # Arms that cannot be missed (`while True:`) are counted and not listed; coverage.py 5 lists none at all.
        file.tally("branches", 0, summary.covered_branches, summary.num_branches)


def _possible(
    arms: dict[tuple[int, int], int], counted: int, file: FileBuilder
) -> dict[tuple[int, int], int]:
    """Return the ways that can be named when more are listed than counted; of the lines with too many only the missed ones.

    Which of the ways that ran is one too many is not said. A line has two, and one more where a lambda or comprehension
    starts: when the surplus of the others is the whole difference, they have two; else the sum of the file is all that is known.
    """
    ways = Counter(start for start, _ in arms)
    crowded = {line: found for line, found in ways.items() if found > 2 + ((line, -line) in arms)}
    named = {way: taken for way, taken in arms.items() if way[0] not in crowded or not taken}
    if set(crowded.values()) == {3} and len(crowded) == len(arms) - counted:
        for line in crowded:
            missed = sum(1 for start, _ in named if start == line)
            file.tally("branches", line, 2 - missed, 2)
        return named
    file.warnings.add("unplaced_arms", f"{len(arms)} arms are listed and {counted} counted")
    return named if len(named) <= counted else {}


def _rank(exits: list[int], end: int) -> int:
    """Return which of the exits of its line this one is, see `arms.leave`."""
    return 1 if len(exits) == 1 else sorted(exits).index(end) + 1


def _functions(functions: dict[str, _Region], file: FileBuilder) -> None:
    """The region with an empty name is the code outside of all functions."""
    file.measures("functions")
    for name, region in functions.items():
        body = [*region.executed_lines, *region.missing_lines]
        if name and body:
            file.function(name, region.start_line or min(body), max(body), int(bool(region.executed_lines)))


FORMAT = Format("coverage-py-json", "coverage.py JSON", _matches, parse)
