"""dotCover's JSON report: statements by type and method; it knows no files. PURE. Source: dotCover's documentation."""

from __future__ import annotations

import msgspec

from covdash.coverage.report import ReportBuilder
from ingest.json_text import decode_json
from ingest.parsing import Format, Peek, Source

_FUNCTIONS = {"Method", "Property", "Event", "Constructor", "OwnCoverageMethod"}


class _Node(msgspec.Struct, rename="pascal"):
    kind: str = ""
    covered_statements: int = 0
    total_statements: int = 0
    children: list[_Node] = []


_report = msgspec.json.Decoder(_Node)


def _matches(peek: Peek) -> str | None:
    return "top-level key `DotCoverVersion`" if "DotCoverVersion" in peek.json_keys else None


def parse(source: Source, report: ReportBuilder) -> None:
    """Read the totals. Raises `ParseError`."""
    root = decode_json(_report, source.read())
    report.producer = "dotCover"
    called = known = 0
    nodes = [root]
    while nodes:
        node = nodes.pop()
        nodes.extend(node.children)
        if node.kind in _FUNCTIONS and not node.children and node.total_statements:
            known += 1
            called += node.covered_statements > 0
    report.declare("statements", root.covered_statements, root.total_statements)
    if known:
        report.declare("functions", called, known)
    report.warnings.add(
        "totals_only", "dotCover's JSON names no files; export DetailedXML (`--reportType=DetailedXML`)"
    )


FORMAT = Format("dotcover-json", "dotCover JSON", _matches, parse)
