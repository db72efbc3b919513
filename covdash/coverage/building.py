"""One source file of one report under construction: lines, named items, tallies and functions as a parser finds them.

Within one report duplicates *add*, as the producing tools do; across uploads `lines.merge` joins by max.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress

import numpy as np

from covdash.coverage.columns import MAX_COUNT, Items, Named, Tallies, items_of, lines_of, tallies_of
from covdash.coverage.lines import (
    MAX_HITS,
    MAX_LINE,
    MAX_NAME,
    Column,
    FileCoverage,
    Function,
    Outcomes,
    State,
    column,
    shortened,
)
from covdash.coverage.report_warnings import Warnings
from covdash.coverage.totals import KINDS

MAX_ARMS = 1000
"""Named items of one kind on one line; more are kept as a count."""
_GROUP = 200_000
"""Lines and items of the files that are built together."""
_PARTS = 16
"""So many parts of one file are kept side by side."""

Numbers = Sequence[int] | Column


class FileBuilder:
    """Collects one source file of one report; duplicates add. `build` gives the immutable `FileCoverage`.

    `counted` is False when hits only say yes or no. `repeated` holds the kinds of which a line was tallied twice: the producer
    counts both in its totals, so those say nothing here. `greatest`: duplicates of a line take the greatest count, not the sum,
    because the producer repeats lines (coverlet lists those of a lambda in both methods).
    """

    __slots__ = (
        "_bulk", "_folded", "_functions", "_hits", "_named", "_rows", "_stated", "_tallies", "counted", "executed_only", "greatest",
        "repeated", "uncounted", "warnings",
    )  # fmt: skip

    def __init__(self, warnings: Warnings) -> None:
        """Start empty; `warnings` are those of the report."""
        self.warnings = warnings
        self.counted = True
        self.executed_only = False
        self.greatest = False
        self.repeated: set[str] = set()
        self.uncounted = 0
        self._hits: dict[int, int] = {}
        self._stated: list[tuple[Column, Column]] = []
        self._bulk: list[tuple[Column, Column]] = []
        self._rows = self._folded = 0
        self._named: dict[str, Items] = {}
        self._tallies: dict[str, Tallies] = {}
        self._functions: dict[tuple[int, str], Function] | None = None

    def line(self, number: int, hits: int, state: State | None = None) -> None:
        """Add `hits` to an executable line. Out-of-range numbers and negative hits are warned about, not kept.

        `state` only where the format itself knows partial; of several states for one line, partial wins over both others.
        """
        if not 1 <= number <= MAX_LINE:
            self.warnings.add("bad_line_number", f"line {number}")
            return
        if hits < 0:
            self.warnings.add("negative_count", f"line {number}: {hits} hits")
            hits = 0
        old_hits = self._hits.get(number, 0)
        self._hits[number] = max(old_hits, hits) if self.greatest else old_hits + hits
        if state is not None:
            self._stated.append((column((number,)), column((state,), np.uint8)))

    def lines(self, numbers: Column, hits: Column, states: Column | None = None) -> None:
        """Add many lines at once: `numbers` and `hits` (integers) of one length, any order, duplicates as in `line`.

        `states` only where the format itself knows partial: a `State` for each line.
        """
        wrong = (numbers < 1) | (numbers > MAX_LINE)
        if wrong.any():
            self.warnings.add("bad_line_number", f"line {numbers[wrong][0]}", int(np.count_nonzero(wrong)))
            numbers, hits = numbers[~wrong], hits[~wrong]
            states = None if states is None else states[~wrong]
        if len(hits) and hits.min() < 0:
            below = hits < 0
            self.warnings.add(
                "negative_count",
                f"line {numbers[below][0]}: {hits[below][0]} hits",
                int(np.count_nonzero(below)),
            )
            hits = np.maximum(hits, 0)
        self._bulk.append((numbers.astype(np.uint32), hits.astype(np.int64)))
        if states is not None:
            self._stated.append((numbers.astype(np.uint32), states.astype(np.uint8)))
        self._rows += len(numbers)
        if len(self._bulk) > _PARTS and self._rows >= 2 * self._folded:
            self._fold()

    def _fold(self) -> None:
        """Add up what came so far: a file of which many tests tell takes no more memory for each of them."""
        ((numbers, hits, _),) = lines_of([_joined(self._bulk)], [None], [self.greatest])
        self._bulk = [(numbers, hits)]
        self._rows = self._folded = len(numbers)
        for kind, items in self._named.items():
            ((line, keys, weights, counts),) = items_of([items])
            self._named[kind] = Items()
            self._named[kind].extend(line, list(keys), counts, weights)

    def named(self, kind: str, line: int, key: str, hits: int, weight: int = 1) -> None:
        """Add an item of `kind` whose identity is (line, key): an arm, a condition sense, a statement, a Go block.

        The grammar of the keys of arms is that of `covdash/coverage/arms.py`.
        """
        items = self._items(kind)
        if not 0 <= line <= MAX_LINE:
            self.warnings.add("bad_line_number", f"line {line}")
            return
        if hits < 0:
            self.warnings.add("negative_count", f"line {line}: {hits}")
            hits = 0
        items.add(line, key if len(key) <= MAX_NAME else shortened(key), weight, hits)

    def many_named(
        self, kind: str, lines: Numbers, keys: list[str], hits: Numbers, weights: Column | None = None
    ) -> None:
        """Add many items at once; if any of them is wrong, as by `named`, which warns of it."""
        if not keys:
            return
        try:
            numbers, counts = np.asarray(lines, np.int64), np.asarray(hits, np.int64)
            right = numbers.min() >= 0 and numbers.max() <= MAX_LINE and counts.min() >= 0
        except OverflowError:
            right = False
        if right and max(map(len, keys)) <= MAX_NAME:
            self._items(kind).extend(numbers, keys, counts, weights)
            return
        each = [1] * len(keys) if weights is None else weights.tolist()
        for row in zip(lines, keys, hits, each, strict=True):
            self.named(kind, *row)

    def tally(self, kind: str, line: int, covered: int, total: int) -> None:
        """Note that `covered` of `total` ran where the format only counts; of several, the greatest (a lower bound)."""
        if not 0 <= line <= MAX_LINE:
            self.warnings.add("bad_line_number", f"line {line}")
            return
        if not 0 <= covered <= total <= MAX_COUNT:
            self.warnings.add("bad_record", f"line {line}: {covered} of {total}")
            total = min(max(total, 0), MAX_COUNT)
            covered = min(max(covered, 0), total)
        tallies = self._tallies.get(kind)
        if tallies is None:
            tallies = self._tallies[kind] = Tallies()
        tallies.add(line, covered, total)

    def many_missed(self, kind: str, lines: list[int], keys: list[str]) -> None:
        """Add many items that never ran: `lines` within range, `keys` of less than `MAX_NAME`."""
        if keys:
            self._items(kind).miss(lines, keys)

    def many_tallied(self, kind: str, lines: Numbers, covered: Numbers, total: Numbers) -> None:
        """Add many tallies at once; if any of them is wrong, as by `tally`, which warns of it."""
        if not len(lines):
            return
        try:
            columns = [np.asarray(each, np.int64) for each in (lines, covered, total)]
            numbers, ran, every = columns
            right = (
                numbers.min() >= 0
                and numbers.max() <= MAX_LINE
                and ran.min() >= 0
                and every.max() <= MAX_COUNT
            )
        except OverflowError:
            right = False
        if not (right and (ran <= every).all()):
            for row in zip(lines, covered, total, strict=True):
                self.tally(kind, *row)
            return
        tallies = self._tallies.get(kind)
        if tallies is None:
            tallies = self._tallies[kind] = Tallies()
        tallies.extend(*columns)

    def measures(self, *kinds: str) -> None:
        """Say that the file carries these kinds even if it holds nothing of them (0 of 0, not absent)."""
        for kind in kinds:
            if kind == "functions":
                self._functions = self._functions or {}
            elif kind != "lines":
                self._items(kind)

    def function(self, name: str, start: int, end: int, hits: int, *, partial: bool = False) -> None:
        """Add a function; calls of the same (name, start) add. `partial`: called, but not covered by its tool's rule."""
        functions = self._functions = self._functions if self._functions is not None else {}
        name = name if len(name) <= MAX_NAME else shortened(name)
        start, end = (number if 0 < number <= MAX_LINE else 0 for number in (start, end))
        old = functions.get((start, name))
        partial = partial and (old is None or old.state != State.COVERED)
        hits = min(max(hits, 0) + (old.hits if old else 0), MAX_HITS)
        functions[start, name] = Function(
            name, start, max(end, old.end if old else 0), hits, partial and hits > 0
        )

    def many_functions(self, functions: Iterable[tuple[str, int, int, int]]) -> None:
        """Add functions by (name, start, end, hits)."""
        known = self._functions = self._functions if self._functions is not None else {}
        for name, start, end, hits in functions:
            usual = len(name) <= MAX_NAME and 0 < start <= MAX_LINE and 0 <= end <= MAX_LINE
            if usual and 0 <= hits <= MAX_HITS and (start, name) not in known:
                known[start, name] = Function(name, start, end, hits)
            else:
                self.function(name, start, end, hits)

    def build(self) -> FileCoverage:
        """Return what was collected."""
        return next(build_all([self]))

    def parts(self) -> tuple[Column, Column]:
        """Return lines and hits as they came."""
        parts = self._bulk
        if self._hits or not parts:
            slow = column((min(n, MAX_HITS) for n in self._hits.values()), np.int64)
            parts = [(column(self._hits), slow), *parts]
        return parts[0] if len(parts) == 1 else _joined(parts)

    def stated(self) -> tuple[Column, Column] | None:
        """Return lines and states where the format knows them."""
        return _joined(self._stated) if self._stated else None

    def finished(self, lines: tuple[Column, Column, Column], outcomes: dict[str, Outcomes]) -> FileCoverage:
        """Return the file with these columns."""
        functions = self._functions
        return FileCoverage(
            *lines,
            outcomes,
            None if functions is None else tuple(functions[key] for key in sorted(functions)),
            self.counted,
            self.executed_only,
            self.uncounted,
        )

    def _items(self, kind: str) -> Items:
        items = self._named.get(kind)
        if items is None:
            items = self._named[kind] = Items()
        return items

    @property
    def size(self) -> int:
        """How many lines and items were collected, about."""
        items = sum(len(items.keys) for items in self._named.values())
        return len(self._hits) + sum(len(numbers) for numbers, _ in self._bulk) + items

    def sort(self) -> tuple[bool, bool] | None:
        """What files on a sheet have in common: all lines stated, counted. None where no sheet could give back what was collected."""
        stated = sum(len(numbers) for numbers, _ in self._stated)
        some = stated > 0 and (stated < self._rows or bool(self._hits))
        some |= any(function.partial for function in (self._functions or {}).values())
        return None if some or self.executed_only or self.uncounted else (stated > 0, self.counted)

    def kinds(self) -> set[str]:
        """Return the kinds it carries beside lines and functions."""
        return {*self._named, *self._tallies}

    def items(self, kind: str) -> Items:
        """Return the named items of `kind`, perhaps none."""
        return self._named.get(kind) or Items()

    def tallies(self, kind: str) -> Tallies:
        """Return the tallies of `kind`, perhaps none."""
        return self._tallies.get(kind) or Tallies()

    def without_crowds(self, kind: str, named: Named) -> Named:
        """Make tallies of the items of lines that hold more than `MAX_ARMS` of them."""
        line, key, weight, hits = named
        numbers, inverse, counts = np.unique(line, return_inverse=True, return_counts=True)
        crowded = np.flatnonzero(counts > MAX_ARMS)
        if not len(crowded):
            return named
        weights = weight.astype(np.float64)
        total = np.bincount(inverse, weights=weights)
        covered = np.bincount(inverse, weights=np.where(hits > 0, weights, 0))
        for index in crowded.tolist():
            self.warnings.add(
                "too_many_arms", f"line {numbers[index]}: {counts[index]} {kind}, kept as a count"
            )
            most = min(int(total[index]), MAX_COUNT)
            self.tally(kind, int(numbers[index]), min(int(covered[index]), most), most)
        kept = ~np.isin(inverse, crowded)
        return line[kept], tuple(compress(key, kept.tolist())), weight[kept], hits[kept]


