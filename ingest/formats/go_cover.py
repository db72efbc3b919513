"""Go cover profiles (`go test -coverprofile`). PURE.

Source: `golang.org/x/tools/cover`. A profile lists blocks of statements; with `-coverpkg` every test binary lists every block, so
blocks merge by (file, start, end) first: any for mode set, the sum for count and atomic. Statements are what Go counts. Lines are
derived, because a profile does not say where a statement stands: see `_derive`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from covdash.coverage.columns import LINE_BITS, added_up, cuts, line_of
from covdash.coverage.lines import MAX_HITS, MAX_LINE, Column, State
from covdash.coverage.report import MAX_LINES, LimitError, ReportBuilder
from covdash.coverage.sheets import ItemSheet, Sheet, Written, narrowed
from ingest import text_lines
from ingest.go_scan import MAX_BLOCK, scan
from ingest.octets import DoubtError
from ingest.parsing import Format, ParseError, Peek, Source

_MODE = re.compile(rb"mode: *(set|count|atomic)\s*$")
_BLOCK = re.compile(rb"(.+):(\d{1,9})\.(\d{1,9}),(\d{1,9})\.(\d{1,9}) (\d{1,9}) (-?\d{1,40})$")
_COLUMN_BITS = 63 - 18 - LINE_BITS
"""What is left by a line and the number of a file."""
_ONLY_A_BRACE = 2
"""A block that ends in this column or before ends with a line that holds its `}` alone."""
_TOGETHER = 100_000
"""Blocks whose lines are made at once."""
_SLOT_BITS, _MIX = 20, np.uint64(0x9E3779B97F4A7C15)
_KEY = "{}-{}.{}".format

_Part = tuple[Column, int, int]
"""Columns of blocks, and which of the blocks are meant."""


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Blocks, sorted by file and start: number of the file, the columns, and first and last place as one number."""

    files: Column
    columns: Column
    starts: Column
    ends: Column


def _matches(peek: Peek) -> str | None:
    first = peek.text.lstrip("\n\r ").partition("\n")[0].strip()
    return f"the first line is `{first}`" if peek.kind == "text" and _MODE.match(first.encode()) else None


