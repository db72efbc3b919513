"""Columns that grow while a report is read, and what becomes of duplicates in them: sums that saturate, greatest counts."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

import numpy as np

from covdash.coverage.lines import MAX_HITS, Column, State, column

MAX_COUNT = 2**31 - 1
"""Greatest weight or tally that is kept."""
_ONE, _NONE = array("I", (1,)), array("q", (0,))
_NEAR_THE_EDGE = float(2**62) * 1.9

Named = tuple[Column, tuple[str, ...], Column, Column]
"""Line, key, weight and hits of named items, sorted by (line, key), without duplicates."""


class Items:
    """Named items of one kind; duplicates of (line, key) add when they are built."""

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

    def extend(self, lines: Column, keys: list[str], hits: Column) -> None:
        """Add many items of weight 1."""
        self.lines.frombytes(lines.astype(np.uint32).tobytes())
        self.keys.extend(keys)
        self.weights.extend(_ONE * len(keys))
        self.hits.frombytes(hits.astype(np.int64).tobytes())

    def miss(self, lines: list[int], keys: list[str]) -> None:
        """Add many items of weight 1 that never ran."""
        self.lines.extend(lines)
        self.keys.extend(keys)
        self.weights.extend(_ONE * len(keys))
        self.hits.extend(_NONE * len(keys))

    def build(self) -> Named:
        """Return the columns in order: duplicates with the sum of their hits and the greatest of their weights."""
        if not self.keys:
            return column(), (), column(), column(dtype=np.int64)
        line, weight = np.array(self.lines, np.uint32), np.array(self.weights, np.uint32)
        hits = np.array(self.hits, np.int64)
        names = sorted(set(self.keys))
        rank = {name: index for index, name in enumerate(names)}
        ranks = np.fromiter(map(rank.__getitem__, self.keys), np.int64, count=len(self.keys))
        order = np.lexsort((ranks, line))
        line, ranks, weight, hits = line[order], ranks[order], weight[order], hits[order]
        first = np.ones(len(line), np.bool_)
        first[1:] = (line[1:] != line[:-1]) | (ranks[1:] != ranks[:-1])
        if not first.all():
            starts = np.flatnonzero(first)
            hits = added_up(np.cumsum(first) - 1, hits, len(starts))
            weight = np.maximum.reduceat(weight, starts)
            line, ranks = line[first], ranks[first]
        return line, tuple(names[index] for index in ranks.tolist()), weight, hits


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

    def extend(self, lines: Iterable[int], covered: Iterable[int], total: Iterable[int]) -> None:
        """Add many counts."""
        self.lines.extend(lines)
        self.covered.extend(covered)
        self.total.extend(total)

    def build(self) -> tuple[Column, Column, Column]:
        """Return line, covered and total, sorted by line, without duplicates."""
        line = np.array(self.lines, np.uint32)
        covered, total = np.array(self.covered, np.uint32), np.array(self.total, np.uint32)
        if in_order(line):
            return line, covered, total
        line, inverse = np.unique(line, return_inverse=True)
        greatest = np.zeros((2, len(line)), np.uint32)
        np.maximum.at(greatest[0], inverse, covered)
        np.maximum.at(greatest[1], inverse, total)
        return line, greatest[0], greatest[1]


def in_order(numbers: Column) -> bool:
    """Say whether `numbers` are sorted without duplicates."""
    return bool((numbers[1:] > numbers[:-1]).all())


def joined_up(numbers: Column, hits: Column, *, greatest: bool) -> tuple[Column, Column]:
    """Return lines, sorted and unique, with the sum (or the greatest) of their hits."""
    if in_order(numbers):
        return numbers, hits
    lines, inverse = np.unique(numbers, return_inverse=True)
    if len(lines) == len(numbers):
        joined = np.empty(len(lines), np.int64)
        joined[inverse] = hits
    elif greatest:
        joined = np.zeros(len(lines), np.int64)
        np.maximum.at(joined, inverse, hits)
    else:
        joined = added_up(inverse, hits, len(lines))
    return lines, joined


def states_of(parts: list[tuple[Column, Column]]) -> tuple[Column, Column]:
    """Return lines, sorted and unique, with the one state that all say of them; where they differ, partial."""
    numbers = np.concatenate([numbers for numbers, _ in parts])
    states = np.concatenate([states for _, states in parts])
    if in_order(numbers):
        return numbers, states
    lines, inverse = np.unique(numbers, return_inverse=True)
    least, most = np.full(len(lines), np.uint8(State.COVERED)), np.zeros(len(lines), np.uint8)
    np.minimum.at(least, inverse, states)
    np.maximum.at(most, inverse, states)
    return lines, np.where(least == most, most, np.uint8(State.PARTIAL))


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
