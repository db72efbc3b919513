"""Xcode's `xccov view --json`: `--archive` (lines of each file) and `--report` (totals of each file and function). PURE.

Source: the manual page xccov(1). A file may belong to several targets: the greatest counts hold.
"""

from __future__ import annotations

import msgspec

from covdash.coverage.building import FileBuilder
from covdash.coverage.lines import State
from covdash.coverage.report import ReportBuilder
from ingest.json_text import decode_json, decode_part
from ingest.parsing import Format, Peek, Source


class _Range(msgspec.Struct):
    executionCount: int | None = None  # noqa: N815 - as the format names it


class _Line(msgspec.Struct):
    line: int
    isExecutable: bool = True  # noqa: N815
    executionCount: int | None = None  # noqa: N815
    subranges: list[_Range] = []


class _Function(msgspec.Struct):
    name: str = ""
    lineNumber: int = 0  # noqa: N815
    executionCount: int = 0  # noqa: N815
    coveredLines: int = 0  # noqa: N815


class _File(msgspec.Struct):
    path: str = ""
    name: str = ""
    coveredLines: int = 0  # noqa: N815
    executableLines: int = 0  # noqa: N815
    functions: list[_Function] = []


class _Target(msgspec.Struct):
    files: list[_File] = []


class _Report(msgspec.Struct):
    targets: list[_Target]


_report = msgspec.json.Decoder(_Report)
_archive = msgspec.json.Decoder(dict[str, msgspec.Raw])
_lines = msgspec.json.Decoder(list[_Line])


def _matches(peek: Peek) -> str | None:
    if peek.kind != "json":
        return None
    if '"isExecutable"' in peek.text:
        return "lines with `isExecutable`"
    if '"executableLines"' in peek.text and '"targets"' in peek.text:
        return "targets with `executableLines`"
    return None


def parse(source: Source, report: ReportBuilder) -> None:
    """Read an archive or a report. Raises `ParseError`."""
    data = source.read()
    report.producer = "xccov"
    if b'"executableLines"' in data[:65536]:
        _totals(decode_json(_report, data), report)
        return
    for path, raw in decode_json(_archive, data).items():
        _read(decode_part(_lines, raw, f"$[{path[:200]!r}]"), report.file(path))


def _read(lines: list[_Line], file: FileBuilder) -> None:
    for line in lines:
        if not line.isExecutable:
            continue
        parts = [part.executionCount or 0 for part in line.subranges]
        hits = max(parts, default=0) if line.executionCount is None else line.executionCount
        partial = hits > 0 and 0 in parts
        file.line(line.line, hits, State.PARTIAL if partial else None)


def _totals(whole: _Report, report: ReportBuilder) -> None:
    files = 0
    seen: set[tuple[str, str, int]] = set()
    for target in whole.targets:
        for part in target.files:
            files += 1
            path = part.path or part.name
            file = report.file(path)
            file.tally("lines", 0, part.coveredLines, part.executableLines)
            file.measures("functions")
            for function in part.functions:
                key = (path, function.name, function.lineNumber)
                if key not in seen:
                    seen.add(key)
                    calls = function.executionCount or int(function.coveredLines > 0)
                    file.function(function.name, function.lineNumber, 0, calls)
    report.warnings.add(
        "totals_only",
        "`xccov view --report` holds no lines; upload `xccov view --archive --json`",
        max(files, 1),
    )


FORMAT = Format("xccov-json", "xccov JSON", _matches, parse)
