"""Istanbul's `coverage-summary.json`: totals of each file, without lines. PURE. Source: the reporter `json-summary` of istanbul."""

from __future__ import annotations

import msgspec

from covdash.coverage.report import ReportBuilder
from ingest.json_text import decode_json
from ingest.parsing import Format, Peek, Source


class _Count(msgspec.Struct):
    total: int = 0
    covered: int = 0


class _Summary(msgspec.Struct):
    lines: _Count | None = None
    statements: _Count | None = None
    functions: _Count | None = None
    branches: _Count | None = None


_report = msgspec.json.Decoder(dict[str, _Summary])
_KINDS = ("lines", "branches", "functions", "statements")
_TOTAL = "total"


def _matches(peek: Peek) -> str | None:
    if _TOTAL in peek.json_keys[:1] and {"lines", "statements"} <= set(peek.json_first_keys):
        return "the key `total` with `lines` and `statements`"
    return None


def parse(source: Source, report: ReportBuilder) -> None:
    """Read the totals of all files. Raises `ParseError`."""
    files = decode_json(_report, source.read())
    report.producer = "istanbul"
    whole = files.pop(_TOTAL, _Summary())
    for path, summary in files.items():
        file = report.file(path)
        for kind in _KINDS:
            counts: _Count | None = getattr(summary, kind)
            if counts is not None:
                file.tally(kind, 0, counts.covered, counts.total)
    for kind in _KINDS:
        counts = getattr(whole, kind)
        if counts is not None:
            report.expect(kind, counts.covered, counts.total)
    report.warnings.add(
        "totals_only",
        "a summary holds no lines; upload coverage-final.json (reporter `json`) or lcov.info",
        len(files),
    )


FORMAT = Format("istanbul-summary", "Istanbul coverage-summary.json", _matches, parse)
