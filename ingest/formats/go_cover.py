"""Go cover profiles (`go test -coverprofile`). PURE.

Source: `golang.org/x/tools/cover`. A profile lists blocks of statements; with `-coverpkg` every test binary lists every block, so
blocks merge by (file, start, end) first: any for mode set, the sum for count and atomic. Statements are what Go counts. Lines are
derived, because a profile does not say where a statement stands: see `_derive`.
"""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np

from covdash.coverage.columns import LINE_BITS, added_up, cuts, line_of
from covdash.coverage.lines import MAX_HITS, MAX_LINE, Column, State
from covdash.coverage.report import MAX_LINES, LimitError, ReportBuilder
from ingest import text_lines
from ingest.octets import DoubtError, Octets
from ingest.parsing import Format, ParseError, Peek, Source

_MODE = re.compile(rb"mode: *(set|count|atomic)\s*$")
_BLOCK = re.compile(rb"(.+):(\d{1,9})\.(\d{1,9}),(\d{1,9})\.(\d{1,9}) (\d{1,9}) (-?\d{1,40})$")
_MAX_BLOCK = 100_000
"""Lines that one block may span: a greater span is no Go function, and would make lines out of nothing."""
_DIGITS = 9
_COLUMN_BITS = 63 - 18 - LINE_BITS
"""What is left by a line and the number of a file."""
_SIGNS = b".,.  \n"
"""What stands between the numbers of a record."""
_IS_SIGN = np.isin(np.arange(256), np.frombuffer(_SIGNS, np.uint8))
_ONLY_A_BRACE = 2
"""A block that ends in this column or before ends with a line that holds its `}` alone."""


def _matches(peek: Peek) -> str | None:
    first = peek.text.lstrip("\n\r ").partition("\n")[0].strip()
    return f"the first line is `{first}`" if peek.kind == "text" and _MODE.match(first.encode()) else None


class _Reader:
    """Collects the blocks of each file: columns of first line, first column, last line, last column, statements and hits."""

    def __init__(self, report: ReportBuilder) -> None:
        self.report = report
        self.files: dict[bytes, list[Column]] = {}
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
            runs = _scanned(records)
        except DoubtError:
            self._one_by_one(records)
            return
        self.lines += records.count(b"\n")
        for name, columns in runs:
            self.files.setdefault(name, []).append(columns)

    def _one_by_one(self, data: bytes) -> None:
        warnings = self.report.warnings
        found: dict[bytes, list[tuple[int, ...]]] = {}
        for line in data.splitlines():
            self.lines += 1
            record = line.strip()
            if block := _BLOCK.match(record):
                name, *numbers = block.groups()
                first, column, last, last_column, statements, hits = map(int, numbers)
                if not 1 <= first <= last <= MAX_LINE or last - first > _MAX_BLOCK:
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
            self.files.setdefault(name, []).append(np.array(rows, np.int64).T)

    def _mode(self, record: bytes) -> None:
        mode = _MODE.match(record)
        if mode is None:
            said = record[:60].decode(errors="replace")
            raise ParseError(
                "malformed", f"`{said}`: the mode must be set, count or atomic", f"line {self.lines}"
            )
        self.adds = self.adds and mode[1] != b"set"

    def finish(self) -> None:
        """Add the files: everything that is done for each block is done for those of all files at once."""
        if not self.files:
            return
        sizes = [sum(part.shape[1] for part in parts) for parts in self.files.values()]
        paths = [text_lines.decode(name, self.report.warnings) for name in self.files]
        blocks = np.concatenate([part for parts in self.files.values() for part in parts], axis=1)
        self.files.clear()
        files, blocks = self._merged(paths, np.repeat(np.arange(len(sizes)), sizes), blocks)
        if not self.adds:
            blocks[5] = np.minimum(blocks[5], 1)
        first, column, last, last_column, statements, hits = blocks
        rows = zip(column.tolist(), last.tolist(), last_column.tolist(), strict=True)
        keys = [f"{a}-{line}.{z}" for a, line, z in rows]
        lines, most, states = _derived(files, blocks)
        at = np.searchsorted(files, np.arange(len(paths) + 1)).tolist()
        cut = cuts(lines, len(paths))
        lines = line_of(lines)
        for number, path in enumerate(paths):
            file = self.report.file(path)
            file.counted = self.adds
            file.measures("statements")
            here, of_file = slice(*at[number : number + 2]), slice(*cut[number : number + 2])
            file.many_named("statements", first[here], keys[here], hits[here], statements[here])
            file.lines(lines[of_file], most[of_file], states[of_file])

    def _merged(self, paths: list[str], files: Column, blocks: Column) -> tuple[Column, Column]:
        """Join blocks of one place: their hits add."""
        starts, ends = _place(files, blocks[0], blocks[1]), _place(files, blocks[2], blocks[3])
        if (starts[1:] > starts[:-1]).all():
            return files, blocks
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
        return files[first], joined


