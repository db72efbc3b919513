"""llvm-cov's JSON (`llvm-cov export`): Clang, Swift, Rust. Regions, arms, MC/DC, functions, lines from segments. PURE.

Source: the comments of LLVM's `CoverageExporterJson.cpp` and its `LineCoverageStats`. A segment `[line, column, count, has count, is
region entry, is gap]` is in force until the next one. The summary of a file counts by function, so lines that two functions share
(lambdas, closures) count twice there: it is kept as a tally of the file, so that the totals are those of `llvm-cov report`. Lines of
macros that the file defines have segments, and the summary leaves them out: they count, and the difference is warned about.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from covdash.coverage.building import FileBuilder
from covdash.coverage.lines import MAX_HITS, MAX_LINE, Column
from covdash.coverage.report import LimitError, ReportBuilder
from ingest.json_text import decode_json, decode_part
from ingest.llvm_columns import Pair, read, unlike
from ingest.octets import DoubtError
from ingest.parsing import Format, Peek, Source

_CODE = 0
_MAX_MAPPED = 20_000_000

Number = int | float | bool
Segment = list[Number]


class _Count(msgspec.Struct):
    count: int = 0
    covered: int = 0


class _Summary(msgspec.Struct):
    lines: _Count | None = None
    functions: _Count | None = None
    branches: _Count | None = None
    regions: _Count | None = None
    mcdc: _Count | None = None


class _File(msgspec.Struct):
    filename: str
    segments: list[Segment] = []
    branches: list[Segment] = []
    mcdc_records: list[list[Any]] = []
    summary: _Summary = msgspec.field(default_factory=_Summary)


class _Function(msgspec.Struct):
    name: str = ""
    count: int | float = 0
    filenames: list[str] = []
    regions: list[Segment] = []


class _Export(msgspec.Struct):
    files: list[msgspec.Raw] = []
    functions: list[msgspec.Raw] = []


class _Report(msgspec.Struct):
    data: list[_Export]
    version: str = ""


_report = msgspec.json.Decoder(_Report)
_file = msgspec.json.Decoder(_File)
_function = msgspec.json.Decoder(_Function)


def _matches(peek: Peek) -> str | None:
    if "llvm.coverage.json.export" in peek.text:
        return "the type `llvm.coverage.json.export`"
    if peek.json_keys[:1] == ("data",) and ('"segments"' in peek.text or '"mcdc_records"' in peek.text):
        return "top-level key `data` with segments"
    return None


def parse(source: Source, report: ReportBuilder) -> None:
    """Read an export, also a summary. Raises `ParseError`."""
    data = source.read()
    try:
        version, sheet, differing = read(data)
    except (DoubtError, OverflowError):
        differing = _careful(data, report)
    else:
        report.producer = f"llvm-cov export {version}".strip()
        report.sheet(sheet)
    if differing:
        report.warnings.add("totals_differ", differing[0], len(differing))


def _careful(data: bytes, report: ReportBuilder) -> list[str]:
    """Read an export file by file; returns what `unlike` says of them."""
    whole = decode_json(_report, data)
    report.producer = f"llvm-cov export {whole.version}".strip()
    bare = 0
    said: dict[str, Pair] = {}
    for part, export in enumerate(whole.data):
        for number, raw in enumerate(export.files):
            content = decode_part(_file, raw, f"$.data[{part}].files[{number}]")
            _read(content, report.file(content.filename))
            if lines := content.summary.lines:
                known = said.get(content.filename, (0, 0))
                said[content.filename] = max(known[0], lines.covered), max(known[1], lines.count)
                bare += not content.segments and bool(lines.count)
        _functions(export.functions, report, f"$.data[{part}]")
    if bare:
        report.warnings.add(
            "totals_only", "exported with -summary-only, so without lines; leave that option out", bare
        )
    found = ((path, pair, _counted(report.file(path))) for path, pair in said.items())
    return [words for row in found if (words := unlike(*row))]


def _counted(file: FileBuilder) -> Pair:
    """Return how many lines of a file ran, of how many."""
    numbers, hits = file.parts()
    return len(np.unique(numbers[hits > 0])), len(np.unique(numbers))


def _read(content: _File, file: FileBuilder) -> None:
    if content.segments:
        _lines(content.segments, file)
    whole = [entry for entry in content.branches if len(entry) >= 6]
    if len(whole) < len(content.branches):
        short = next(entry for entry in content.branches if len(entry) < 6)
        file.warnings.add(
            "bad_record", f"{content.filename}: branch {short}", len(content.branches) - len(whole)
        )
    for way, at in (("true", 4), ("false", 5)):
        lines, columns = _column([entry[0] for entry in whole]), _column([entry[1] for entry in whole])
        places = zip(lines.tolist(), np.maximum(columns - 1, 0).tolist(), strict=True)
        keys = [f"cond:{way}@{line}:{column}" for line, column in places]
        file.many_named("branches", lines, keys, _column([entry[at] for entry in whole]))
    for record in content.mcdc_records:
        seen = next((part for part in record if isinstance(part, list)), None)
        if seen is None or len(record) < 2 or not isinstance(record[0], int):
            file.warnings.add("bad_record", f"{content.filename}: MC/DC record"[:200])
            continue
        for nth, shown in enumerate(seen[:1000]):
            file.named(
                "conditions",
                record[0],
                f"condition {nth + 1} of {len(seen)} at column {record[1]}",
                int(shown is True),
            )
    summary = content.summary
    for kind, counts in (
        ("lines", summary.lines), ("functions", summary.functions), ("branches", summary.branches),
        ("regions", summary.regions), ("conditions", summary.mcdc),
    ):  # fmt: skip
        if counts is not None and (counts.count or kind in ("lines", "functions", "regions")):
            file.tally(kind, 0, counts.covered, counts.count)


def _lines(segments: list[Segment], file: FileBuilder) -> None:
    """Add the lines of `LineCoverageStats`: mapped where a count is in force at their start or a region begins on them."""
    whole = [segment for segment in segments if len(segment) >= 5]
    if not whole:
        return
    line, count, has_count, is_entry = (_column([segment[at] for segment in whole]) for at in (0, 2, 3, 4))
    is_gap = np.array([len(segment) > 5 and bool(segment[5]) for segment in whole])
    if line.max() > MAX_LINE:
        raise LimitError(f"a segment names line {line.max()}; no source file is that long")
    first = np.flatnonzero(np.diff(line, prepend=line[0] - 1))
    here = line[first]
    starts = (has_count > 0) & (is_entry > 0)
    counted = np.logical_or.reduceat(starts, first)
    skipped = (has_count[first] == 0) & (is_entry[first] > 0)
    most = np.maximum.reduceat(np.where(starts & ~is_gap, count, 0), first)
    # What is in force where a line starts is the last segment before it.
    in_force = np.append(False, has_count[first[1:] - 1] > 0)
    wrapping = np.where(in_force, count[first - 1], 0)
    mapped = counted | (in_force & ~skipped)
    file.lines(here[mapped], np.maximum(most, wrapping)[mapped])
    between = np.where(in_force, np.maximum(np.diff(here, prepend=here[0]) - 1, 0), 0)
    if int(between.sum()) > _MAX_MAPPED:
        raise LimitError(f"the segments of one file span more than {_MAX_MAPPED} lines")
    if between.any():
        offsets = np.arange(between.sum()) - np.repeat(np.cumsum(between) - between, between)
        file.lines(np.repeat(here - between, between) + offsets, np.repeat(wrapping, between))


def _functions(functions: list[msgspec.Raw], report: ReportBuilder, where: str) -> None:
    """Add functions by place, so that instances of a template are one; and their regions of code."""
    found: dict[tuple[str, int, int], tuple[str, int, int]] = {}
    for number, raw in enumerate(functions):
        function = decode_part(_function, raw, f"{where}.functions[{number}]")
        if not function.filenames or not function.regions or len(function.regions[0]) < 5:
            continue
        path = function.filenames[0]
        first = function.regions[0]
        place = (path, int(first[0]), int(first[1]))
        name = (
            function.name.rpartition(":")[2]
            if ":" in function.name and "::" not in function.name
            else function.name
        )
        known, end, hits = found.get(place, (name, 0, 0))
        found[place] = (
            min(known, name),
            max(end, int(first[2])),
            min(hits + _hits(function.count), MAX_HITS),
        )
        file = report.file(path)
        # expansions lie in other files; gaps and skipped regions are no code
        code = [
            r for r in function.regions if len(r) in (5, 6, 7) or (len(r) > 7 and not r[5] and r[7] == _CODE)
        ]
        file.many_named(
            "regions",
            _column([region[0] for region in code]),
            [f"{region[0]}:{region[1]} to {region[2]}:{region[3]}" for region in code],
            _column([region[4] for region in code]),
        )
    for (path, start, _), (name, end, hits) in found.items():
        report.file(path).function(name, start, end, hits)


def _hits(value: Number) -> int:
    return min(int(value), MAX_HITS)


def _column(values: list[Number]) -> Column:
    """Return numbers, which JSON may write as floats or as large as it likes, as a column."""
    try:
        if set(map(type, values)) <= {int, bool}:
            return np.array(values, np.int64)
    except OverflowError:
        pass
    return np.array([_hits(value) for value in values], np.int64)


FORMAT = Format("llvm-cov-json", "llvm-cov JSON", _matches, parse)
