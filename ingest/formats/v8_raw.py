"""V8's raw coverage (`NODE_V8_COVERAGE`, Chrome DevTools). PURE. Source: the Chrome DevTools protocol, domain `Profiler`.

Ranges are offsets in UTF-16 units, so lines need the source text. With it, lines are counted as c8 counts them: every physical line,
and a range counts for the lines that lie wholly inside it, inner ranges after outer ones. Without it only functions are known.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from urllib.parse import unquote

import msgspec
import numpy as np

from covdash.coverage.building import FileBuilder
from covdash.coverage.lines import MAX_HITS
from covdash.coverage.report import ReportBuilder
from ingest.json_text import decode_json, decode_part
from ingest.parsing import Format, Peek, Source


class _Range(msgspec.Struct, rename="camel"):
    start_offset: int = 0
    end_offset: int = 0
    count: int = 0


class _Function(msgspec.Struct, rename="camel"):
    function_name: str = ""
    ranges: list[_Range] = []
    is_block_coverage: bool = False


class _Script(msgspec.Struct):
    url: str = ""
    functions: list[_Function] = []


class _Report(msgspec.Struct):
    result: list[msgspec.Raw]


_report = msgspec.json.Decoder(_Report)
_scripts = msgspec.json.Decoder(list[msgspec.Raw])
_script = msgspec.json.Decoder(_Script)


def _matches(peek: Peek) -> str | None:
    if peek.kind == "json" and '"scriptId"' in peek.text and '"functions"' in peek.text:
        return "scripts with `scriptId` and `functions`"
    return None


def parse(source: Source, report: ReportBuilder) -> None:
    """Read the scripts of a run. Raises `ParseError`."""
    data = source.read()
    report.producer = "V8"
    bare = data.lstrip()[:1] == b"["
    scripts = decode_json(_scripts, data) if bare else decode_json(_report, data).result
    unknown = ""
    missing = 0
    for number, raw in enumerate(scripts):
        script = decode_part(_script, raw, f"$.result[{number}]")
        if not script.url.startswith(("file://", "/", "http://", "https://")):
            continue  # parts of Node itself and evaluated text
        path = unquote(script.url.partition("?")[0]).removeprefix("file://")
        file = report.file(path)
        text = source.source_text(path)
        if text is None:
            file.executed_only = True
            unknown, missing = unknown or path, missing + 1
        lines = _Lines(text) if text is not None else None
        _read(script, file, lines)
    if missing:
        report.warnings.add(
            "needs_sources",
            f"{unknown}: V8 counts characters, not lines; send the sources, or convert with c8 (`c8 report -r lcov`)",
            missing,
        )


class _Lines:
    """Where the lines of a text begin and end, in UTF-16 units."""

    def __init__(self, data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        sizes = [len(line.encode("utf-16-le")) // 2 for line in text.split("\n")]
        self.starts = [0, *accumulate(size + 1 for size in sizes)][: len(sizes)]
        self.ends = [start + size for start, size in zip(self.starts, sizes, strict=True)]
        if text.endswith("\n"):
            self.starts.pop()
            self.ends.pop()

    def line_of(self, offset: int) -> int:
        return max(bisect_right(self.starts, offset), 1)


def _read(script: _Script, file: FileBuilder, lines: _Lines | None) -> None:
    file.measures("functions")
    hits = np.ones(len(lines.starts), np.int64) if lines else np.zeros(0, np.int64)
    for function in script.functions:
        if not function.ranges:
            continue
        whole = function.ranges[0]
        if function.function_name:
            start = lines.line_of(whole.start_offset) if lines else 0
            end = lines.line_of(whole.end_offset) if lines else 0
            file.function(function.function_name, start, end, whole.count)
        if lines:
            for part in function.ranges:
                first = bisect_left(lines.starts, part.start_offset)
                last = bisect_right(lines.ends, part.end_offset)
                hits[first:last] = min(max(part.count, 0), MAX_HITS)
    if lines:
        file.lines(np.arange(1, len(hits) + 1), hits)


FORMAT = Format("v8-raw", "V8 raw coverage", _matches, parse)
