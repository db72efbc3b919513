"""What is known about one source file: `FileCoverage`, `Outcomes`, `Function`, and how they merge.

Columnar: arrays, not an object per line. Values are immutable by agreement; nothing here writes into an array it was given.

The merge laws (Hypothesis holds the code to them): `merge` is associative, commutative and idempotent, and `EMPTY` is its identity.
It is a join: every column takes the greater value per identity. That makes a report that is delivered twice, late or in another
order give the same result. The price is that the hit count of a line is a lower bound over the uploads of a commit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from covdash.coverage.totals import KINDS, Count, Totals

MAX_HITS = 2**63 - 1
"""Hit counts saturate here: producers write up to 2^64-1, PostgreSQL and numpy hold signed 64 bits."""
MAX_LINE = 10_000_000
MAX_NAME = 1024
"""Greatest line number that is believed (`docs/formats.md`)."""

Column = NDArray[Any]
"""Lines and weights are uint32, hits int64, states uint8; every column of one group has the same length."""


def column(values: Iterable[int] = (), dtype: type = np.uint32) -> Column:
    """Return `values` as a one-dimensional array of `dtype`."""
    return np.fromiter(values, dtype=dtype)


_DENSE = 8
"""How many line numbers there may be for each line, for a merge that needs no sorting."""
_DECISIONS = ("branches", "conditions")
"""Kinds whose missed items make a line partial."""


class State(IntEnum):
    """What a report says of an executable line. PARTIAL only where the format itself says so (JaCoCo, Go)."""

    MISSED = 0
    PARTIAL = 1
    COVERED = 2


class Function(NamedTuple):
    """A function of the file. `start` and `end` are 1-based lines, 0 when the format does not say; `hits` are its calls.

    `partial`: it was called, but its tool does not count it as covered (PHPUnit wants every line of a method).
    """

    name: str
    start: int
    end: int
    hits: int
    partial: bool = False

    @property
    def state(self) -> State:
        """How the tool counts the function."""
        return State.MISSED if self.hits <= 0 else State.PARTIAL if self.partial else State.COVERED


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """One metric beside lines and functions: arms, conditions, paths, statements, instructions, regions.

    *Named* items have an identity: (`line`, `key`), sorted by it, with `weight` (statements of a Go block; else 1) and `hits`.
    *Tallies* only count: `tally_covered` of `tally_total` on `tally_line`, sorted, unique. Line 0 is the file as a whole.
    """

    line: Column = field(default_factory=column)
    key: tuple[str, ...] = ()
    weight: Column = field(default_factory=column)
    hits: Column = field(default_factory=lambda: column(dtype=np.int64))
    tally_line: Column = field(default_factory=column)
    tally_covered: Column = field(default_factory=column)
    tally_total: Column = field(default_factory=column)

    def per_line(self) -> tuple[Column, Column, Column]:
        """Return (line, covered, total), lines sorted and unique, line 0 left out; named items and tallies collapsed by max."""
        if not len(self.line):
            lines = self.tally_line
        else:
            starts = self.line[np.flatnonzero(np.diff(self.line, prepend=self.line[0] + 1))]
            lines = np.union1d(starts, self.tally_line).astype(np.uint32) if len(self.tally_line) else starts
        covered = np.zeros(len(lines), np.int64)
        total = np.zeros(len(lines), np.int64)
        if len(self.line):
            at = np.searchsorted(lines, self.line)
            total = np.bincount(at, weights=self.weight, minlength=len(lines)).astype(np.int64)
            covered = np.bincount(at, weights=self.weight * (self.hits > 0), minlength=len(lines)).astype(
                np.int64
            )
        at = np.searchsorted(lines, self.tally_line)
        total[at] = np.maximum(total[at], self.tally_total)
        covered[at] = np.maximum(covered[at], self.tally_covered)
        placed = lines > 0
        return lines[placed], covered[placed], total[placed]

    def count(self) -> Count:
        """Return the count over the file: the sum over its lines, and not less than the tally of line 0.

        Named items of line 0 have an identity but no place; they count too.
        """
        return self.count_of(*self.per_line()[1:])

    def count_of(self, covered: Column, total: Column) -> Count:
        """Return what `count` returns, given the covered and total columns of `per_line`."""
        ran, known = int(covered.sum()), int(total.sum())
        if len(self.line) and self.line[0] == 0:
            nowhere = self.line == 0
            known += int(self.weight[nowhere].sum())
            ran += int(self.weight[nowhere & (self.hits > 0)].sum())
        if len(self.tally_line) and self.tally_line[0] == 0:
            ran, known = max(ran, int(self.tally_covered[0])), max(known, int(self.tally_total[0]))
        return Count(ran, known)

    def named(self) -> list[tuple[int, str, int, int]]:
        """Return (line, key, weight, hits) of the named items, in order."""
        return list(zip(self.line.tolist(), self.key, self.weight.tolist(), self.hits.tolist(), strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class FileCoverage:
    """Coverage of one source file.

    `lines` are the executable lines (sorted, unique, 1..MAX_LINE), `hits` and `states` belong to them. `outcomes` holds the other
    metrics by kind; `functions` is None when the format has no function data. `counted` is False when hits only say yes or no.
    `executed_only`: the data name no missed lines (`.coverage` without sources), so there is no line total. `uncounted` lines are
    listed as executed, but their tool does not count them (docstrings, in coverage.py before 7.6).
    """

    lines: Column = field(default_factory=column)
    hits: Column = field(default_factory=lambda: column(dtype=np.int64))
    states: Column = field(default_factory=lambda: column(dtype=np.uint8))
    outcomes: Mapping[str, Outcomes] = field(default_factory=dict)
    functions: tuple[Function, ...] | None = None
    counted: bool = False
    executed_only: bool = False
    uncounted: int = 0

    def partial(self) -> Column:
        """Return a mask over `lines`: hit, but the format says partial, or an arm or condition of the line never ran."""
        return self._partial(
            {kind: self.outcomes[kind].per_line() for kind in _DECISIONS if kind in self.outcomes}
        )

    def _partial(self, per_line: Mapping[str, tuple[Column, Column, Column]]) -> Column:
        mask: Column = self.states == State.PARTIAL
        for kind in _DECISIONS:
            if kind not in per_line or not len(self.lines):
                continue
            line, covered, total = per_line[kind]
            short = line[covered < total]
            at = np.searchsorted(self.lines, short)
            at[at == len(self.lines)] = 0
            at = at[self.lines[at] == short]
            mask[at[self.states[at] == State.COVERED]] = True
        return mask

    def count(self, kind: str) -> Count | None:
        """Return the count of one metric, or None when the file does not carry it."""
        outcomes = self.outcomes.get(kind)
        return self._count(kind, None if outcomes is None else outcomes.count())

    def _count(self, kind: str, floor: Count | None) -> Count | None:
        """`floor` is what the outcomes of this kind count."""
        if kind == "lines" and not (self.executed_only or (floor is None and self._is_sum)):
            covered = max(int(np.count_nonzero(self.states)) - self.uncounted, 0)
            placed = Count(covered, max(len(self.lines) - self.uncounted, covered))
        elif kind == "functions" and self.functions is not None:
            placed = Count(sum(f.state == State.COVERED for f in self.functions), len(self.functions))
        else:
            return floor
        return (
            placed
            if floor is None
            else Count(max(placed.covered, floor.covered), max(placed.total, floor.total))
        )

    @property
    def _is_sum(self) -> bool:
        """Whether all that is known are sums over the file: lines that are not among them are unknown, not 0 of 0."""
        known = self.outcomes.values()
        return (
            bool(known)
            and not len(self.lines)
            and self.functions is None
            and all(not len(each.line) and each.tally_line.tolist() == [0] for each in known)
        )

    def totals(self) -> Totals:
        """Return the totals of this file."""
        per_line = {kind: outcomes.per_line() for kind, outcomes in self.outcomes.items()}
        floors = {kind: self.outcomes[kind].count_of(*columns[1:]) for kind, columns in per_line.items()}
        kinds = tuple(self._count(kind, floors.get(kind)) for kind in KINDS)
        partial = 0 if self.executed_only else int(np.count_nonzero(self._partial(per_line)))
        return Totals(1, partial, int(self.executed_only), 0, kinds)


EMPTY = FileCoverage(executed_only=True)
"""The identity of `merge`: it knows nothing, not even that it has no missed lines."""


def merge(first: FileCoverage, second: FileCoverage) -> FileCoverage:
    """Join what two uploads know of one file; see the laws above."""
    return merge_all((first, second))


def merge_all(parts: Iterable[FileCoverage]) -> FileCoverage:
    """Join any number of parts, in one step; no parts give `EMPTY`."""
    files = tuple(parts)
    if len(files) <= 1:
        return files[0] if files else EMPTY
    return with_lines(files, _merge_lines(files))


def with_lines(files: Sequence[FileCoverage], lines: tuple[Column, Column, Column]) -> FileCoverage:
    """Join everything but the lines, hits and states of `files`, which are given."""
    carried = set().union(*[file.outcomes for file in files])
    functions = [file.functions for file in files if file.functions is not None]
    return FileCoverage(
        *lines,
        {
            kind: reduce(_merge_outcomes, (file.outcomes[kind] for file in files if kind in file.outcomes))
            for kind in (KINDS if carried else ())
            if kind in carried
        },
        reduce(_merge_functions, functions) if functions else None,
        any(file.counted for file in files),
        all(file.executed_only for file in files),
        max([file.uncounted for file in files], default=0),
    )


def _merge_lines(files: tuple[FileCoverage, ...]) -> tuple[Column, Column, Column]:
    """Return the lines of all files, with the greatest hits and states."""
    lines = files[0].lines
    every = np.concatenate([file.lines for file in files])
    hits = np.concatenate([file.hits for file in files])
    states = np.concatenate([file.states for file in files])
    shape = len(files), len(lines)
    if all(len(file.lines) == len(lines) for file in files) and (every.reshape(shape) == lines).all():
        return lines, hits.reshape(shape).max(0, initial=0), states.reshape(shape).max(0, initial=0)
    width = int(every.max(initial=0)) + 1
    if len(files) * width <= _DENSE * len(every):
        # A row for each file, a column for each line number: no sorting. 0 is a line that the file does not have.
        at = np.repeat(np.arange(0, len(files) * width, width), [len(file.lines) for file in files]) + every
        wide_hits, wide_states = (
            np.zeros(len(files) * width, np.int64),
            np.zeros(len(files) * width, np.uint8),
        )
        wide_hits[at], wide_states[at] = hits, states + 1
        best = wide_states.reshape(-1, width).max(0)
        lines = np.flatnonzero(best).astype(np.uint32)
        return lines, wide_hits.reshape(-1, width).max(0)[lines], best[lines] - 1
    lines, at = np.unique(every, return_inverse=True)
    most, best = np.zeros(len(lines), np.int64), np.zeros(len(lines), np.uint8)
    np.maximum.at(most, at, hits)
    np.maximum.at(best, at, states)
    return lines, most, best


def _merge_outcomes(first: Outcomes, second: Outcomes) -> Outcomes:
    tally_line, (covered, total) = _join_by_line(
        first.tally_line,
        (first.tally_covered, first.tally_total),
        second.tally_line,
        (second.tally_covered, second.tally_total),
    )
    if first.key == second.key and np.array_equal(first.line, second.line):
        line, key = first.line, first.key
        weight = np.maximum(first.weight, second.weight)
        hits = np.maximum(first.hits, second.hits)
    else:
        joined: dict[tuple[int, str], tuple[int, int]] = {}
        for part in (first, second):
            for number, name, part_weight, part_hits in part.named():
                old_weight, old_hits = joined.get((number, name), (0, 0))
                joined[number, name] = (max(old_weight, part_weight), max(old_hits, part_hits))
        order = sorted(joined)
        line = column(number for number, _ in order)
        key = tuple(name for _, name in order)
        weight = column(joined[item][0] for item in order)
        hits = column((joined[item][1] for item in order), np.int64)
    return Outcomes(line, key, weight, hits, tally_line, covered, total)


def _join_by_line(
    line: Column, columns: tuple[Column, ...], other_line: Column, other_columns: tuple[Column, ...]
) -> tuple[Column, tuple[Column, ...]]:
    if np.array_equal(line, other_line):
        return line, tuple(np.maximum(a, b) for a, b in zip(columns, other_columns, strict=True))
    both = np.union1d(line, other_line)
    at, other_at = np.searchsorted(both, line), np.searchsorted(both, other_line)
    joined = []
    for mine, theirs in zip(columns, other_columns, strict=True):
        out = np.zeros(len(both), mine.dtype)
        out[at] = mine
        out[other_at] = np.maximum(out[other_at], theirs)
        joined.append(out)
    return both, tuple(joined)


def _merge_functions(first: tuple[Function, ...], second: tuple[Function, ...]) -> tuple[Function, ...]:
    if first == second:
        return first
    joined: dict[tuple[int, str], Function] = {}
    for function in (*first, *second):
        old = joined.get((function.start, function.name), function)
        joined[function.start, function.name] = Function(
            function.name,
            function.start,
            max(old.end, function.end),
            max(old.hits, function.hits),
            max(old.state, function.state) == State.PARTIAL,
        )
    return tuple(joined[key] for key in sorted(joined))


def shortened(name: str) -> str:
    """Return a name that is longer than `MAX_NAME`, cut with a mark; a digest keeps different names different."""
    digest = hashlib.blake2s(name.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return f"{name[: MAX_NAME - 10]}…{digest}"