class _Reader:
    """Collects the blocks of each file: parts of columns of first line, first column, last line, last column, statements and hits."""

    def __init__(self, report: ReportBuilder) -> None:
        self.report = report
        self.files: dict[bytes, list[_Part]] = {}
        self.adds = True
        self.lines = 0

    def block(self, data: bytes) -> None:
        """Read whole lines: all at once if they are plain records, else one by one."""
        if b"\0" in data:
            raise ParseError(
                "binary", "the file holds NUL bytes, so it is no cover profile", f"line {self.lines + 1}"
            )
        at = 0
        while data.startswith(b"mode:", at):
            end = data.find(b"\n", at) + 1 or len(data)
            self._one_by_one(data[at:end])
            at = end
        records = data[at:]
        try:
            blocks, rows = scan(records)
        except DoubtError:
            self._one_by_one(records)
            return
        self.lines += blocks.shape[1]
        for name, first, last in rows:
            self.files.setdefault(name, []).append((blocks, first, last))

    def _one_by_one(self, data: bytes) -> None:
        warnings = self.report.warnings
        found: dict[bytes, list[tuple[int, ...]]] = {}
        for line in data.splitlines():
            self.lines += 1
            record = line.strip()
            if block := _BLOCK.match(record):
                name, *numbers = block.groups()
                first, column, last, last_column, statements, hits = map(int, numbers)
                if not 1 <= first <= last <= MAX_LINE or last - first > MAX_BLOCK:
                    warnings.add("bad_line_number", f"line {self.lines}: block {first}..{last}")
                    continue
                if hits < 0:
                    warnings.add("negative_count", f"line {self.lines}: {hits}")
                hits = min(max(hits, 0), MAX_HITS)
                found.setdefault(name, []).append((first, column, last, last_column, statements, hits))
            elif record.startswith(b"mode:"):
                self._mode(record)
            elif record:
                warnings.add("bad_record", f"line {self.lines}: {text_lines.decode(record[:120], warnings)}")
        for name, rows in found.items():
            self.files.setdefault(name, []).append((np.array(rows, np.int64).T, 0, len(rows)))

    def _mode(self, record: bytes) -> None:
        mode = _MODE.match(record)
        if mode is None:
            said = record[:60].decode(errors="replace")
            raise ParseError(
                "malformed", f"`{said}`: the mode must be set, count or atomic", f"line {self.lines}"
            )
        self.adds = self.adds and mode[1] != b"set"

    def finish(self) -> None:
        """Add the files: what is done for each block is done for those of many files at once."""
        names: list[bytes] = []
        parts: list[_Part] = []
        ends: list[int] = []
        size = 0
        for name, own in self.files.items():
            names.append(name)
            parts += own
            for _, first, last in own:
                size += last - first
            ends.append(size)
            if size >= _TOGETHER:
                self._add(names, parts, ends)
                names, parts, ends, size = [], [], [], 0
        if names:
            self._add(names, parts, ends)
        self.files.clear()

    def _add(self, names: list[bytes], parts: list[_Part], ends: list[int]) -> None:
        """Add some files, whose blocks stand in `parts`, and end there at `ends`."""
        paths = [text_lines.decode(name, self.report.warnings) for name in names]
        at = np.array([0, *ends])
        found = self._merged(paths, np.repeat(np.arange(len(paths)), np.diff(at)), _joined(parts))
        at = np.searchsorted(found.files, np.arange(len(paths) + 1))
        if not self.adds:
            found.columns[5] = np.minimum(found.columns[5], 1)
        begins, lines, most, states = _derived(found, len(paths))
        first, column, last, last_column, statements, hits = _by_key(found)
        keys = Written(_KEY, (column, last, last_column))
        has = np.ones(len(paths), np.bool_)
        items = ItemSheet(at, has, first.astype(np.uint32), keys, narrowed(hits), narrowed(statements))
        self.report.sheet(
            Sheet(paths, begins, lines, narrowed(most), states, {"statements": items}, None, self.adds)
        )

    def _merged(self, paths: list[str], files: Column, blocks: Column) -> _Blocks:
        """Sort blocks by file and place, and join those of one place: their hits add."""
        starts, ends = _place(files, blocks[0], blocks[1]), _place(files, blocks[2], blocks[3])
        if (starts[1:] > starts[:-1]).all():
            return _Blocks(files, blocks, starts, ends)
        blocks = blocks.astype(np.int64)
        order = np.lexsort((ends, starts))
        files, blocks, starts, ends = files[order], blocks[:, order], starts[order], ends[order]
        first = np.ones(len(starts), np.bool_)
        first[1:] = (starts[1:] != starts[:-1]) | (ends[1:] != ends[:-1])
        group = np.cumsum(first) - 1
        joined: Column = blocks[:, first]
        other = np.flatnonzero(blocks[4] != joined[4][group])
        if len(other):
            line, _, _, _, statements, _ = blocks[:, other[0]].tolist()
            said = f"{statements} statements, before {joined[4][group[other[0]]]}"
            self.report.warnings.add(
                "bad_record", f"{paths[files[other[0]]]}, line {line}: {said}", len(other)
            )
        joined[5] = added_up(group, blocks[5], joined.shape[1])
        return _Blocks(files[first], joined, starts[first], ends[first])


def _joined(parts: list[_Part]) -> Column:
    """Return the blocks of all parts; parts that stand side by side are taken at once."""
    runs: list[_Part] = []
    for columns, first, last in parts:
        if runs and runs[-1][0] is columns and runs[-1][2] == first:
            runs[-1] = columns, runs[-1][1], last
        else:
            runs.append((columns, first, last))
    return np.concatenate([columns[:, first:last] for columns, first, last in runs], axis=1)


def _place(files: Column, line: Column, column: Column) -> Column:
    """Return file, line and column as one number; columns beyond two millions are one."""
    return (((files << LINE_BITS) | line) << _COLUMN_BITS) | np.minimum(column, (1 << _COLUMN_BITS) - 1)


def _by_key(found: _Blocks) -> Column:
    """Return the columns with the blocks that start on one line in the order of their keys, as `Outcomes` wants it."""
    files, blocks = found.files, found.columns
    crowded = np.flatnonzero((blocks[0, 1:] == blocks[0, :-1]) & (files[1:] == files[:-1]))
    if not len(crowded):
        return blocks
    order = np.arange(len(files))
    for run in np.split(crowded, np.flatnonzero(np.diff(crowded) > 1) + 1):
        here = slice(int(run[0]), int(run[-1]) + 2)
        keys = map(_KEY, *(column.tolist() for column in blocks[1:4, here]))
        order[here] = [number for _, number in sorted(zip(keys, order[here].tolist(), strict=True))]
    sorted_by_key: Column = blocks[:, order]
    return sorted_by_key


