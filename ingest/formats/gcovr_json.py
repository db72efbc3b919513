"""gcovr's JSON: the full report (`gcovr --json`) and the summary (`--json-summary`, totals only). PURE.

Source: the gcovr documentation, "JSON Output". Lines that gcovr was told to leave out carry `gcovr/excluded` (or `gcovr/noncode`).
"""

from __future__ import annotations

from collections import Counter

import msgspec

from covdash.coverage.building import FileBuilder
from covdash.coverage.report import ReportBuilder
from ingest.gcc import add_condition
from ingest.json_text import decode_json, decode_part
from ingest.parsing import Format, Peek, Source


class _Arm(msgspec.Struct):
    count: float = 0
    branchno: int | None = None
    excluded: bool = msgspec.field(name="gcovr/excluded", default=False)


class _Decision(msgspec.Struct):
    count: int = 0
    covered: int = 0
    not_covered_true: list[int] = []
    not_covered_false: list[int] = []
    excluded: bool = msgspec.field(name="gcovr/excluded", default=False)


class _Line(msgspec.Struct):
    line_number: int
    count: float = 0
    branches: list[_Arm] = []
    conditions: list[_Decision] = []
    excluded: bool = msgspec.field(name="gcovr/excluded", default=False)
    noncode: bool = msgspec.field(name="gcovr/noncode", default=False)


class _Function(msgspec.Struct):
    name: str = ""
    demangled_name: str = ""
    lineno: int = 0
    execution_count: float = 0
    excluded: bool = msgspec.field(name="gcovr/excluded", default=False)


class _File(msgspec.Struct):
    file: str
    lines: list[_Line] = []
    functions: list[_Function] = []


class _Summary(msgspec.Struct):
    filename: str
    line_total: int | None = None
    line_covered: int = 0
    branch_total: int | None = None
    branch_covered: int = 0
    function_total: int | None = None
    function_covered: int = 0
    condition_total: int | None = None
    condition_covered: int = 0


class _Report(msgspec.Struct):
    files: list[msgspec.Raw] = []
    version: str = msgspec.field(name="gcovr/format_version", default="")
    summary: str = msgspec.field(name="gcovr/summary_format_version", default="")


_report = msgspec.json.Decoder(_Report)
_file = msgspec.json.Decoder(_File)
_summary = msgspec.json.Decoder(_Summary)


def _matches(peek: Peek) -> str | None:
    keys = [key for key in peek.json_keys if key.startswith("gcovr/")]
    return f"top-level key `{keys[0]}`" if keys else None


def parse(source: Source, report: ReportBuilder) -> None:
    """Read a full report or a summary. Raises `ParseError`."""
    whole = decode_json(_report, source.read())
    report.producer = "gcovr"
    for number, raw in enumerate(whole.files):
        where = f"$.files[{number}]"
        if whole.summary and not whole.version:
            summary = decode_part(_summary, raw, where)
            _count(summary, report.file(summary.filename))
        else:
            content = decode_part(_file, raw, where)
            _read(content, report.file(content.file))
    if whole.summary and not whole.version:
        report.warnings.add(
            "totals_only", "a summary of gcovr holds no lines; upload `gcovr --json`", len(whole.files)
        )


def _count(summary: _Summary, file: FileBuilder) -> None:
    for kind, covered, total in (
        ("lines", summary.line_covered, summary.line_total),
        ("branches", summary.branch_covered, summary.branch_total),
        ("functions", summary.function_covered, summary.function_total),
        ("conditions", summary.condition_covered, summary.condition_total),
    ):
        if total is not None:
            file.tally(kind, 0, covered, total)


def _read(content: _File, file: FileBuilder) -> None:
    file.measures("branches", "functions")
    for function in content.functions:
        if not function.excluded:
            name = function.demangled_name or function.name
            file.function(name, function.lineno, 0, int(function.execution_count))
    for line in content.lines:
        if line.excluded or line.noncode:
            continue
        file.line(line.line_number, int(line.count))
        met: Counter[int] = Counter()
        for at, arm in enumerate(line.branches):
            if not arm.excluded:
                number = at if arm.branchno is None else arm.branchno
                # Blocks of several units on one line (a file that is included by two) begin at the same number.
                file.named("branches", line.line_number, f"{met[number]},{number}", int(arm.count))
                met[number] += 1
        decisions = [decision for decision in line.conditions if not decision.excluded]
        for nth, decision in enumerate(decisions):
            missed = [(term, "t") for term in decision.not_covered_true]
            missed += [(term, "f") for term in decision.not_covered_false]
            add_condition(file, line.line_number, nth, decision.covered, decision.count, missed)


FORMAT = Format("gcovr-json", "gcovr JSON", _matches, parse)
