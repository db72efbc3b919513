"""Which line of one text is which line of another: runs of equal lines, found quickly; `unified_diff` reads them from a diff.

Head and tail that both texts share are cut off, lines that occur once in each text anchor the rest (patience), and what lies between
two anchors is compared by Myers' greedy algorithm within a budget of steps. Where the budget ends, lines count as gone: the map
says less then, and never something wrong.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import compress, count
from operator import ne

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Run = tuple[int, int, int]
"""First old line, first new line, number of lines."""

UNKNOWN_LENGTH = 2**31 - 1
"""Lines of a text whose length nobody told: more than any file has."""
STEPS = 400_000
"""Steps of comparing between anchors, in all; about a tenth of a second."""
STEPS_PER_LINE = 8
MAX_EDITS = 1_000
"""Edits that Myers' algorithm looks for between two anchors."""


def _none() -> Numbers:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class LineMap:
    """Lines that two texts have in common, as runs: `old`, `new` (first lines, from 1 on) and `length`, all strictly increasing.

    `old_lines` and `new_lines` are the lengths of the texts; `UNKNOWN_LENGTH` if only a diff is known.
    """

    old_lines: int = 0
    new_lines: int = 0
    old: Numbers = field(default_factory=_none)
    new: Numbers = field(default_factory=_none)
    length: Numbers = field(default_factory=_none)

    def to_new(self, lines: npt.ArrayLike) -> Numbers:
        """Return the new numbers of old `lines` (any order, any shape); 0 for a line that is gone. Line 0 stays 0."""
        return _look_up(self.old, self.new, self.length, lines)

    def to_old(self, lines: npt.ArrayLike) -> Numbers:
        """Return the old numbers of new `lines`; 0 for a line that is new."""
        return _look_up(self.new, self.old, self.length, lines)

    def old_to_new(self) -> Numbers:
        """Return an array by old line number (index 0 is no line): the new number, 0 where the line is gone."""
        return self.to_new(np.arange(self.old_lines + 1))

    def new_to_old(self) -> Numbers:
        """Return an array by new line number (index 0 is no line): the old number, 0 where the line is new."""
        return self.to_old(np.arange(self.new_lines + 1))

    @property
    def kept(self) -> int:
        """Number of lines that both texts have."""
        return int(self.length.sum())

    @property
    def is_identity(self) -> bool:
        """Whether every line is where it was."""
        return self.old_lines == self.new_lines == self.kept

    def inverse(self) -> LineMap:
        """Return the map from the new text to the old one."""
        return LineMap(self.new_lines, self.old_lines, self.new, self.old, self.length)

    def then(self, other: LineMap) -> LineMap:
        """Return the map of this one followed by `other`, whose old text is the new text of this one. Raises `ValueError` if not."""
        known = UNKNOWN_LENGTH not in (self.new_lines, other.old_lines)
        if known and self.new_lines != other.old_lines:
            raise ValueError(f"a text of {self.new_lines} lines is followed by one of {other.old_lines}")
        runs: list[Run] = []
        mine, theirs = _tuples(self), _tuples(other)
        at = 0
        for old, middle, length in mine:
            while at < len(theirs) and theirs[at][0] + theirs[at][2] <= middle:
                at += 1
            for place in range(at, len(theirs)):
                start, new, other_length = theirs[place]
                if start >= middle + length:
                    break
                low, high = max(start, middle), min(start + other_length, middle + length)
                runs.append((old + low - middle, new + low - start, high - low))
        return made(self.old_lines, other.new_lines, runs)


def identity(lines: int) -> LineMap:
    """Return the map of a text of `lines` lines that did not change."""
    return made(lines, lines, [(1, 1, lines)])


