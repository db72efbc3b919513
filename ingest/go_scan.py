r"""Go cover profiles by columns: a stretch of plain records at once. PURE. All else raises `DoubtError` and is read line by line.

    record = path ":" line "." column "," line "." column " " statements " " hits "\n"

One `:`, and numbers of at most seven digits that nothing else stands between; the ranges are those of `go_cover`. Records of one
file stand in a row. Where a row ends is guessed from the length and the last bytes of the paths, then each row is counted by its path:
all of its records start with it, or there is a doubt.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from covdash.coverage.lines import MAX_LINE, Column
from ingest.octets import DoubtError, Octets, digits, lanes

MAX_BLOCK = 100_000
"""Lines that one block may span: a greater span is no Go function, and would make lines out of nothing."""
_BETWEEN = ".,.  \n"
"""What stands behind each number of a record."""


def scan(data: bytes) -> tuple[Column, list[tuple[bytes, int, int]]]:
    """Return six columns of numbers, and path, first record and the one behind the last of each row. Raises `DoubtError`."""
    if not data:
        return np.empty((len(_BETWEEN), 0), np.uint32), []
    text = Octets(data)
    ends, colons = text.places("\n"), text.places(":")
    begins = np.empty_like(ends)
    begins[:1], begins[1:] = 0, ends[:-1] + 1
    if (
        not data.endswith(b"\n")
        or len(colons) != len(ends)
        or (colons <= begins).any()
        or (colons >= ends).any()
    ):
        raise DoubtError
    blocks = np.empty((len(_BETWEEN), len(ends)), np.uint32)
    at = colons
    for number in range(0, len(_BETWEEN), 2):
        blocks[number], blocks[number + 1], at = _two_numbers(text, at + 1, *_BETWEEN[number : number + 2])
    if (at != ends).any():
        raise DoubtError
    first, last = blocks[0], blocks[2]
    if first.min() < 1 or last.max() > MAX_LINE or (last < first).any() or (last - first).max() > MAX_BLOCK:
        raise DoubtError
    return blocks, _rows(text, begins, colons)


def _two_numbers(text: Octets, at: Column, between: str, behind: str) -> tuple[Column, Column, Column]:
    """Return the two numbers that begin at each place, and where they end."""
    first, second, end, right = lanes(text, at, between)
    if not right.all():
        wide = np.flatnonzero(~right)
        first[wide], middle, fine = digits(text, at[wide])
        second[wide], end[wide], also = digits(text, middle + 1)
        if not (fine & also & (text.octets[middle] == ord(between))).all():
            raise DoubtError
    if (text.octets[end] != ord(behind)).any():
        raise DoubtError
    return first, second, end


def _rows(text: Octets, begins: Column, colons: Column) -> list[tuple[bytes, int, int]]:
    size = colons - begins
    tail = text.words[np.maximum(colons - 8, 0)]
    tail[size < 8] = 0
    changes = (size[1:] != size[:-1]) | (tail[1:] != tail[:-1])
    cuts = np.concatenate(([0], np.flatnonzero(changes) + 1, [len(size)]))
    places = np.append(begins, len(text.data))[cuts].tolist()
    sizes = size[cuts[:-1]].tolist()
    data = text.data
    found = []
    for (a, z), (first, last), length in zip(pairwise(cuts.tolist()), pairwise(places), sizes, strict=True):
        path = data[first : first + length]
        if z - a > 1 and data.count(b"\n%b:" % path, first, last) != z - a - 1:
            raise DoubtError
        found.append((path, a, z))
    return found