def _opening(starts: Column, ends: Column) -> Column:
    """Tell which blocks start where a block ends. Nearly always each starts behind the one before it, or right there."""
    in_turn = (starts[1:] > starts[:-1]).all() and (ends >= starts).all() and (ends[:-1] <= starts[1:]).all()
    if not in_turn:
        return _seen(starts, ends)
    found: Column = starts == ends
    found[1:] |= starts[1:] == ends[:-1]
    return found


def _seen(places: Column, among: Column) -> Column:
    """Tell which of `places` are `among` others. Most are not, which a table of one sign for each tells at once."""
    table = np.zeros((2, 1 << _SLOT_BITS), np.bool_)
    slots, others = _slot(places), _slot(among)
    table[0, slots] = table[1, others] = True
    seen: Column = table[1, slots]
    maybe = np.flatnonzero(seen)
    seen[maybe] = np.isin(places[maybe], among[table[0, others]], kind="sort")
    return seen


def _slot(places: Column) -> Column:
    slots: Column = (places.view(np.uint64) * _MIX >> np.uint64(64 - _SLOT_BITS)).view(np.int64)
    return slots


def _derived(found: _Blocks, number: int) -> tuple[Column, Column, Column, Column | None]:
    """Return where each of the `number` files begins, lines, their hits and states (None: those of the hits).

    A block covers its lines, a line shows the greatest count of its blocks, partial when some never ran. Two edges hold no statement
    of the block: the line where it only opens (the `{` at the end of `if n < 0 {` belongs to the block that ends there), and the line
    where it only closes (it ends at column 1 or 2, the `}`).
    """
    files, blocks = found.files, found.columns
    opens = _opening(found.starts, found.ends)
    some = blocks[4] > 0
    if some.all():
        some = slice(None)
    first, _, last, last_column, _, hits = blocks[:, some]
    files = files[some]
    several = last > first
    firsts = first.astype(np.int64) + (several & opens[some])
    lasts = np.maximum(firsts, last - (several & (last_column <= _ONLY_A_BRACE)))
    ends = np.cumsum(lasts - firsts + 1)
    if len(ends) and ends[-1] > MAX_LINES:
        raise LimitError(f"the blocks of the profile span more than {MAX_LINES} lines")
    lines, counts = _spans(firsts, lasts, ends), np.repeat(narrowed(hits), lasts - firsts + 1)
    if ((firsts[1:] > lasts[:-1]) | (files[1:] > files[:-1])).all():
        at: Column = np.append(0, ends)[np.searchsorted(files, np.arange(number + 1))]
        return at, narrowed(lines), counts, None
    numbers = (np.repeat(files, lasts - firsts + 1) << LINE_BITS) + lines
    order = np.argsort(numbers, kind="stable")
    numbers, counts = numbers[order], counts[order]
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    most, least = np.maximum.reduceat(counts, starts), np.minimum.reduceat(counts, starts)
    states = np.where(most == 0, State.MISSED, np.where(least == 0, State.PARTIAL, State.COVERED))
    numbers = numbers[starts]
    return np.array(cuts(numbers, number)), narrowed(line_of(numbers)), most, states.astype(np.uint8)


def _spans(firsts: Column, lasts: Column, ends: Column) -> Column:
    """Return the numbers from first to last of all spans, which end there at `ends`: counting up, restarted where a span begins."""
    steps = np.ones(ends[-1] if len(ends) else 0, np.uint32)
    steps[:1] = firsts[:1]
    # A step back is one around the whole circle of 32 bits.
    steps[ends[:-1]] = (firsts[1:] - lasts[:-1]).astype(np.uint32)
    spans: Column = np.cumsum(steps, dtype=np.uint32)
    return spans


def parse(source: Source, report: ReportBuilder) -> None:
    """Read a Go cover profile. Raises `ParseError`, `LimitError`."""
    report.producer = "go"
    reader = _Reader(report)
    for data in text_lines.blocks(source.chunks(), report.warnings):
        reader.block(data)
    reader.finish()


FORMAT = Format("go-cover", "Go cover profile", _matches, parse)
