"""Sheets: the columns of many files that a scanner read at once, cut into `FileCoverage` when a file is asked for.

A report of 20,000 small files is read in a quarter of a second when nothing is done for each file; making its arrays one by one takes
longer than reading it. So a sheet keeps what was read as it was read, in narrow columns: `at` says where each file begins in them.
Sheets are sorted and without duplicates; whoever cannot promise that writes into `FileBuilder`s instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import lt
from typing import Protocol

import numpy as np

from covdash.coverage.building import MAX_ARMS, FileBuilder
from covdash.coverage.lines import Column, FileCoverage, Function, Outcomes, State
from covdash.coverage.totals import KINDS

_NARROW = ((1 << 8, np.uint8), (1 << 16, np.uint16), (1 << 32, np.uint32))


class Keys(Protocol):
    """The keys of the items of a sheet, written out only when they are needed."""

    def cut(self, first: int, last: int) -> list[str]:
        """Return the keys of the items `first` to `last`, the last one not included."""

    def rise(self, which: Column) -> bool:
        """Tell whether each of the items `which` has a key before that of the item behind it."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Keys out of a list: `ids` are places in `words` (a column of texts), `order` the rank of each word."""

    words: Column
    order: Column
    ids: Column

    def cut(self, first: int, last: int) -> list[str]:
        """Return the keys of some items."""
        keys: list[str] = self.words[self.ids[first:last]].tolist()
        return keys

    def rise(self, which: Column) -> bool:
        """Tell whether each of the items `which` has a key before that of the item behind it."""
        order = self.order.take(self.ids)
        return bool((order[:-1] < order[1:])[which].all())


@dataclass(frozen=True, slots=True)
class Written:
    """Keys that are written out of numbers: `form` gets one of each of the columns. `rank` sorts as the keys do, if that is known."""

    form: Callable[..., str]
    columns: tuple[Column, ...]
    rank: Column | None = None

    def cut(self, first: int, last: int) -> list[str]:
        """Return the keys of some items."""
        return list(map(self.form, *(each[first:last].tolist() for each in self.columns)))

    def rise(self, which: Column) -> bool:
        """Tell whether each of the items `which` has a key before that of the item behind it."""
        if self.rank is not None:
            return bool((self.rank[which] < self.rank[which + 1]).all())
        return all(map(lt, self.of(which), self.of(which + 1)))

    def of(self, which: Column) -> Iterator[str]:
        """Return the keys of the items `which`."""
        return map(self.form, *(each[which].tolist() for each in self.columns))


@dataclass(frozen=True, slots=True)
class ItemSheet:
    """Named items of one kind: sorted by line and key inside a file. `weights` None: all 1.

    `has` tells which files carry the kind; the others have no items.
    """

    at: Column
    has: Column
    lines: Column
    keys: Keys
    hits: Column
    weights: Column | None = None

    def is_sound(self) -> bool:
        """Tell whether the items are sorted without duplicates, and no line holds more than `MAX_ARMS`."""
        lines = self.lines
        if len(lines) < 2:
            return True
        sizes = np.diff(self.at)
        rises = lines[1:] > lines[:-1]
        starts = self.at[:-1][sizes > 0]
        rises[starts[starts > 0] - 1] = True
        same = np.flatnonzero(~rises)
        if not len(same):
            return True
        if not (rises | (lines[1:] == lines[:-1])).all() or not self.keys.rise(same):
            return False
        if sizes.max() <= MAX_ARMS:
            return True
        return int(np.diff(np.flatnonzero(np.append(True, rises)), append=len(lines)).max()) <= MAX_ARMS

    def cut(self, number: int) -> Outcomes:
        """Return the items of one file."""
        first, last = self.at[number : number + 2].tolist()
        return Outcomes(
            self.lines[first:last].astype(np.uint32),
            tuple(self.keys.cut(first, last)),
            np.ones(last - first, np.uint32)
            if self.weights is None
            else self.weights[first:last].astype(np.uint32),
            self.hits[first:last].astype(np.int64),
        )


