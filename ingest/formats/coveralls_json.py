"""Coveralls JSON: what coveralls clients, excoveralls, gcovr and grcov write. PURE. Source: the Coveralls API reference.

`coverage` has a value for each line, index 0 is line 1. `branches` are flat quadruples (line, block, arm, hits). `repo_token` is a
secret: it is not decoded at all, and neither is the source text.
"""

from __future__ import annotations

import msgspec

from covdash.coverage.building import FileBuilder
from covdash.coverage.report import ReportBuilder
from ingest.json_text import decode_json, decode_part
from ingest.numbers import hits_of
from ingest.parsing import Format, Peek, Source


class _Function(msgspec.Struct):
    name: str = ""
    start: int = 0
    exec: bool | int = False


class _File(msgspec.Struct):
    name: str
    coverage: list[int | float | str | None] = []
    branches: list[int] | None = None
    functions: list[_Function] | None = None


class _Report(msgspec.Struct):
    source_files: list[msgspec.Raw]


_report = msgspec.json.Decoder(_Report)
_file = msgspec.json.Decoder(_File)
_WORDS = 4


def _matches(peek: Peek) -> str | None:
    return "top-level key `source_files`" if "source_files" in peek.json_keys else None


def parse(source: Source, report: ReportBuilder) -> None:
    """Read the source files of a job. Raises `ParseError`."""
    whole = decode_json(_report, source.read())
    for number, raw in enumerate(whole.source_files):
        where = f"$.source_files[{number}]"
        content = decode_part(_file, raw, where)
        _read(content, report.file(content.name), where)


def _read(content: _File, file: FileBuilder, where: str) -> None:
    for number, cell in enumerate(content.coverage, start=1):
        if (hits := hits_of(cell, file.warnings, f"{where}.coverage[{number - 1}]")) is not None:
            file.line(number, hits)
    if content.branches is not None:
        file.measures("branches")
        words = content.branches
        if len(words) % _WORDS:
            file.warnings.add("bad_record", f"{where}.branches: {len(words)} numbers are no quadruples")
        for at in range(0, len(words) - _WORDS + 1, _WORDS):
            line, block, arm, hits = words[at : at + _WORDS]
            file.named("branches", line, f"{block},{arm}", hits)
    if content.functions is not None:
        file.measures("functions")
        for function in content.functions:
            file.function(function.name, function.start, 0, int(function.exec))


FORMAT = Format("coveralls-json", "Coveralls JSON", _matches, parse)
