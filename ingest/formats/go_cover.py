"""Go cover profiles (`go test -coverprofile`). PURE.

Source: `golang.org/x/tools/cover`. A profile lists blocks of statements; with `-coverpkg` every test binary lists every block, so
blocks merge by (file, start, end) first: any for mode set, the sum for count and atomic. Statements are what Go counts. Lines are
derived, because a profile does not say where a statement stands: see `_derive`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from covdash.coverage.building import FileBuilder
from covdash.coverage.lines import MAX_HITS, MAX_LINE, State
from covdash.coverage.report import ReportBuilder
from ingest.parsing import Format, ParseError, Peek, Source

_MODE = re.compile(rb"mode: *(set|count|atomic)\s*$")
_BLOCK = re.compile(rb"(.+):(\d{1,9})\.(\d{1,9}),(\d{1,9})\.(\d{1,9}) (\d{1,9}) (-?\d{1,40})$")
_MAX_RECORD = 1024 * 1024
_MAX_BLOCK = 100_000
"""Lines that one block may span: a greater span is no Go function, and would make lines out of nothing."""


@dataclass(slots=True)
class _Block:
    first: int
    first_column: int
    last: int
    last_column: int
    statements: int
    hits: int


def _matches(peek: Peek) -> str | None:
    first = peek.text.lstrip("\n\r ").partition("\n")[0]
    return f"the first line is `{first.strip()[:40]}`" if _MODE.match(first.encode()) else None


def _parse(source: Source, report: ReportBuilder) -> None:
    report.producer = "go"
    files: dict[bytes, dict[tuple[int, ...], _Block]] = {}
    adds = True
    for number, record in _records(source):
        if record.startswith(b"mode:"):
            mode = _MODE.match(record)
            if mode is None:
                raise ParseError(
                    "malformed", f"the mode is not set, count or atomic: {record[:60]!r}", f"line {number}"
                )
            adds = adds and mode[1] != b"set"
        elif found := _BLOCK.match(record):
            _add(files.setdefault(found[1], {}), tuple(map(int, found.groups()[1:])), number, report)
        else:
            report.warnings.add("bad_record", f"line {number}: {record[:120].decode(errors='replace')}")
    for name, merged in files.items():
        file = report.file(_path(name, report))
        file.counted = adds
        file.measures("statements")
        blocks = sorted(merged.values(), key=lambda block: (block.first, block.first_column))
        for block in blocks:
            if not adds:
                block.hits = min(block.hits, 1)
            key = f"{block.first_column}-{block.last}.{block.last_column}"
            file.named("statements", block.first, key, block.hits, weight=block.statements)
        _derive(blocks, file)


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


def _derive(blocks: list[_Block], file: FileBuilder) -> None:
    """Make lines of blocks: a block covers its lines, a line shows the greatest count of its blocks, partial when some never ran.

    Two edges hold no statement of the block: the line where it only opens (the `{` at the end of `if n < 0 {` belongs to the block
    that ends there), and the line where it only closes (it ends at column 1 or 2, the `}`).
    """
    ends = {(block.last, block.last_column) for block in blocks}
    seen: dict[int, list[int]] = {}
    for block in blocks:
        if not block.statements:
            continue
        opens = (block.first, block.first_column) in ends and block.last > block.first
        first = block.first + 1 if opens else block.first
        last = block.last - 1 if block.last_column <= 2 and block.last > block.first else block.last
        for line in range(first, max(first, last) + 1):
            seen.setdefault(line, []).append(block.hits)
    for line, counts in seen.items():
        greatest = max(counts)
        state = State.PARTIAL if greatest and not min(counts) else State.COVERED if greatest else State.MISSED
        file.line(line, greatest, state)


def _records(source: Source) -> Iterator[tuple[int, bytes]]:
    number, rest = 0, b""
    for chunk in source.chunks():
        lines = (rest + chunk).split(b"\n")
        rest = lines.pop()
        if len(rest) > _MAX_RECORD:
            raise ParseError(
                "too_large", f"a line is longer than {_MAX_RECORD} bytes", f"line {number + len(lines) + 1}"
            )
        for line in lines:
            number += 1
            if record := line.strip():
                yield number, record
    if record := rest.strip():
        yield number + 1, record


def _path(name: bytes, report: ReportBuilder) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError:
        report.warnings.add("bad_encoding", f"file name {name[:100]!r} is not UTF-8")
        return name.decode("latin-1")


FORMAT = Format("go-cover", "Go cover profile", _matches, _parse)
