r"""Go cover profiles by columns: a stretch of plain records at once. PURE. All else raises `DoubtError` and is read line by line.

    record = path ":" line "." column "," line "." column " " statements " " hits "\n"

No carriage return, no space before the path, and numbers of at most seven digits that nothing else stands between; the ranges are
those of `go_cover`. Numbers are read backwards from the end of the line. Records of one file stand in a row: their paths, of at most
1,000 bytes, are compared byte by byte.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from covdash.coverage.lines import MAX_LINE, Column
from ingest.octets import STRETCH, DoubtError, Octets, numbers_before

MAX_BLOCK = 100_000
"""Lines that one block may span: a greater span is no Go function, and would make lines out of nothing."""
_WORD = 8
_LONGEST = 1000
"""Bytes of a path that is compared word by word."""
_BEFORE = b"  .,.:"
"""What stands before each number of a record, from the last one to the first."""


def scan(data: bytes) -> tuple[Column, list[tuple[bytes, int, int]]]:
    """Return six columns of numbers, and path, first record and the one behind the last of each row. Raises `DoubtError`."""
    if not data:
        return np.empty((len(_BEFORE), 0), np.uint32), []
    text = Octets(data)
    lines = text.lines()
    begins, ends = lines[:-1], lines[1:]
    if not data.endswith(b"\n") or b"\r" in data:
        raise DoubtError
    blocks = np.empty((len(_BEFORE), len(ends)), np.uint32)
    at = ends
    for number, sign in enumerate(_BEFORE):
        blocks[-1 - number], size, right = numbers_before(text, at, sign)
        if not right.all():
            raise DoubtError
        at = at - size - 1
    at -= 1
    if (at <= begins).any() or (text.octets.take(begins) <= ord(" ")).any():
        raise DoubtError
    first, last = blocks[0], blocks[2]
    if first.min() < 1 or last.max() > MAX_LINE or (last < first).any() or (last - first).max() > MAX_BLOCK:
        raise DoubtError
    return blocks, _rows(text, begins, at)


def _rows(text: Octets, begins: Column, colons: Column) -> list[tuple[bytes, int, int]]:
    """Return path, first record and the one behind the last of each row of records with one path: not one byte of it differs."""
    size = colons - begins
    if size.max() > _LONGEST:
        raise DoubtError
    tail = text.ending(colons)
    short = np.flatnonzero(size < _WORD)
    tail[short] >>= ((_WORD - size[short]) << 3).astype(np.uint64)
    changes = (size[1:] != size[:-1]) | (tail[1:] != tail[:-1])
    # The words before the last one, of the paths that have so many.
    most = int(size.max()) - 1 & -_WORD
    for offset in range(0, most, STRETCH):
        at = np.minimum(begins + offset, colons) if offset else begins
        words = text.stretch(at, min(STRETCH, most - offset))
        differ = words[1:] != words[:-1]
        for index in range(words.shape[1]):
            changes |= differ[:, index] & (size[1:] > offset + (index + 1) * _WORD)
    cuts = np.append(0, np.flatnonzero(changes) + 1)
    paths = zip(begins[cuts].tolist(), colons[cuts].tolist(), strict=True)
    rows = pairwise([*cuts.tolist(), len(size)])
    return [(text.data[first:last], a, z) for (first, last), (a, z) in zip(paths, rows, strict=True)]
