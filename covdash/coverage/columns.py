"""Columns that grow while a report is read, and what becomes of duplicates in them: sums that saturate, greatest counts.

What has to be done for each file is done for many at once: a call of numpy costs as much for two hundred lines as for two.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import chain, pairwise

import numpy as np

from covdash.coverage.lines import MAX_HITS, Column, State, column

MAX_COUNT = 2**31 - 1
"""Greatest weight or tally that is kept."""
_ONE, _NONE = array("I", (1,)), array("q", (0,))
LINE_BITS = 24
"""`MAX_LINE` fits into them."""
_NO_STATES = column(), column(dtype=np.uint8)
_NEAR_THE_EDGE = float(2**62) * 1.9

Named = tuple[Column, tuple[str, ...], Column, Column]
"""Line, key, weight and hits of named items, sorted by (line, key), without duplicates."""


class Items:
    """Named items of one kind; duplicates of (line, key) add in the end."""

    __slots__ = ("hits", "keys", "lines", "weights")

    def __init__(self) -> None:
        """Start empty."""
        self.lines = array("I")
        self.keys: list[str] = []
        self.weights = array("I")
        self.hits = array("q")

    def add(self, line: int, key: str, weight: int, hits: int) -> None:
        """Add one item; too great numbers saturate."""
        self.lines.append(line)
        self.keys.append(key)
        self.weights.append(min(max(weight, 0), MAX_COUNT))
        self.hits.append(min(hits, MAX_HITS))

    def extend(self, lines: Column, keys: list[str], hits: Column, weights: Column | None = None) -> None:
        """Add many items, of weight 1 if nothing else is said."""
        self.lines.frombytes(lines.astype(np.uint32).tobytes())
        self.keys.extend(keys)
        if weights is None:
            self.weights.extend(_ONE * len(keys))
        else:
            self.weights.frombytes(np.minimum(weights, MAX_COUNT).astype(np.uint32).tobytes())
        self.hits.frombytes(hits.astype(np.int64).tobytes())

    def miss(self, lines: list[int], keys: list[str]) -> None:
        """Add many items of weight 1 that never ran."""
        self.lines.extend(lines)
        self.keys.extend(keys)
        self.weights.extend(_ONE * len(keys))
        self.hits.extend(_NONE * len(keys))


class Tallies:
    """Counts by line of one kind; of duplicates the greatest covered and the greatest total stay."""

    __slots__ = ("covered", "lines", "total")

    def __init__(self) -> None:
        """Start empty."""
        self.lines = array("I")
        self.covered = array("I")
        self.total = array("I")

    def add(self, line: int, covered: int, total: int) -> None:
        """Add one count."""
        self.lines.append(line)
        self.covered.append(covered)
        self.total.append(total)

    def extend(self, lines: Column, covered: Column, total: Column) -> None:
        """Add many counts."""
        self.lines.frombytes(lines.astype(np.uint32).tobytes())
        self.covered.frombytes(covered.astype(np.uint32).tobytes())
        self.total.frombytes(total.astype(np.uint32).tobytes())


def coded(lines: Sequence[Column]) -> Column:
    """Return the lines of many files as one column: number of the file << 24 | line. `cuts` takes it apart."""
    sizes = np.fromiter(map(len, lines), np.int64, len(lines))
    files = np.repeat(np.arange(len(lines), dtype=np.int64) << LINE_BITS, sizes)
    return files + np.concatenate(lines) if lines else files


def line_of(code: Column) -> Column:
    """Return the lines of a coded column."""
    lines: Column = (code & ((1 << LINE_BITS) - 1)).astype(np.uint32)
    return lines


def cuts(code: Column, files: int) -> list[int]:
    """Return where each of the `files` begins in the sorted column `code`, and where the last one ends."""
    return [int(at) for at in np.searchsorted(code, np.arange(files + 1, dtype=np.int64) << LINE_BITS)]


def items_of(parts: Sequence[Items]) -> list[Named]:
    """Return the columns of each file in order: duplicates with the sum of their hits and the greatest of their weights."""
    code = coded([np.frombuffer(part.lines, np.uint32) for part in parts])
    weight = np.concatenate([np.frombuffer(part.weights, np.uint32) for part in parts])
    hits = np.concatenate([np.frombuffer(part.hits, np.int64) for part in parts])
    keys = list(chain.from_iterable(part.keys for part in parts))
    if not in_order(code):
        names = sorted(set(keys))
        rank = {name: index for index, name in enumerate(names)}
        ranks = np.fromiter(map(rank.__getitem__, keys), np.int64, count=len(keys))
        order = np.lexsort((ranks, code))
        code, ranks, weight, hits = code[order], ranks[order], weight[order], hits[order]
        first = np.ones(len(code), np.bool_)
        first[1:] = (code[1:] != code[:-1]) | (ranks[1:] != ranks[:-1])
        if not first.all():
            starts = np.flatnonzero(first)
            hits = added_up(np.cumsum(first) - 1, hits, len(starts))
            weight = np.maximum.reduceat(weight, starts)
            code, ranks = code[first], ranks[first]
        keys = list(map(names.__getitem__, ranks.tolist()))
    line = line_of(code)
    return [
        (line[a:z], tuple(keys[a:z]), weight[a:z], hits[a:z]) for a, z in pairwise(cuts(code, len(parts)))
    ]


def tallies_of(parts: Sequence[Tallies]) -> list[tuple[Column, Column, Column]]:
    """Return line, covered and total of each file, sorted by line, without duplicates."""
    code = coded([np.frombuffer(part.lines, np.uint32) for part in parts])
    covered = np.concatenate([np.frombuffer(part.covered, np.uint32) for part in parts])
    total = np.concatenate([np.frombuffer(part.total, np.uint32) for part in parts])
    if not in_order(code):
        code, inverse = np.unique(code, return_inverse=True)
        greatest = np.zeros((2, len(code)), np.uint32)
        np.maximum.at(greatest[0], inverse, covered)
        np.maximum.at(greatest[1], inverse, total)
        covered, total = greatest
    line = line_of(code)
    return [(line[a:z], covered[a:z], total[a:z]) for a, z in pairwise(cuts(code, len(parts)))]


def lines_of(
    parts: Sequence[tuple[Column, Column]],
    stated: Sequence[tuple[Column, Column] | None],
    greatest: Sequence[bool],
) -> list[tuple[Column, Column, Column]]:
    """Return lines (sorted, unique), hits and states of each file.

    `parts` are lines and hits as they came, `stated` lines and states where the format knows them, `greatest` says which files take
    the greatest of several hits, not their sum.
    """
    code, hits = joined_up(
        coded([numbers for numbers, _ in parts]),
        np.concatenate([each for _, each in parts]),
        np.fromiter(greatest, np.bool_, len(parts)),
    )
    states = (hits > 0).astype(np.uint8) * np.uint8(State.COVERED)
    said = [each or _NO_STATES for each in stated]
    if any(len(numbers) for numbers, _ in said):
        known, by_format = states_of(
            coded([numbers for numbers, _ in said]), np.concatenate([each for _, each in said])
        )
        states[np.searchsorted(code, known)] = by_format
        states[(hits > 0) & (states == State.MISSED)] = State.COVERED
    line = line_of(code)
    return [(line[a:z], hits[a:z], states[a:z]) for a, z in pairwise(cuts(code, len(parts)))]


def in_order(numbers: Column) -> bool:
    """Say whether `numbers` are sorted without duplicates."""
    return bool((numbers[1:] > numbers[:-1]).all())


def joined_up(code: Column, hits: Column, greatest: Column) -> tuple[Column, Column]:
    """Return codes, sorted and unique, with the sum of their hits, or the greatest where the file wants that."""
    if in_order(code):
        return code, hits
    codes, inverse = np.unique(code, return_inverse=True)
    if len(codes) == len(code):
        joined = np.empty(len(codes), np.int64)
        joined[inverse] = hits
        return codes, joined
    joined = added_up(inverse, hits, len(codes))
    if greatest.any():
        most = np.zeros(len(codes), np.int64)
        np.maximum.at(most, inverse, hits)
        joined = np.where(greatest[codes >> LINE_BITS], most, joined)
    return codes, joined


def states_of(code: Column, states: Column) -> tuple[Column, Column]:
    """Return codes, sorted and unique, with the one state that all say of them; where they differ, partial."""
    if in_order(code):
        return code, states
    codes, inverse = np.unique(code, return_inverse=True)
    least, most = np.full(len(codes), np.uint8(State.COVERED)), np.zeros(len(codes), np.uint8)
    np.minimum.at(least, inverse, states)
    np.maximum.at(most, inverse, states)
    return codes, np.where(least == most, most, np.uint8(State.PARTIAL))


def added_up(group: Column, hits: Column, length: int) -> Column:
    """Sum `hits` by `group` (0..length-1); sums beyond 2^63-1 saturate.

    Floats decide which groups are near the edge, integers do the sum.
    """
    rough = np.bincount(group, weights=hits.astype(np.float64), minlength=length)
    with np.errstate(over="ignore"):
        summed = np.zeros(length, np.int64)
        np.add.at(summed, group, hits)
    summed[rough > _NEAR_THE_EDGE] = MAX_HITS
    return summed
