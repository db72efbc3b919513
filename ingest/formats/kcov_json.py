"""kcov's `coverage.json`: totals of each file, numbers written as strings. PURE. The lines are in kcov's `cobertura.xml`."""

from __future__ import annotations

import re

import msgspec

from covdash.coverage.report import ReportBuilder
from ingest.json_text import decode_json
from ingest.numbers import hits_of
from ingest.parsing import Format, Peek, Source

_START = re.compile(r'"percent_covered"\s*:\s*"[^"]*"\s*,\s*"covered_lines"\s*:\s*"')


class _File(msgspec.Struct):
    file: str
    covered_lines: str | int = "0"
    total_lines: str | int = "0"


class _Report(msgspec.Struct):
    files: list[_File]
    covered_lines: str | int | None = None
    total_lines: str | int | None = None


_report = msgspec.json.Decoder(_Report)


def _matches(peek: Peek) -> str | None:
    if peek.kind == "json" and "files" in peek.json_keys and _START.search(peek.text):
        return "files with `percent_covered` and `covered_lines` as text"
    return None


def parse(source: Source, report: ReportBuilder) -> None:
    """Read the totals of all files. Raises `ParseError`."""
    whole = decode_json(_report, source.read())
    report.producer = "kcov"
    for part in whole.files:
        covered, total = (
            hits_of(value, report.warnings, part.file) or 0
            for value in (part.covered_lines, part.total_lines)
        )
        report.file(part.file).tally("lines", 0, covered, total)
    if whole.covered_lines is not None and whole.total_lines is not None:
        covered, total = (
            hits_of(value, report.warnings, "$") or 0 for value in (whole.covered_lines, whole.total_lines)
        )
        report.expect("lines", covered, total)
    report.warnings.add(
        "totals_only",
        "kcov's coverage.json holds no lines; upload its cobertura.xml",
        max(len(whole.files), 1),
    )


FORMAT = Format("kcov-json", "kcov JSON", _matches, parse)
