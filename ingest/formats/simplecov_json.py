"""SimpleCov's JSON formatter (`coverage.json`): results after SimpleCov's own filters. PURE.

Source: SimpleCov's documentation. Lines are null, a count, or `"ignored"` (between `# :nocov:` marks); arms name only their lines.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from covdash.coverage.building import FileBuilder
from covdash.coverage.report import ReportBuilder
from ingest.json_text import decode_json, decode_part
from ingest.numbers import hits_of
from ingest.parsing import Format, Peek, Source

Cell = bool | int | float | str | None


class _Arm(msgspec.Struct):
    type: str = "arm"
    start_line: int = 0
    coverage: Cell = None


class _Method(msgspec.Struct):
    name: str = ""
    start_line: int = 0
    end_line: int = 0
    coverage: Cell = None


class _File(msgspec.Struct):
    lines: list[Cell] = []
    branches: list[_Arm] | None = None
    methods: list[_Method] | None = None


class _Meta(msgspec.Struct):
    simplecov_version: str = ""


class _Report(msgspec.Struct):
    coverage: dict[str, msgspec.Raw]
    meta: _Meta = msgspec.field(default_factory=_Meta)


_report = msgspec.json.Decoder(_Report)
_file = msgspec.json.Decoder(_File)


def _matches(peek: Peek) -> str | None:
    return (
        "the key `simplecov_version`" if '"simplecov_version"' in peek.text and peek.kind == "json" else None
    )


def parse(source: Source, report: ReportBuilder) -> None:
    """Read the files of a report. Raises `ParseError`."""
    whole = decode_json(_report, source.read())
    report.producer = f"simplecov {whole.meta.simplecov_version}".strip()
    for path, raw in whole.coverage.items():
        where = f"$.coverage[{path[:200]!r}]"
        _read(decode_part(_file, raw, where), report.file(path), where)


def _read(content: _File, file: FileBuilder, where: str) -> None:
    def hits_at(cell: Cell, place: str) -> int | None:
        return None if cell == "ignored" else hits_of(cell, file.warnings, f"{where}.{place}")

    for number, cell in enumerate(content.lines, start=1):
        if (hits := hits_at(cell, f"lines[{number - 1}]")) is not None:
            file.line(number, hits)
    if content.branches is not None:
        file.measures("branches")
        alike: Counter[tuple[int, str]] = Counter()
        for arm in content.branches:
            alike[arm.start_line, arm.type] += 1
            nth = alike[arm.start_line, arm.type]
            if (hits := hits_at(arm.coverage, "branches")) is not None:
                file.named("branches", arm.start_line, arm.type if nth == 1 else f"{arm.type} ({nth})", hits)
    if content.methods is not None:
        file.measures("functions")
        for method in content.methods:
            if (hits := hits_at(method.coverage, "methods")) is not None:
                file.function(method.name, method.start_line, method.end_line, hits)


FORMAT = Format("simplecov-json", "SimpleCov JSON", _matches, parse)
