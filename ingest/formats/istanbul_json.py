"""Istanbul `coverage-final.json`: nyc, Jest, Vitest, Karma, c8, Cypress. PURE.

Source: the istanbuljs documentation of `coverage.json` and `istanbul-lib-coverage`. A line is where a statement starts, its hits are
the greatest of the statements that start there. Arms and statements are named; their keys are written so that they can be read:
`if:else@12:4#3` is the else of the `if` that starts at line 12, column 4, number 3 in the map of branches.
"""

from __future__ import annotations

from typing import Any

import msgspec

from covdash.coverage.building import FileBuilder
from covdash.coverage.lines import MAX_HITS
from covdash.coverage.report import ReportBuilder
from ingest.parsing import Format, ParseError, Peek, Source

_ARMS = {"if": ("then", "else"), "cond-expr": ("then", "else")}


class _Point(msgspec.Struct):
    line: int | float | None = None
    column: int | float | None = None


class _Span(msgspec.Struct):
    start: _Point = msgspec.field(default_factory=_Point)
    end: _Point | None = None


class _Function(msgspec.Struct):
    name: str = ""
    line: int | float | None = None
    decl: _Span | None = None
    loc: _Span | None = None


class _Branch(msgspec.Struct):
    type: str = "branch"
    line: int | float | None = None
    loc: _Span | None = None
    locations: list[_Span] = []


class _File(
    msgspec.Struct, rename={"statements": "statementMap", "functions": "fnMap", "branches": "branchMap"}
):
    path: str = ""
    statements: dict[str, _Span] = {}
    s: dict[str, int | float | None] = {}
    functions: dict[str, _Function] = {}
    f: dict[str, int | float | None] = {}
    branches: dict[str, _Branch] = {}
    b: dict[str, list[int | float | None]] = {}
    data: _File | None = None
    """Older writers put all of it below this key."""


_skim = msgspec.json.Decoder(dict[str, msgspec.Raw])
_file = msgspec.json.Decoder(_File)


def _matches(peek: Peek) -> str | None:
    keys = set(peek.json_first_keys)
    if "statementMap" in keys:
        return "the first value has `statementMap`"
    if "data" in keys and '"statementMap"' in peek.text:
        return "the first value has `data` with `statementMap`"
    return None


def _parse(source: Source, report: ReportBuilder) -> None:
    report.producer = "istanbul"
    try:
        files = _skim.decode(source.read())
    except msgspec.DecodeError as error:
        raise ParseError("malformed", f"the JSON cannot be read: {error}") from error
    except RecursionError as error:
        raise ParseError("too_deep", "the JSON is nested too deep to be a report") from error
    for name, raw in files.items():
        try:
            content = _file.decode(raw)
        except msgspec.DecodeError as error:
            raise ParseError(
                "malformed", f"the entry does not have the shape of Istanbul: {error}", f"$[{name[:200]!r}]"
            ) from error
        except RecursionError as error:
            raise ParseError(
                "too_deep", "the JSON is nested too deep to be a report", f"$[{name[:200]!r}]"
            ) from error
        content = content.data or content
        _read(content, report.file(_clean(content.path or name)), report)


def _read(content: _File, file: FileBuilder, report: ReportBuilder) -> None:
    file.measures("branches", "functions", "statements")
    lines: dict[int, int] = {}
    for key, span in content.statements.items():
        line, hits = _line(span), _hits(content.s.get(key), report)
        if not line:
            continue
        lines[line] = max(lines.get(line, 0), hits)
        file.named("statements", line, f"{_column(span)}#{key}", hits)
    for line, hits in lines.items():
        file.line(line, hits)
    for key, function in content.functions.items():
        start = _line(function.decl) or _whole(function.line) or _line(function.loc)
        end = _whole(function.loc.end.line) if function.loc and function.loc.end else 0
        file.function(function.name or f"(anonymous_{key})", start, end, _hits(content.f.get(key), report))
    for key, branch in content.branches.items():
        _arms(key, branch, content.b.get(key, []), file, report)


def _arms(key: str, branch: _Branch, counts: list[Any], file: FileBuilder, report: ReportBuilder) -> None:
    """Istanbul shows all arms of a decision at the line where the decision starts."""
    line = (
        _whole(branch.line) or _line(branch.loc) or next((at for at in map(_line, branch.locations) if at), 0)
    )
    if not line:
        if counts:
            report.warnings.add("bad_line_number", f"branch {key} has no place")
        return
    names = _ARMS.get(branch.type, ())
    for number, count in enumerate(counts):
        name = names[number] if len(names) == len(counts) else str(number)
        at = branch.loc or (branch.locations[0] if branch.locations else _Span())
        file.named("branches", line, f"{branch.type}:{name}@{line}:{_column(at)}#{key}", _hits(count, report))


def _clean(path: str) -> str:
    """Undo what bundlers put around a path: scheme, query, loader prefixes."""
    if "!" in path:
        path = path.rpartition("!")[2]
    if path.startswith("webpack:"):
        path = path.removeprefix("webpack:").lstrip("/").partition("?")[0].removeprefix("./")
    return path


def _line(span: _Span | None) -> int:
    return _whole(span.start.line) if span else 0


def _column(span: _Span) -> int:
    return _whole(span.start.column)


def _whole(number: float | None) -> int:
    return int(number) if number is not None and 0 <= number < 2**53 else 0


def _hits(count: float | None, report: ReportBuilder) -> int:
    whole = int(min(max(count or 0, 0), MAX_HITS))
    if count is not None and whole != count:
        report.warnings.add("non_integer_count" if count > 0 else "negative_count", f"{count}")
    return whole


FORMAT = Format("istanbul-json", "Istanbul coverage-final.json", _matches, _parse)