def map_lines(old: Sequence[bytes] | Sequence[str], new: Sequence[bytes] | Sequence[str]) -> LineMap:
    """Return which lines of `old` are still there in `new`, compared as they are.

    Takes time in proportion to the number of lines, and at most about `STEPS` more.
    """
    head = _alike(old, new)
    first, second = old[head:], new[head:]
    tail = _alike(first[::-1], second[::-1])
    numbers: dict[bytes | str, int] = {}
    inner = _Comparison(
        [numbers.setdefault(line, len(numbers)) for line in first[: len(first) - tail]],
        [numbers.setdefault(line, len(numbers)) for line in second[: len(second) - tail]],
        len(old) + len(new),
    ).runs()
    runs = [(x + head, y + head, length) for x, y, length in inner]
    ends = [(1, 1, head), (len(old) - tail + 1, len(new) - tail + 1, tail)]
    return made(len(old), len(new), runs + ends)


class _Comparison:
    """Two texts as lists of numbers, equal for equal lines; finds their common runs, counted from 1."""

    def __init__(self, old: list[int], new: list[int], lines: int) -> None:
        self.old, self.new = old, new
        self.left = STEPS + STEPS_PER_LINE * lines

    def runs(self) -> list[Run]:
        """Return runs in no certain order, none empty."""
        found: list[Run] = []
        gaps = [(0, len(self.old), 0, len(self.new))]
        while gaps:
            low, high, new_low, new_high = gaps.pop()
            head = _same_head(self.old, self.new, low, high, new_low, new_high)
            found.append((low + 1, new_low + 1, head))
            low, new_low = low + head, new_low + head
            tail = _same_tail(self.old, self.new, low, high, new_low, new_high)
            found.append((high - tail + 1, new_high - tail + 1, tail))
            high, new_high = high - tail, new_high - tail
            self.left -= high - low + new_high - new_low
            if low == high or new_low == new_high or self.left < 0:
                continue
            first, second = self.old[low:high], self.new[new_low:new_high]
            if set(first).isdisjoint(second):
                continue
            anchors = _anchors(first, second)
            if not anchors:
                found += [
                    (x + low + 1, y + new_low + 1, length) for x, y, length in self._myers(first, second)
                ]
                continue
            before = low, new_low
            for x, y, length in anchors:
                found.append((x + low + 1, y + new_low + 1, length))
                gaps.append((before[0], x + low, before[1], y + new_low))
                before = x + low + length, y + new_low + length
            gaps.append((before[0], high, before[1], new_high))
        return [run for run in found if run[2]]

    def _myers(self, old: list[int], new: list[int]) -> list[Run]:
        """Return the common runs of a shortest edit script; within the budget, the script that comes farthest."""
        size, new_size = len(old), len(new)
        reach: dict[int, int] = {1: 0}  # diagonal -> how far along `old` a script of so many edits comes
        trace: list[dict[int, int]] = []
        best = 0
        for edits in range(min(size + new_size, MAX_EDITS) + 1):
            trace.append(reach.copy())
            self.left -= len(reach)
            best, done = 0, -1
            for diagonal in range(-edits, edits + 1, 2):
                if not -new_size <= diagonal <= size:
                    continue
                left, right = reach.get(diagonal - 1, -1), reach.get(diagonal + 1, -1)
                at = x = right if left < right else left + 1
                while x < size and 0 <= x - diagonal < new_size and old[x] == new[x - diagonal]:
                    x += 1
                self.left -= x - at
                reach[diagonal] = x
                if x <= size and x - diagonal <= new_size and 2 * x - diagonal > done:
                    best, done = diagonal, 2 * x - diagonal
            if done == size + new_size or self.left < 0:
                break
        return _way_back(trace, best, reach[best])


def _way_back(trace: list[dict[int, int]], diagonal: int, x: int) -> list[Run]:
    """Follow an edit script from its end to its beginning; returns its runs, counted from 0."""
    runs: list[Run] = []
    for edits in range(len(trace) - 1, -1, -1):
        reach = trace[edits]
        left, right = reach.get(diagonal - 1, -1), reach.get(diagonal + 1, -1)
        start = right if left < right else left + 1
        if x > start:
            runs.append((start, start - diagonal, x - start))
        if edits == 0:
            break
        diagonal, x = (diagonal + 1, right) if left < right else (diagonal - 1, left)
    return runs


