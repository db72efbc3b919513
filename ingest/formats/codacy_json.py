"""Codacy JSON: what codacy-coverage-reporter makes of any report and sends. PURE. Source: its own request body.

`fileReports` lists files, `coverage` maps line numbers to hits. Only lines: the reporter drops arms, functions and texts.
"""

from __future__ import annotations

import re

import msgspec

from covdash.coverage.report import ReportBuilder
from ingest.json_stream import elements
from ingest.json_text import decode_part
from ingest.numbers import hits_of, is_digits
from ingest.parsing import MIB, Format, Peek, Source

MAX_ENTRY = 64 * MIB


class _File(msgspec.Struct):
    filename: str
    coverage: dict[str, int | float | str | None] = {}


_file = msgspec.json.Decoder(_File)
_FILES = re.compile(r'"fileReports"\s*:\s*\[')


def _matches(peek: Peek) -> str | None:
    if peek.kind == "json" and "fileReports" in peek.json_keys and _FILES.search(peek.text):
        return "top-level key `fileReports`"
    return None


def parse(source: Source, report: ReportBuilder) -> None:
    """Read the files one by one. Raises `ParseError`."""
    report.producer = "codacy-coverage-reporter"
    for number, text in elements(source.chunks(), "fileReports", longest=MAX_ENTRY):
        where = f"$.fileReports[{number}]"
        content = decode_part(_file, msgspec.Raw(text), where)
        file = report.file(content.filename)
        for line, value in content.coverage.items():
            if not is_digits(line):
                report.warnings.add("bad_line_number", f"{where}.coverage: {line[:40]!r}")
            elif (hits := hits_of(value, report.warnings, f"{where}.coverage.{line}")) is not None:
                file.line(int(line), hits)


FORMAT = Format("codacy-json", "Codacy JSON", _matches, parse)