@dataclass(frozen=True, slots=True)
class TallySheet:
    """What is only counted: sorted by line inside a file, no line twice; line 0 is the file as a whole."""

    at: Column
    lines: Column
    covered: Column
    total: Column

    @classmethod
    def of_wholes(cls, has: Column, covered: Column, total: Column) -> TallySheet:
        """Return the tallies of whole files, of those which `has` says."""
        at = np.append(0, np.cumsum(has))
        return cls(at, np.zeros(at[-1], np.uint8), covered[has], total[has])

    def cut(self, number: int) -> tuple[Column, Column, Column]:
        """Return lines, covered and total of one file."""
        first, last = self.at[number : number + 2].tolist()
        line, covered, total = (
            each[first:last].astype(np.uint32) for each in (self.lines, self.covered, self.total)
        )
        return line, covered, total

    def sums(self, values: Column) -> Column:
        """Return the sum of each file over its lines, and not less than what is said of the whole."""
        whole = np.zeros(len(self.at) - 1, np.int64)
        some = np.flatnonzero(np.diff(self.at))
        first = self.at[:-1][some]
        of_whole = self.lines[first] == 0
        whole[some[of_whole]] = values[first[of_whole]]
        return np.maximum(_sums(self.at, values) - whole, whole)


@dataclass(frozen=True, slots=True)
class FunctionSheet:
    """Functions, sorted by first line and name inside a file, none twice. `names` gives all names. `has` as in `ItemSheet`.

    `ends` None: their last lines are not known.
    """

    at: Column
    has: Column
    names: Callable[[], Sequence[str]]
    starts: Column
    hits: Column
    ends: Column | None = None

    def rows(self, number: int) -> Iterator[tuple[str, int, int, int]]:
        """Return name, start, end and hits of the functions of one file."""
        first, last = self.at[number : number + 2].tolist()
        starts, hits = self.starts[first:last].tolist(), self.hits[first:last].tolist()
        ends = [0] * len(starts) if self.ends is None else self.ends[first:last].tolist()
        return zip(self.names()[first:last], starts, ends, hits, strict=True)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Many files at once. `states` only where the format itself knows partial; `counted` as in `FileBuilder`."""

    paths: list[str]
    at: Column
    lines: Column
    hits: Column
    states: Column | None = None
    items: Mapping[str, ItemSheet] = field(default_factory=dict)
    functions: FunctionSheet | None = None
    counted: bool = True
    tallies: Mapping[str, TallySheet] = field(default_factory=dict)

    def sheet(self) -> Sheet:
        """Return the sheet, see `Holder`."""
        return self

    def open(self) -> Sheet:
        """Return the sheet, see `Holder`."""
        return self

    def cut(self, number: int) -> FileCoverage:
        """Return one file."""
        first, last = self.at[number : number + 2].tolist()
        hits = self.hits[first:last].astype(np.int64)
        functions = self.functions
        return FileCoverage(
            self.lines[first:last].astype(np.uint32),
            hits,
            states_of_hits(hits) if self.states is None else self.states[first:last],
            self._outcomes(number),
            tuple(Function(*row) for row in functions.rows(number))
            if functions is not None and functions.has[number]
            else None,
            self.counted,
        )

    def _outcomes(self, number: int) -> dict[str, Outcomes]:
        found: dict[str, Outcomes] = {}
        for kind in KINDS:
            items, tallies = self.items.get(kind), self.tallies.get(kind)
            if items is not None and items.has[number]:
                found[kind] = items.cut(number)
            if tallies is not None and tallies.at[number] < tallies.at[number + 1]:
                line, covered, total = tallies.cut(number)
                found[kind] = replace(
                    found.get(kind, Outcomes()), tally_line=line, tally_covered=covered, tally_total=total
                )
        return found

    def counts(self, kind: str) -> tuple[Column, Column]:
        """Return how much of a metric ran in each file, and of how much: what `FileCoverage.count` says; 0 of 0 where it says None."""
        items, tallies, functions = self.items.get(kind), self.tallies.get(kind), self.functions
        known = (
            tallies is not None,
            items is not None and len(items.lines) > 0,
            kind in ("lines", "functions"),
        )
        if sum(known) > 1:
            said = [self.cut(number).count(kind) or (0, 0) for number in range(len(self.paths))]
            both = np.array(said, np.int64).reshape(-1, 2)
            return both[:, 0], both[:, 1]
        if kind == "lines":
            return _sums(self.at, (self.hits if self.states is None else self.states) > 0), np.diff(self.at)
        if kind == "functions" and functions is not None:
            return _sums(functions.at, functions.hits > 0), np.diff(functions.at)
        if tallies is not None:
            return tallies.sums(tallies.covered), tallies.sums(tallies.total)
        if items is not None:
            weights = np.ones(len(items.lines), np.int64) if items.weights is None else items.weights
            return _sums(items.at, weights * (items.hits > 0)), _sums(items.at, weights)
        nothing = np.zeros(len(self.paths), np.int64)
        return nothing, nothing

    def size(self, number: int) -> int:
        """Return how many lines one file has."""
        return int(self.at[number + 1] - self.at[number])

    def pour(self, number: int, builder: FileBuilder) -> None:
        """Add one file to a builder, which takes duplicates."""
        first, last = self.at[number : number + 2].tolist()
        builder.counted = self.counted
        states = None if self.states is None else self.states[first:last]
        builder.lines(self.lines[first:last].astype(np.int64), self.hits[first:last].astype(np.int64), states)
        for kind, items in self.items.items():
            if items.has[number]:
                part = items.cut(number)
                builder.measures(kind)
                builder.many_named(kind, part.line, list(part.key), part.hits, part.weight)
        for kind, tallies in self.tallies.items():
            builder.many_tallied(kind, *tallies.cut(number))
        if self.functions is not None and self.functions.has[number]:
            builder.measures("functions")
            builder.many_functions(self.functions.rows(number))


class Holder(Protocol):
    """A sheet, or what it is kept in."""

    def sheet(self) -> Sheet:
        """Return the sheet for now."""

    def open(self) -> Sheet:
        """Return the sheet for longer: more of its files may be asked for, in any order."""


Entry = FileCoverage | tuple[Holder, int]


class Files(Mapping[str, FileCoverage]):
    """The files of a report by path. Those that stand on sheets are cut out each time they are asked for."""

    __slots__ = ("_last", "entries")

    def __init__(self, entries: dict[str, Entry]) -> None:
        """`entries` are files, or their places on sheets."""
        self.entries = entries
        self._last: tuple[Holder, Sheet] | None = None

    def __getitem__(self, path: str) -> FileCoverage:
        """Return the file at `path`."""
        entry = self.entries[path]
        if not isinstance(entry, tuple):
            return entry
        holder, number = entry
        if self._last is None or self._last[0] is not holder:
            self._last = holder, holder.sheet()
        return self._last[1].cut(number)

    def __iter__(self) -> Iterator[str]:
        """Return the paths in order of appearance."""
        return iter(self.entries)

    def __len__(self) -> int:
        """Return the number of files."""
        return len(self.entries)


def _sums(at: Column, values: Column) -> Column:
    """Return the sum of each file's part of a column."""
    sums: Column = np.diff(np.append(0, np.cumsum(values, dtype=np.int64))[at])
    return sums


def states_of_hits(hits: Column) -> Column:
    """Return the states of lines of which only the hits are known."""
    return (hits > 0).astype(np.uint8) * np.uint8(State.COVERED)


def narrowed(values: Column) -> Column:
    """Return numbers that are not negative in the narrowest column that holds them."""
    greatest = int(values.max(initial=0))
    return values.astype(next((kind for limit, kind in _NARROW if greatest < limit), np.int64))
