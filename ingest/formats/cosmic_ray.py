"""cosmic-ray's dump (`cosmic-ray dump session.sqlite`): one JSON array a line, work item and result. PURE. Python."""

from __future__ import annotations

import re

import msgspec

from covdash.coverage.report import ReportBuilder
from covdash.coverage.results import MAX_TEXT, Mutant, line_of
from ingest import text_lines
from ingest.json_text import decode_part
from ingest.parsing import Format, ParseError, Peek, Source

_START = re.compile(r'\s*\[\s*\{\s*"job_id"\s*:')


class _Mutation(msgspec.Struct):
    module_path: str = ""
    operator_name: str = ""
    occurrence: int = 0
    start_pos: tuple[int, int] = (0, 0)
    end_pos: tuple[int, int] = (0, 0)
    definition_name: str | None = None


class _Item(msgspec.Struct):
    job_id: str = ""
    mutations: list[_Mutation] = []


class _Result(msgspec.Struct):
    worker_outcome: str = ""
    test_outcome: str | None = None


_row = msgspec.json.Decoder(tuple[_Item, _Result | None])


def _matches(peek: Peek) -> str | None:
    return "lines with `job_id`" if peek.kind == "json" and _START.match(peek.text) else None


def _state(result: _Result | None) -> str:
    if result is None:
        return "pending"
    if result.worker_outcome == "no-test":
        return "no_coverage"
    if result.worker_outcome == "skipped":
        return "ignored"
    return {"killed": "killed", "survived": "survived"}.get(result.test_outcome or "", "error")


def parse(source: Source, report: ReportBuilder) -> None:
    """Read a dump. Raises `ParseError`."""
    report.producer = "cosmic-ray"
    number = 0
    for block in text_lines.blocks(source.chunks(), report.warnings):
        for line in block.split(b"\n"):
            number += 1
            if not line.strip():
                continue
            try:
                item, result = decode_part(_row, msgspec.Raw(line), "$")
            except ParseError as error:
                raise ParseError(error.code, error.message, f"line {number}") from error
            for mutation in item.mutations[:1]:
                report.results.mutant(
                    Mutant(
                        mutation.module_path, line_of(mutation.start_pos[0]), mutation.operator_name[:MAX_TEXT], _state(result),
                        (mutation.definition_name or "")[:MAX_TEXT], item.job_id,
                        line_of(mutation.end_pos[0]), line_of(mutation.start_pos[1] + 1),
                    )
                )  # fmt: skip


FORMAT = Format("cosmic-ray", "cosmic-ray dump", _matches, parse)