def _anchors(old: list[int], new: list[int]) -> list[Run]:
    """Return the longest increasing sequence of lines that occur once in each text, neighbours joined; counted from 0."""
    both = np.array(old + new)
    _, at, counts = np.unique(both, return_inverse=True, return_counts=True)
    first, second = at[: len(old)], at[len(old) :]
    single = (np.bincount(first, minlength=len(counts)) == 1) & (counts == 2)
    x = np.flatnonzero(single[first])
    if not len(x):
        return []
    place = np.zeros(len(counts), np.int64)
    place[second] = np.arange(len(second))
    y = place[first[x]]
    if (np.diff(y) <= 0).any():
        keep = _increasing(y.tolist())
        x, y = x[keep], y[keep]
    starts = np.flatnonzero(np.concatenate(([True], (np.diff(x) != 1) | (np.diff(y) != 1))))
    lengths = np.diff(np.append(starts, len(x)))
    return list(zip(x[starts].tolist(), y[starts].tolist(), lengths.tolist(), strict=True))


def _increasing(values: list[int]) -> list[int]:
    """Return the places of a longest strictly increasing part of `values`."""
    tops: list[int] = []
    places: list[int] = []
    before: list[int] = []
    for place, value in enumerate(values):
        pile = bisect_left(tops, value)
        if pile == len(tops):
            tops.append(value)
            places.append(place)
        else:
            tops[pile], places[pile] = value, place
        before.append(places[pile - 1] if pile else -1)
    found: list[int] = []
    place = places[-1]
    while place >= 0:
        found.append(place)
        place = before[place]
    return found[::-1]


def _alike(old: Sequence[object], new: Sequence[object]) -> int:
    """Return how many lines two texts begin with alike."""
    return next(compress(count(), map(ne, old, new)), min(len(old), len(new)))


def _same_head(old: list[int], new: list[int], low: int, high: int, new_low: int, new_high: int) -> int:
    limit = min(high - low, new_high - new_low)
    done = 0
    while done < limit and old[low + done] == new[new_low + done]:
        done += 1
    return done


def _same_tail(old: list[int], new: list[int], low: int, high: int, new_low: int, new_high: int) -> int:
    limit = min(high - low, new_high - new_low)
    done = 0
    while done < limit and old[high - 1 - done] == new[new_high - 1 - done]:
        done += 1
    return done


def _tuples(mapped: LineMap) -> list[Run]:
    return list(zip(mapped.old.tolist(), mapped.new.tolist(), mapped.length.tolist(), strict=True))


def made(old_lines: int, new_lines: int, runs: Iterable[Run]) -> LineMap:
    """Return the map of `runs` in order, neighbours joined, so that equal maps have equal runs."""
    joined: list[Run] = []
    for run in sorted(run for run in runs if run[2]):
        last = joined[-1] if joined else (0, 0, 0)
        if joined and (last[0] + last[2], last[1] + last[2]) == run[:2]:
            joined[-1] = last[0], last[1], last[2] + run[2]
        else:
            joined.append(run)
    columns = np.array(joined, np.int64).reshape(-1, 3).T
    return LineMap(old_lines, new_lines, *columns)


def _look_up(start: Numbers, target: Numbers, length: Numbers, lines: npt.ArrayLike) -> Numbers:
    asked = np.asarray(lines, np.int64)
    if not len(start):
        return np.zeros(asked.shape, np.int64)
    at = np.searchsorted(start, asked, side="right") - 1
    offset = asked - start[at]
    known = (at >= 0) & (offset < length[at])
    return np.where(known, target[at] + offset, 0)
