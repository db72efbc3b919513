"""Infection's JSON log (PHP). PURE. Source: Infection's `JsonLogger`. Whole sources stand beside each mutant; they are not decoded."""

from __future__ import annotations

import msgspec

from covdash.coverage.report import ReportBuilder
from covdash.coverage.results import MAX_TEXT, Mutant, line_of
from ingest.json_text import decode_json
from ingest.parsing import Format, Peek, Source

_LISTS = {
    "escaped": "survived", "timeouted": "timeout", "killed": "killed", "errored": "error", "syntaxErrors": "error",
    "uncovered": "no_coverage", "ignored": "ignored", "killedByStaticAnalysis": "killed",
}  # fmt: skip
_COUNTS = {
    "killedCount": "killed", "notCoveredCount": "no_coverage", "escapedCount": "survived", "errorCount": "error",
    "syntaxErrorCount": "error", "skippedCount": "ignored", "ignoredCount": "ignored", "timeOutCount": "timeout",
}  # fmt: skip


class _Mutator(msgspec.Struct, rename="camel"):
    mutator_name: str = ""
    original_file_path: str = ""
    original_start_line: int = 0


class _Mutant(msgspec.Struct):
    mutator: _Mutator = msgspec.field(default_factory=_Mutator)
    diff: str = ""


class _Report(msgspec.Struct):
    stats: dict[str, int | float | None] = {}
    escaped: list[_Mutant] = []
    timeouted: list[_Mutant] = []
    killed: list[_Mutant] = []
    errored: list[_Mutant] = []
    syntaxErrors: list[_Mutant] = []  # noqa: N815 - as the format names it
    uncovered: list[_Mutant] = []
    ignored: list[_Mutant] = []
    killedByStaticAnalysis: list[_Mutant] = []  # noqa: N815


_report = msgspec.json.Decoder(_Report)


def _matches(peek: Peek) -> str | None:
    if "stats" in peek.json_keys and (
        "totalMutantsCount" in peek.json_first_keys or "escaped" in peek.json_keys
    ):
        return "the key `stats` with `totalMutantsCount`"
    return None


def parse(source: Source, report: ReportBuilder) -> None:
    """Read all mutants. Raises `ParseError`."""
    whole = decode_json(_report, source.read())
    report.producer = "Infection"
    listed: dict[str, int] = {}
    for name, state in _LISTS.items():
        for mutant in getattr(whole, name):
            listed[state] = listed.get(state, 0) + 1
            mutator = mutant.mutator
            report.results.mutant(
                Mutant(
                    mutator.original_file_path,
                    line_of(mutator.original_start_line),
                    mutator.mutator_name,
                    state,
                    mutant.diff[:MAX_TEXT],
                )
            )
    stated: dict[str, int] = {}
    for name, state in _COUNTS.items():
        number = whole.stats.get(name)
        stated[state] = stated.get(state, 0) + (number if isinstance(number, int) else 0)
    # Some loggers list no killed mutants, only their number.
    for state, number in stated.items():
        for _ in range(min(number - listed.get(state, 0), 100_000)):
            report.results.mutant(Mutant("", 0, "", state))


FORMAT = Format("infection-json", "Infection JSON", _matches, parse)
