"""Stryker's mutation report (mutation-testing-elements, schema 1 and 2). PURE. The source text is not decoded."""

from __future__ import annotations

import msgspec

from covdash.coverage.report import ReportBuilder
from covdash.coverage.results import MAX_TEXT, Mutant, line_of
from ingest.json_text import decode_json, decode_part
from ingest.parsing import Format, Peek, Source

_STATES = {
    "Killed": "killed", "Survived": "survived", "NoCoverage": "no_coverage", "Timeout": "timeout", "CompileError": "error",
    "RuntimeError": "error", "Ignored": "ignored", "Pending": "pending",
}  # fmt: skip


class _Point(msgspec.Struct):
    line: int = 0
    column: int = 0


class _Location(msgspec.Struct):
    start: _Point = msgspec.field(default_factory=_Point)
    end: _Point = msgspec.field(default_factory=_Point)


class _Mutant(msgspec.Struct, rename="camel"):
    id: str | int = ""
    mutator_name: str = ""
    replacement: str | None = None
    status: str = ""
    location: _Location = msgspec.field(default_factory=_Location)
    covered_by: list[str] | None = None
    killed_by: list[str] | None = None


class _File(msgspec.Struct):
    mutants: list[_Mutant] = []


class _Report(msgspec.Struct):
    files: dict[str, msgspec.Raw]


_report = msgspec.json.Decoder(_Report)
_file = msgspec.json.Decoder(_File)


def _matches(peek: Peek) -> str | None:
    keys = set(peek.json_keys)
    if "files" in keys and ({"schemaVersion", "thresholds"} & keys or '"mutatorName"' in peek.text):
        return "top-level keys `schemaVersion`, `files`" if "schemaVersion" in keys else "files with mutants"
    return None


def parse(source: Source, report: ReportBuilder) -> None:
    """Read the mutants of all files. Raises `ParseError`."""
    report.producer = "Stryker"
    for path, raw in decode_json(_report, source.read()).files.items():
        for mutant in decode_part(_file, raw, f"$.files[{path[:200]!r}]").mutants:
            state = _STATES.get(mutant.status)
            if state is None:
                report.warnings.add("bad_record", f"{path}: a mutant with the status {mutant.status[:40]!r}")
                continue
            start, end = mutant.location.start, mutant.location.end
            report.results.mutant(
                Mutant(
                    path, line_of(start.line), mutant.mutator_name[:MAX_TEXT], state,
                    (mutant.replacement or "")[:MAX_TEXT], str(mutant.id),
                    line_of(end.line), line_of(start.column),
                    tuple(mutant.covered_by or ())[:100], tuple(mutant.killed_by or ())[:100],
                )
            )  # fmt: skip


FORMAT = Format("stryker-json", "Stryker mutation report", _matches, parse)
