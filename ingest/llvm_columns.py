"""llvm-cov's JSON by columns: an export that is written as LLVM writes it, all files at once, as a `Sheet`. PURE.

Plain is an export of one part with files of different names, whose segments, branches and regions are rows of whole numbers of one
width each, sorted by line, and whose functions lie in its files. What is not plain is refused as a whole, and read by
`ingest/formats/llvm_cov_json.py`, whose meaning of segments, keys and summaries this is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import compress
from typing import Any

import msgspec
import numpy as np

from covdash.coverage.columns import LINE_BITS, MAX_COUNT, added_up, cuts, line_of
from covdash.coverage.lines import MAX_HITS, MAX_LINE, MAX_NAME, Column, shortened
from covdash.coverage.sheets import FunctionSheet, ItemSheet, Sheet, TallySheet, Written, narrowed
from ingest.json_lists import Rows, read_rows
from ingest.octets import DoubtError

_NONE = msgspec.Raw(b"[]")
_MAX_MAPPED = 20_000_000
_TOGETHER = 1_000_000
"""Bytes of rows that are read at once."""
_DIGITS = 6
_TENS = 10 ** np.arange(1, _DIGITS)
_SCALE = 10 ** np.arange(_DIGITS - 1, -1, -1)


class _Count(msgspec.Struct, gc=False):
    count: int = 0
    covered: int = 0


class _Summary(msgspec.Struct, gc=False):
    lines: _Count | None = None
    functions: _Count | None = None
    branches: _Count | None = None
    regions: _Count | None = None
    mcdc: _Count | None = None


class _File(msgspec.Struct, gc=False):
    filename: str
    segments: msgspec.Raw
    branches: msgspec.Raw = _NONE
    mcdc_records: list[list[Any]] = []
    summary: _Summary = msgspec.field(default_factory=_Summary)


class _Function(msgspec.Struct, gc=False):
    filenames: list[str]
    regions: msgspec.Raw
    name: str = ""
    count: int = 0


class _Export(msgspec.Struct, gc=False):
    files: list[_File]
    functions: list[_Function] = []


class _Report(msgspec.Struct, gc=False):
    data: tuple[_Export]
    version: str = ""


_report = msgspec.json.Decoder(_Report)


Pair = tuple[int, int]
"""How much ran, of how much."""


def unlike(path: str, said: Pair, found: Pair) -> str:
    """Return in words how the lines of a file differ from its summary, "" where they do not: counts that are less give way to it."""
    if found[0] <= said[0] and found[1] <= said[1]:
        return ""
    return f"{path}: the summary says {said[0]} of {said[1]} lines, the segments {found[0]} of {found[1]}"


def read(data: bytes | memoryview) -> tuple[str, Sheet, list[str]]:
    """Return version and files of an export, and what `unlike` says of them. Raises `DoubtError`."""
    try:
        report = _report.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DoubtError from error
    files, functions = report.data[0].files, report.data[0].functions
    paths = [file.filename for file in files]
    place = {path: number for number, path in enumerate(paths)}
    if len(place) != len(paths) or not paths:
        raise DoubtError
    tallies = _wholes(files)
    at, lines, hits = _lines(files)
    branches = _arms(_columns([file.branches for file in files], 6, (0, 1, 4, 5)), len(files))
    regions, called = _functions(functions, place)
    found = (("branches", branches), ("regions", regions), ("conditions", _conditions(files)))
    items = {kind: sheet for kind, sheet in found if sheet is not None}
    sheet = Sheet(paths, at, lines, hits, None, items, called, tallies=tallies)
    return report.version, sheet, _unlike(sheet)


def _unlike(sheet: Sheet) -> list[str]:
    whole = sheet.tallies.get("lines")
    if whole is None:
        return []
    said = zip(whole.covered.tolist(), whole.total.tolist(), strict=True)
    ran = np.diff(np.append(0, np.cumsum(sheet.hits > 0))[sheet.at])
    found = zip(ran.tolist(), np.diff(sheet.at).tolist(), strict=True)
    has = np.diff(whole.at).tolist()
    rows = compress(zip(sheet.paths, found, strict=True), has)
    pairs = zip(rows, said, strict=True)
    return [words for (path, mine), its in pairs if (words := unlike(path, its, mine))]


def _wholes(files: list[_File]) -> dict[str, TallySheet]:
    found = {}
    for kind, word in (
        ("lines", "lines"), ("functions", "functions"), ("branches", "branches"), ("regions", "regions"), ("conditions", "mcdc"),
    ):  # fmt: skip
        counts = [getattr(file.summary, word) for file in files]
        total = np.array([each.count if each else 0 for each in counts], np.int64)
        covered = np.array([each.covered if each else 0 for each in counts], np.int64)
        if ((covered < 0) | (covered > total) | (total > MAX_COUNT)).any():
            raise DoubtError
        always = kind in ("lines", "functions", "regions")
        has = np.array([each is not None and bool(each.count or always) for each in counts], np.bool_)
        if has.any():
            found[kind] = TallySheet.of_wholes(has, covered, total)
    return found


def _chunks(raws: list[msgspec.Raw], least: int) -> Iterator[Rows]:
    """Yield the rows of some of the lists after the other."""
    waiting: list[msgspec.Raw] = []
    size = 0
    for number, raw in enumerate(raws):
        waiting.append(raw)
        size += memoryview(raw).nbytes
        if size >= _TOGETHER or number == len(raws) - 1:
            yield read_rows(waiting, least)
            waiting, size = [], 0


def _columns(
    raws: list[msgspec.Raw], least: int, numbers: tuple[int, ...], marks: tuple[int, ...] = ()
) -> tuple[Column, list[Column]]:
    """Return how many rows each list has, and columns of all rows, as narrow as may be: numbers, then marks."""
    counts: list[Column] = []
    parts: list[list[Column]] = []
    for rows in _chunks(raws, least):
        counts.append(rows.counts)
        parts.append([*map(narrowed, map(rows.numbers, numbers)), *map(rows.marks, marks)])
    if not parts:
        return np.zeros(0, np.int64), [np.zeros(0, np.int64) for _ in (*numbers, *marks)]
    return np.concatenate(counts), [np.concatenate(each) for each in zip(*parts, strict=True)]


def _lines(files: list[_File]) -> tuple[Column, Column, Column]:
    """Return where the lines of each file begin, the lines and their hits."""
    parts = [_lines_of(rows) for rows in _chunks([file.segments for file in files], 5)]
    sizes, lines, hits = map(np.concatenate, zip(*parts, strict=True))
    bare = np.array(
        [file.summary.lines is not None and bool(file.summary.lines.count) for file in files], np.bool_
    )
    if (bare & (sizes == 0)).any():
        raise DoubtError
    return np.append(0, np.cumsum(sizes)), lines, hits


def _lines_of(rows: Rows) -> tuple[Column, Column, Column]:
    """Return how many lines each file has, the lines and their hits: those of `LineCoverageStats`.

    A line is mapped where a count is in force at its start or a region begins on it. What is in force is the last segment of a line
    before it, also on all lines between; so each line with segments closes a run of lines that count up.
    """
    count_of_files = len(rows.counts)
    if not rows.starts.shape[1]:
        return np.zeros(count_of_files, np.int64), np.zeros(0, np.uint8), np.zeros(0, np.uint8)
    line, count = rows.numbers(0), rows.numbers(2)
    has_count, is_entry = rows.marks(3), rows.marks(4)
    is_gap = rows.marks(5) if len(rows.starts) > 5 else np.zeros(len(line), np.bool_)
    counts = rows.counts
    code = (np.repeat(np.arange(count_of_files), counts) << LINE_BITS) | line
    if line.min() < 1 or line.max() > MAX_LINE or (code[1:] < code[:-1]).any():
        raise DoubtError
    first = np.flatnonzero(np.diff(code, prepend=-1))
    here = code[first]
    begins_file = np.diff(here >> LINE_BITS, prepend=-1) != 0
    starts = has_count & is_entry
    counted = np.logical_or.reduceat(starts, first)
    skipped = ~has_count[first] & is_entry[first]
    most = np.maximum.reduceat(np.where(starts & ~is_gap, count, 0), first)
    in_force = has_count[first - 1] & ~begins_file
    wrapping = np.where(in_force, count[first - 1], 0)
    mapped = counted | (in_force & ~skipped)
    between = np.where(in_force, np.diff(here, prepend=here[0]) - 1, 0)
    sizes = between + mapped
    total = int(sizes.sum())
    if total > _MAX_MAPPED:
        raise DoubtError
    ends = np.cumsum(sizes)
    numbers = np.arange(total) + np.repeat(here - between - ends + sizes, sizes)
    hits = np.repeat(wrapping, sizes)
    hits[ends[mapped] - 1] = np.maximum(most, wrapping)[mapped]
    return np.diff(cuts(numbers, count_of_files)), narrowed(line_of(numbers)), narrowed(hits)


def _conditions(files: list[_File]) -> ItemSheet | None:
    """Return the conditions of the MC/DC records, of which there are few."""
    found: dict[tuple[int, int, str], int] = {}
    for number, file in enumerate(files):
        for record in file.mcdc_records:
            seen = next((part for part in record if isinstance(part, list)), None)
            plain = seen is not None and len(record) > 1 and type(record[0]) is int and type(record[1]) is int
            if seen is None or not plain or not 0 < record[0] <= MAX_LINE:
                raise DoubtError
            for nth, shown in enumerate(seen[:1000]):
                key = number, record[0], f"condition {nth + 1} of {len(seen)} at column {record[1]}"
                found[key] = found.get(key, 0) + (shown is True)
    if not found:
        return None
    order = sorted(found)
    at = np.searchsorted([number for number, _, _ in order], np.arange(len(files) + 1))
    lines, hits = np.array([line for _, line, _ in order]), np.array([found[key] for key in order])
    keys = Written([key for _, _, key in order].__getitem__, (np.arange(len(order)),))
    return ItemSheet(at, np.diff(at) > 0, narrowed(lines), keys, narrowed(hits))


def _arms(rows: tuple[Column, list[Column]], files: int) -> ItemSheet | None:
    counts, (line, column, true, false) = rows
    if not len(line):
        return None
    column = np.maximum(column.astype(np.int64) - 1, 0)
    code = (np.repeat(np.arange(files), counts) << LINE_BITS) | line
    both = np.repeat((0, 1), len(line))
    return _items(
        np.append(code, code),
        (both, np.append(column, column)),
        np.append(false, true),
        _arm,
        files,
        np.append(line, line),
    )


def _arm(line: int, way: int, column: int) -> str:
    return f"cond:{'true' if way else 'false'}@{line}:{column}"


def _region(line: int, column: int, end: int, end_column: int) -> str:
    return f"{line}:{column} to {end}:{end_column}"


def _items(
    code: Column,
    places: tuple[Column, ...],
    hits: Column,
    form: Callable[..., str],
    files: int,
    lines: Column,
) -> ItemSheet:
    """Return items by code (`columns.coded`) and place, sorted by their keys, which are texts: `10` comes before `2`."""
    if lines.min() < 1 or lines.max() > MAX_LINE:
        raise DoubtError
    if not (code[1:] > code[:-1]).all():
        order = np.lexsort([*map(_rank, places[::-1]), code])
        code, hits, places = code[order], hits[order], tuple(each[order] for each in places)
        first = np.zeros(len(code), np.bool_)
        first[:1] = True
        for each in (code, *places):
            first[1:] |= each[1:] != each[:-1]
        if not first.all():
            hits = added_up(np.cumsum(first) - 1, hits, int(np.count_nonzero(first)))
            code, places = code[first], tuple(each[first] for each in places)
    at = np.array(cuts(code, files))
    lines = line_of(code)
    keys = Written(form, (lines, *map(narrowed, places)), np.arange(len(lines), dtype=np.uint32))
    return ItemSheet(at, np.diff(at) > 0, narrowed(lines), keys, narrowed(hits))


def _rank(numbers: Column) -> Column:
    """Return what sorts as the numbers do when they are written."""
    if numbers.max() >= 10**_DIGITS:
        raise DoubtError
    digits = np.searchsorted(_TENS, numbers, side="right")
    return ((numbers * _SCALE[digits] << 3) | digits).astype(np.int32)


def _functions(
    functions: list[_Function], place: dict[str, int]
) -> tuple[ItemSheet | None, FunctionSheet | None]:
    """Return regions and functions; instances of a template are one function of one place."""
    if not all(function.filenames for function in functions):
        raise DoubtError
    counts, columns = _columns([function.regions for function in functions], 8, (0, 1, 2, 3, 4), (5, 7))
    try:
        owner = np.array([place[function.filenames[0]] for function in functions], np.int64)
    except KeyError as error:
        raise DoubtError from error
    if not functions or not counts.any():
        return None, None
    line, column, end, end_column, hits, expanded, kind = columns
    files = len(place)
    code = (np.repeat(owner, counts) << LINE_BITS) | line
    is_code = ~expanded & ~kind
    regions = None
    if is_code.any():
        places = column[is_code], end[is_code], end_column[is_code]
        regions = _items(code[is_code], places, hits[is_code], _region, files, line[is_code])
    first = (np.cumsum(counts) - counts)[counts > 0]
    found: dict[tuple[int, int, int], tuple[str, int, int]] = {}
    with_regions = [function for function, count in zip(functions, counts.tolist(), strict=True) if count]
    rows = zip(
        owner[counts > 0].tolist(),
        line[first].tolist(),
        column[first].tolist(),
        end[first].tolist(),
        strict=True,
    )
    for function, (file, start, at, end_line) in zip(with_regions, rows, strict=True):
        name, called, last = function.name, function.count, end_line
        if called < 0:
            raise DoubtError
        if ":" in name and "::" not in name:
            name = name.rpartition(":")[2]
        if old := found.get((file, start, at)):
            name, last, called = min(old[0], name), max(old[1], last), min(old[2] + called, MAX_HITS)
        found[file, start, at] = name, last, called
    named: dict[tuple[int, int, str], tuple[int, int]] = {}
    for (file, start, _), (name, last, called) in found.items():
        key = file, start, name if len(name) <= MAX_NAME else shortened(name)
        old_last, old_called = named.get(key, (0, 0))
        named[key] = max(last if last <= MAX_LINE else 0, old_last), min(called + old_called, MAX_HITS)
    order = sorted(named)
    at_file = np.searchsorted([file for file, _, _ in order], np.arange(files + 1))
    names = [name for _, _, name in order]
    starts, ends, calls = (
        np.array(each, np.int64)
        for each in (
            [start for _, start, _ in order],
            [named[key][0] for key in order],
            [named[key][1] for key in order],
        )
    )
    return regions, FunctionSheet(at_file, np.diff(at_file) > 0, lambda: names, starts, calls, ends)
