"""cargo-tarpaulin's JSON (`--out Json`). PURE. Source: the types of tarpaulin's reports.

A path is a list of components; the source text that the report carries is not decoded.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from covdash.coverage.building import FileBuilder
from covdash.coverage.report import ReportBuilder
from ingest.json_text import decode_json, decode_part
from ingest.numbers import hits_of
from ingest.parsing import Format, Peek, Source

_START = re.compile(r'"files"\s*:\s*\[\s*\{\s*"path"\s*:\s*\[')


class _Trace(msgspec.Struct):
    line: int
    stats: dict[str, Any] = {}


class _File(msgspec.Struct):
    path: list[str]
    traces: list[_Trace] = []


class _Report(msgspec.Struct):
    files: list[msgspec.Raw]


_report = msgspec.json.Decoder(_Report)
_file = msgspec.json.Decoder(_File)


def _matches(peek: Peek) -> str | None:
    return "files whose path is a list" if peek.kind == "json" and _START.search(peek.text[:4096]) else None


def parse(source: Source, report: ReportBuilder) -> None:
    """Read the traces of all files. Raises `ParseError`."""
    report.producer = "tarpaulin"
    for number, raw in enumerate(decode_json(_report, source.read()).files):
        content = decode_part(_file, raw, f"$.files[{number}]")
        path = "/".join(part.rstrip("\\") for part in content.path).replace("//", "/", 1)
        _read(content, report.file(path), path)


def _read(content: _File, file: FileBuilder, path: str) -> None:
    for trace in content.traces:
        for kind, value in trace.stats.items():
            where = f"{path}:{trace.line}: {kind}"
            if kind == "Line" and isinstance(value, int | float):
                file.line(trace.line, hits_of(value, file.warnings, where) or 0)
            elif kind == "Branch" and isinstance(value, dict):
                ways = [(way, bool(value.get(f"been_{way}"))) for way in ("true", "false")]
                file.line(trace.line, int(any(taken for _, taken in ways)))
                for way, taken in ways:
                    file.named("branches", trace.line, way, int(taken))
            else:
                file.warnings.add("bad_record", f"{where}: not a count")


FORMAT = Format("tarpaulin-json", "cargo-tarpaulin JSON", _matches, parse)