def build_all(builders: Iterable[FileBuilder]) -> Iterator[FileCoverage]:
    """Return what each builder collected, in their order."""
    group: list[FileBuilder] = []
    size = 0
    for builder in builders:
        group.append(builder)
        size += builder.size
        if size >= _GROUP:
            yield from _built(group)
            group, size = [], 0
    if group:
        yield from _built(group)


def _built(group: list[FileBuilder]) -> Iterator[FileCoverage]:
    lines = lines_of(
        [builder.parts() for builder in group],
        [builder.stated() for builder in group],
        [builder.greatest for builder in group],
    )
    carried = [builder.kinds() for builder in group]
    outcomes: list[dict[str, Outcomes]] = [{} for _ in group]
    for kind in KINDS:
        holders = [number for number, kinds in enumerate(carried) if kind in kinds]
        for number, built in zip(holders, _outcomes(kind, [group[n] for n in holders]), strict=True):
            outcomes[number][kind] = built
    for builder, columns, found in zip(group, lines, outcomes, strict=True):
        yield builder.finished(columns, found)


def _outcomes(kind: str, group: list[FileBuilder]) -> Iterator[Outcomes]:
    """Return what each builder collected of `kind`."""
    if not group:
        return
    named = [
        builder.without_crowds(kind, columns) if len(columns[0]) > MAX_ARMS else columns
        for builder, columns in zip(group, items_of([builder.items(kind) for builder in group]), strict=True)
    ]
    tallies = [builder.tallies(kind) for builder in group]
    for builder, items, said, columns in zip(group, named, tallies, tallies_of(tallies), strict=True):
        if len(columns[0]) < len(said.lines):
            builder.repeated.add(kind)
        yield Outcomes(*items, *columns)


def _joined(parts: list[tuple[Column, Column]]) -> tuple[Column, Column]:
    numbers, values = zip(*parts, strict=True)
    return np.concatenate(numbers), np.concatenate(values)
