"""Go cover profiles (`go test -coverprofile`). PURE.

Source: `golang.org/x/tools/cover`. A profile lists blocks of statements; with `-coverpkg` every test binary lists every block, so
blocks merge by (file, start, end) first: any for mode set, the sum for count and atomic. Statements are what Go counts. Lines are
derived, because a profile does not say where a statement stands: see `_derive`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from covdash.coverage.building import FileBuilder
from covdash.coverage.lines import MAX_HITS, MAX_LINE, State
from covdash.coverage.report import MAX_LINES, LimitError, ReportBuilder
from ingest import text_lines
from ingest.parsing import Format, ParseError, Peek, Source

_MODE = re.compile(rb"mode: *(set|count|atomic)\s*$")
_BLOCK = re.compile(rb"(.+):(\d{1,9})\.(\d{1,9}),(\d{1,9})\.(\d{1,9}) (\d{1,9}) (-?\d{1,40})$")
_MAX_BLOCK = 100_000
"""Lines that one block may span: a greater span is no Go function, and would make lines out of nothing."""
_ONLY_A_BRACE = 2
"""A block that ends in this column or before ends with a line that holds its `}` alone."""


@dataclass(slots=True)
class _Block:
    first: int
    first_column: int
    last: int
    last_column: int
    statements: int
    hits: int


def _matches(peek: Peek) -> str | None:
    first = peek.text.lstrip("\n\r ").partition("\n")[0].strip()
    return f"the first line is `{first}`" if peek.kind == "text" and _MODE.match(first.encode()) else None


def parse(source: Source, report: ReportBuilder) -> None:
    """Read a Go cover profile. Raises `ParseError`, `LimitError`."""
    report.producer = "go"
    files: dict[bytes, dict[tuple[int, ...], _Block]] = {}
    adds, number = True, 0
    for data in text_lines.blocks(source.chunks(), report.warnings):
        if b"\0" in data:
            raise ParseError(
                "binary", "the file holds NUL bytes, so it is no cover profile", f"line {number + 1}"
            )
        for line in data.splitlines():
            number += 1
            record = line.strip()
            if found := _BLOCK.match(record):
                _add(files.setdefault(found[1], {}), tuple(map(int, found.groups()[1:])), number, report)
            elif record.startswith(b"mode:"):
                mode = _MODE.match(record)
                if mode is None:
                    said = record[:60].decode(errors="replace")
                    raise ParseError(
                        "malformed", f"`{said}`: the mode must be set, count or atomic", f"line {number}"
                    )
                adds = adds and mode[1] != b"set"
            elif record:
                said = text_lines.decode(record[:120], report.warnings)
                report.warnings.add("bad_record", f"line {number}: {said}")
    derived = 0
    for name, merged in files.items():
        file = report.file(text_lines.decode(name, report.warnings))
        derived += _add_file(list(merged.values()), file, adds=adds)
        if derived > MAX_LINES:
            raise LimitError(f"the blocks of the profile span more than {MAX_LINES} lines")


def _add(
    blocks: dict[tuple[int, ...], _Block], found: tuple[int, ...], number: int, report: ReportBuilder
) -> None:
    """Add one record to the blocks of its file."""
    first, first_column, last, last_column, statements, hits = found
    if not 1 <= first <= last <= MAX_LINE or last - first > _MAX_BLOCK:
        report.warnings.add("bad_line_number", f"line {number}: block {first}..{last}")
        return
    if hits < 0:
        report.warnings.add("negative_count", f"line {number}: {hits}")
    block = blocks.get(found[:4])
    if block is None:
        block = blocks[found[:4]] = _Block(first, first_column, last, last_column, statements, 0)
    elif block.statements != statements:
        report.warnings.add(
            "bad_record", f"line {number}: {statements} statements, before {block.statements}"
        )
    block.hits = min(block.hits + max(hits, 0), MAX_HITS)


def _add_file(blocks: list[_Block], file: FileBuilder, *, adds: bool) -> int:
    """Add the blocks of one file; return how many lines they span in all."""
    file.counted = adds
    file.measures("statements")
    for block in blocks:
        if not adds:
            block.hits = min(block.hits, 1)
        key = f"{block.first_column}-{block.last}.{block.last_column}"
        file.named("statements", block.first, key, block.hits, weight=block.statements)
    return _derive(blocks, file)


def _derive(blocks: list[_Block], file: FileBuilder) -> int:
    """Make lines of blocks: a block covers its lines, a line shows the greatest count of its blocks, partial when some never ran.

    Two edges hold no statement of the block: the line where it only opens (the `{` at the end of `if n < 0 {` belongs to the block
    that ends there), and the line where it only closes (it ends at column 1 or 2, the `}`). Returns how many lines were spanned.
    """
    ends = {(block.last, block.last_column) for block in blocks}
    spans: list[tuple[int, int, int]] = []
    for block in blocks:
        if not block.statements:
            continue
        several = block.last > block.first
        first = block.first + 1 if several and (block.first, block.first_column) in ends else block.first
        last = block.last - 1 if several and block.last_column <= _ONLY_A_BRACE else block.last
        spans.append((first, max(first, last), block.hits))
    if not spans:
        return 0
    firsts, lasts, hits = np.array(spans, np.int64).T
    sizes = lasts - firsts + 1
    total = int(sizes.sum())
    if total > MAX_LINES:
        raise LimitError(f"the blocks of one file span more than {MAX_LINES} lines")
    # Every line of every block: counting up, restarted where a block starts.
    numbers = np.arange(total) + np.repeat(firsts - (np.cumsum(sizes) - sizes), sizes)
    counts = np.repeat(hits, sizes)
    order = np.argsort(numbers, kind="stable")
    numbers, counts = numbers[order], counts[order]
    starts = np.flatnonzero(np.diff(numbers, prepend=0))
    most, least = np.maximum.reduceat(counts, starts), np.minimum.reduceat(counts, starts)
    states = np.where(most == 0, State.MISSED, np.where(least == 0, State.PARTIAL, State.COVERED))
    file.lines(numbers[starts], most, states)
    return total


FORMAT = Format("go-cover", "Go cover profile", _matches, parse)
