"""Istanbul `coverage-final.json`: nyc, Jest, Vitest, Karma, c8, Cypress. PURE.

Source: the istanbuljs documentation of `coverage.json` and `istanbul-lib-coverage`. A line is where a statement starts, its hits are
the greatest of the statements that start there. Arms and statements are named; their keys are written so that they can be read:
`if:else@12:4` is the else of the `if` that starts at line 12, column 4; the grammar is that of `covdash/coverage/arms.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from covdash.coverage.building import FileBuilder
from covdash.coverage.lines import MAX_HITS, column
from covdash.coverage.report import ReportBuilder
from ingest.istanbul_columns import ARMS, Batch, PlainFile, UnusualError, clean, decode, decode_one
from ingest.json_text import decode_json, decode_part
from ingest.parsing import Format, Peek, Source

_TOGETHER = 25_000
"""Statements of the files that are read by columns together."""

_Number = int | float | None


class _Point(msgspec.Struct):
    line: _Number = None
    column: _Number = None


class _Span(msgspec.Struct):
    """Where something starts; where it ends is not asked, and so not judged."""

    start: _Point | None = None


class _End(msgspec.Struct):
    line: _Number = None


class _Extent(_Span):
    end: _End | None = None


class _Function(msgspec.Struct):
    name: str | None = None
    line: _Number = None
    decl: _Span | None = None
    loc: _Extent | None = None


class _Branch(msgspec.Struct):
    type: str = "branch"
    line: _Number = None
    loc: _Span | None = None
    locations: msgspec.Raw = msgspec.Raw(b"[]")
    """A list of spans, of which the first is asked for where `loc` says nothing."""


class _File(
    msgspec.Struct, rename={"statements": "statementMap", "functions": "fnMap", "branches": "branchMap"}
):
    path: str = ""
    statements: dict[str, _Span] = {}
    s: dict[str, _Number] = {}
    functions: dict[str, _Function] = {}
    f: dict[str, _Number] = {}
    branches: dict[str, _Branch] = {}
    b: dict[str, list[_Number] | None] = {}
    data: _File | None = None
    """Older writers put all of it below this key."""


_skim = msgspec.json.Decoder(dict[str, msgspec.Raw])
_file = msgspec.json.Decoder(_File)
_spans = msgspec.json.Decoder(list[_Span | None])


def _matches(peek: Peek) -> str | None:
    keys = set(peek.json_first_keys)
    if "statementMap" in keys:
        return "the first value has `statementMap`"
    if "data" in keys and '"statementMap"' in peek.text:
        return "the first value has `data` with `statementMap`"
    return None


def parse(source: Source, report: ReportBuilder) -> None:
    """Read a `coverage-final.json`. Raises `ParseError`."""
    report.producer = "istanbul"
    data = source.area()
    unusual: list[str] = []
    batch = Batch()
    for name, file in _plain(data, unusual):
        try:
            batch.add(name, file)
        except UnusualError:
            unusual.append(name)
        if sum(batch.sizes) >= _TOGETHER:
            unusual += _place(batch, report)
            batch = Batch()
    unusual += _place(batch, report)
    if unusual:
        raws = decode_json(_skim, data)
        for name in unusual:
            _careful(name, raws[name], report)


def _plain(data: memoryview, unusual: list[str]) -> Iterator[tuple[str, PlainFile]]:
    """Yield the files that may be plain, all decoded in one go if possible; names of others become `unusual`. Raises `ParseError`."""
    try:
        yield from decode(data).items()
    except UnusualError:
        for name, raw in decode_json(_skim, data).items():
            try:
                file = decode_one(raw)
            except UnusualError:
                unusual.append(name)
            else:
                yield name, file


def _place(batch: Batch, report: ReportBuilder) -> list[str]:
    """Add the files of a batch; returns the names of those that are not plain."""
    sheet, unusual = batch.sheet()
    if sheet.paths:
        report.sheet(sheet)
    return unusual


def _careful(name: str, raw: msgspec.Raw, report: ReportBuilder) -> None:
    content = decode_part(_file, raw, f"$[{name[:200]!r}]")
    content = content.data or content
    _read(content, report.file(clean(content.path or name)), report)


def _read(content: _File, file: FileBuilder, report: ReportBuilder) -> None:
    file.measures("branches", "functions", "statements")
    lines: dict[int, int] = {}
    alike: dict[tuple[int, str], int] = {}
    at: list[int] = []
    keys: list[str] = []
    taken: list[int] = []
    counts = content.s
    for key, span in content.statements.items():
        line, hits = _line(span), _hits(counts.get(key), report)
        if not line:
            continue
        if hits >= lines.get(line, 0):
            lines[line] = hits
        at.append(line)
        keys.append(_distinct(alike, line, str(_column(span))))
        taken.append(hits)
    file.many_named("statements", at, keys, taken)
    file.lines(column(lines, np.int64), column(lines.values(), np.int64))
    _functions(content, file, report)
    alike.clear()
    for key, branch in content.branches.items():
        _arms(key, branch, content.b.get(key) or [], file, alike, report)


def _functions(content: _File, file: FileBuilder, report: ReportBuilder) -> None:
    alike: dict[tuple[int, str], int] = {}
    for key, function in content.functions.items():
        start = _line(function.decl) or _whole(function.line) or _line(function.loc)
        end = _whole(function.loc.end.line) if function.loc and function.loc.end else 0
        name = _distinct(alike, start, function.name or "(anonymous)")
        file.function(name, start, end, _hits(content.f.get(key), report))


def _arms(
    key: str,
    branch: _Branch,
    counts: list[_Number],
    file: FileBuilder,
    alike: dict[tuple[int, str], int],
    report: ReportBuilder,
) -> None:
    """Istanbul shows all arms of a decision at the line where the decision starts."""
    at = branch.loc
    if not _line(at):
        places = decode_part(_spans, branch.locations, f"$..branchMap[{key[:200]!r}].locations")
        at = next(filter(_line, places), None)
    line = _whole(branch.line) or _line(at)
    if not line:
        if counts:
            report.warnings.add("bad_line_number", f"branch {key} has no place", len(counts))
        return
    column = _column(at) if at else 0
    names = ARMS.get(branch.type, ())
    for number, count in enumerate(counts):
        numbered = "" if len(counts) == 1 else str(number + 1)
        way = names[number] if len(names) == len(counts) else numbered
        arm = _distinct(alike, line, f"{branch.type}:{way}@{line}:{column}")
        file.named("branches", line, arm, _hits(count, report))


def _distinct(alike: dict[tuple[int, str], int], line: int, key: str) -> str:
    """Number what stands at one place under one name, in the order of the map."""
    place = line, key
    nth = alike[place] = alike.get(place, 0) + 1
    return key if nth == 1 else f"{key}#{nth}"


def _line(span: _Span | None) -> int:
    return _whole(span.start.line) if span is not None and span.start is not None else 0


def _column(span: _Span) -> int:
    return _whole(span.start.column) if span.start is not None else 0


def _whole(number: _Number) -> int:
    if isinstance(number, int) and 0 <= number < 2**53:
        return number
    return int(number) if number is not None and 0 <= number < 2**53 else 0


def _hits(count: _Number, report: ReportBuilder) -> int:
    if isinstance(count, int) and 0 <= count <= MAX_HITS:
        return count
    whole = int(min(max(count or 0, 0), MAX_HITS))
    if count is not None and whole != count:
        report.warnings.add("non_integer_count" if count > 0 else "negative_count", f"{count}")
    return whole


FORMAT = Format("istanbul-json", "Istanbul coverage-final.json", _matches, parse)