def _scanned(data: bytes) -> list[tuple[bytes, Column]]:
    """Return the records by runs of one path. Raises `DoubtError` if they are not all plain."""
    if not data:
        return []
    if not data.endswith(b"\n") or b"\r" in data:
        raise DoubtError
    text = Octets(data)
    ends, colons = text.places("\n"), text.places(":")
    begins = np.append(0, ends[:-1] + 1)
    signs = np.flatnonzero(_IS_SIGN[text.octets[: len(data)]])
    before = np.searchsorted(colons, ends) - 1
    if not len(colons) or before.min() < 0:
        raise DoubtError
    colon = colons[before]
    which = np.searchsorted(signs, colon)
    if (colon <= begins).any() or which.max() + len(_SIGNS) > len(signs):
        raise DoubtError
    edges = signs[which + np.arange(len(_SIGNS))[:, None]]
    if (edges[-1] != ends).any() or (text.octets[edges] != np.frombuffer(_SIGNS, np.uint8)[:, None]).any():
        raise DoubtError
    blocks = np.array([text.numbers(a + 1, z) for a, z in zip([colon, *edges], edges, strict=False)])
    sizes = np.diff(np.vstack((colon, edges)), axis=0)
    spans = blocks[2] - blocks[0]
    if sizes[:-1].max() > _DIGITS + 1 or blocks[0].min() < 1 or blocks[2].max() > MAX_LINE:
        raise DoubtError
    if spans.min() < 0 or spans.max() > _MAX_BLOCK:
        raise DoubtError
    cuts = [*_changes(text, begins, colon), len(ends)]
    return [(data[begins[a] : colon[a]], blocks[:, a:z]) for a, z in pairwise(cuts)]


def _changes(text: Octets, begins: Column, ends: Column) -> list[int]:
    """Return the numbers of the records whose path, between `begins` and `ends`, is not that of the record before."""
    size = ends - begins
    same = np.append(False, size[1:] == size[:-1])
    for offset in range(0, int(size.max()), 8):
        here = np.flatnonzero(same & (size > offset))
        unused = (8 * np.maximum(offset + 8 - size[here], 0)).astype(np.uint64)
        differs = (text.words[begins[here] + offset] ^ text.words[begins[here - 1] + offset]) << unused
        same[here[differs != 0]] = False
    return np.flatnonzero(~same).tolist()


def _place(files: Column, line: Column, column: Column) -> Column:
    """Return file, line and column as one number; columns beyond two millions are one."""
    return (((files << LINE_BITS) | line) << _COLUMN_BITS) | np.minimum(column, (1 << _COLUMN_BITS) - 1)


def _derived(files: Column, blocks: Column) -> tuple[Column, Column, Column]:
    """Return the lines of blocks, coded with their file (`columns.coded`), their hits and states.

    A block covers its lines, a line shows the greatest count of its blocks, partial when some never ran. Two edges hold no statement
    of the block: the line where it only opens (the `{` at the end of `if n < 0 {` belongs to the block that ends there), and the line
    where it only closes (it ends at column 1 or 2, the `}`).
    """
    opens = np.isin(_place(files, blocks[0], blocks[1]), _place(files, blocks[2], blocks[3]))
    some = blocks[4] > 0
    first, _, last, last_column, _, hits = blocks[:, some]
    several = last > first
    firsts = first + (several & opens[some])
    sizes = np.maximum(firsts, last - (several & (last_column <= _ONLY_A_BRACE))) - firsts + 1
    total = int(sizes.sum())
    if total > MAX_LINES:
        raise LimitError(f"the blocks of the profile span more than {MAX_LINES} lines")
    # Every line of every block: counting up, restarted where a block starts.
    firsts |= files[some] << LINE_BITS
    numbers = np.arange(total) + np.repeat(firsts - (np.cumsum(sizes) - sizes), sizes)
    counts = np.repeat(hits, sizes)
    if (np.diff(numbers) < 0).any():
        order = np.argsort(numbers, kind="stable")
        numbers, counts = numbers[order], counts[order]
    if not total:
        return numbers, counts, counts
    lines = np.flatnonzero(np.diff(numbers, prepend=-1))
    most, least = np.maximum.reduceat(counts, lines), np.minimum.reduceat(counts, lines)
    states = np.where(most == 0, State.MISSED, np.where(least == 0, State.PARTIAL, State.COVERED))
    return numbers[lines], most, states


def parse(source: Source, report: ReportBuilder) -> None:
    """Read a Go cover profile. Raises `ParseError`, `LimitError`."""
    report.producer = "go"
    reader = _Reader(report)
    for data in text_lines.blocks(source.chunks(), report.warnings):
        reader.block(data)
    reader.finish()


FORMAT = Format("go-cover", "Go cover profile", _matches, parse)
