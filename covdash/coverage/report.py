"""A parsed report under construction: what the format parsers write into.

Within one report duplicates *add*, as the producing tools do (`FileBuilder`); across uploads `lines.merge` joins by max.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from covdash.coverage.lines import MAX_HITS, MAX_LINE, Column, FileCoverage, Function, Outcomes, State, column
from covdash.coverage.totals import KINDS, Count, Totals

UNPLACED = ""
"""Path of the entry that holds what a report counts in all but places in no file."""


@dataclass(slots=True)
class Warnings:
    """Warnings by class: how often, and the first example. Codes are those of `docs/formats.md`."""

    found: dict[str, tuple[int, str]] = field(default_factory=dict)

    def add(self, code: str, example: str, count: int = 1) -> None:
        """Note `count` more cases of `code`; only the first example is kept."""
        old, first = self.found.get(code, (0, example[:200]))
        self.found[code] = (old + count, first)

    def as_list(self) -> list[dict[str, object]]:
        """Return `[{"code", "count", "example"}]`, sorted by code."""
        return [{"code": code, "count": n, "example": text} for code, (n, text) in sorted(self.found.items())]


class FileBuilder:
    """Collects one source file of one report; duplicates add. `build` gives the immutable `FileCoverage`."""

    __slots__ = (
        "_bulk",
        "_functions",
        "_hits",
        "_named",
        "_states",
        "_tallies",
        "counted",
        "executed_only",
        "uncounted",
        "warnings",
    )

    def __init__(self, warnings: Warnings) -> None:
        """Start empty; `warnings` are those of the report."""
        self.warnings = warnings
        self.counted = True
        self.executed_only = False
        self.uncounted = 0
        self._hits: dict[int, int] = {}
        self._states: dict[int, int] = {}
        self._bulk: list[tuple[Column, Column]] = []
        self._named: dict[str, dict[tuple[int, str], list[int]]] = {}
        self._tallies: dict[str, dict[int, tuple[int, int]]] = {}
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
        self._hits[number] = self._hits.get(number, 0) + hits
        if state is not None:
            old = self._states.get(number)
            self._states[number] = state if old in (None, state) else State.PARTIAL

    def lines(self, numbers: Column, hits: Column) -> None:
        """Add many lines at once: `numbers` and `hits` of one length, any order, duplicates add. Both are already checked."""
        self._bulk.append((numbers, hits))

    def named(self, kind: str, line: int, key: str, hits: int, weight: int = 1) -> None:
        """Add an item of `kind` whose identity is (line, key): an arm, a condition sense, a statement, a Go block."""
        group = self._named.setdefault(kind, {})
        if not 0 <= line <= MAX_LINE:
            self.warnings.add("bad_line_number", f"line {line}")
            return
        if hits < 0:
            self.warnings.add("negative_count", f"line {line}: {hits}")
            hits = 0
        item = group.get((line, key))
        if item is None:
            group[line, key] = [weight, hits]
        else:
            item[0] = max(item[0], weight)
            item[1] += hits

    def tally(self, kind: str, line: int, covered: int, total: int) -> None:
        """Note that `covered` of `total` ran where the format only counts; of several, the greatest (a lower bound)."""
        group = self._tallies.setdefault(kind, {})
        if not 0 <= line <= MAX_LINE:
            self.warnings.add("bad_line_number", f"line {line}")
            return
        if covered > total or total < 0 or covered < 0:
            self.warnings.add("bad_record", f"line {line}: {covered} of {total}")
            covered = min(max(covered, 0), max(total, 0))
        old = group.get(line, (0, 0))
        group[line] = (max(old[0], covered), max(old[1], total))

    def measures(self, *kinds: str) -> None:
        """Say that the file carries these kinds even if it holds nothing of them (0 of 0, not absent)."""
        for kind in kinds:
            if kind == "functions":
                self._functions = self._functions or {}
            elif kind != "lines":
                self._named.setdefault(kind, {})

    def function(self, name: str, start: int, end: int, hits: int, *, partial: bool = False) -> None:
        """Add a function; calls of the same (name, start) add. `partial`: called, but not covered by its tool's rule."""
        functions = self._functions = self._functions if self._functions is not None else {}
        old = functions.get((start, name))
        start, end = max(start, 0), max(end, 0)
        functions[start, name] = Function(
            name,
            start,
            max(end, old.end if old else 0),
            min(max(hits, 0) + (old.hits if old else 0), MAX_HITS),
            partial and (old is None or old.state != State.COVERED),
        )

    def build(self) -> FileCoverage:
        """Return what was collected."""
        numbers = column(self._hits)
        hits = column((min(n, MAX_HITS) for n in self._hits.values()), np.int64)
        if self._bulk:
            numbers = np.concatenate([numbers, *(chunk for chunk, _ in self._bulk)]).astype(np.uint32)
            hits = np.concatenate([hits, *(chunk for _, chunk in self._bulk)]).astype(np.int64)
        lines, inverse = np.unique(numbers, return_inverse=True)
        if len(lines) == len(numbers):
            summed = np.empty(len(lines), np.int64)
            summed[inverse] = hits
        else:
            summed = _saturating_sum(inverse, hits, len(lines))
        states = np.where(summed > 0, np.uint8(State.COVERED), np.uint8(State.MISSED))
        if self._states:
            known = column(sorted(self._states))
            states[np.searchsorted(lines, known)] = [self._states[number] for number in known.tolist()]
            states[(summed > 0) & (states == State.MISSED)] = State.COVERED
        kinds = [kind for kind in KINDS if kind in self._named or kind in self._tallies]
        functions = self._functions
        return FileCoverage(
            lines=lines.astype(np.uint32),
            hits=summed,
            states=states.astype(np.uint8),
            outcomes={kind: self._outcomes(kind) for kind in kinds},
            functions=None if functions is None else tuple(functions[key] for key in sorted(functions)),
            counted=self.counted,
            executed_only=self.executed_only,
            uncounted=self.uncounted,
        )

    def _outcomes(self, kind: str) -> Outcomes:
        named, tallies = self._named.get(kind, {}), self._tallies.get(kind, {})
        items, at = sorted(named), sorted(tallies)
        return Outcomes(
            column(line for line, _ in items),
            tuple(key for _, key in items),
            column(named[item][0] for item in items),
            column((min(named[item][1], MAX_HITS) for item in items), np.int64),
            column(at),
            column(tallies[line][0] for line in at),
            column(tallies[line][1] for line in at),
        )


def _saturating_sum(inverse: Column, hits: Column, length: int) -> Column:
    """Sum `hits` by group; sums beyond 2^63-1 saturate. Floats decide which groups are near the edge, integers do the sum."""
    rough = np.bincount(inverse, weights=hits.astype(np.float64), minlength=length)
    with np.errstate(over="ignore"):
        summed = np.zeros(length, np.int64)
        np.add.at(summed, inverse, hits)
    summed[rough > float(2**62) * 1.9] = MAX_HITS
    return summed


@dataclass(slots=True)
class ReportBuilder:
    """Collects a report: files by the path the report writes, in order of appearance.

    `roots` are source roots the report names (Cobertura `<source>`); `producer` is the writer where the report tells.
    """

    warnings: Warnings = field(default_factory=Warnings)
    files: dict[str, FileBuilder] = field(default_factory=dict)
    roots: list[str] = field(default_factory=list)
    producer: str = ""
    declared: dict[str, Count] = field(default_factory=dict)

    def file(self, path: str) -> FileBuilder:
        """Return the builder of the file at `path`, made on first use."""
        found = self.files.get(path)
        if found is None:
            found = self.files[path] = FileBuilder(self.warnings)
        return found

    def declare(self, kind: str, covered: int, total: int) -> None:
        """Say what the report counts of `kind` in all, where its files do not place everything (PHPUnit, simplecov-cobertura)."""
        self.declared[kind] = Count(covered, total)

    def build(self) -> Report:
        """Return the finished report; what `declare` counts beyond the files goes to the `UNPLACED` entry."""
        files = {path: builder.build() for path, builder in self.files.items()}
        if self.declared:
            totals = sum((file.totals() for file in files.values()), start=Totals())
            rest = FileBuilder(self.warnings)
            rest.counted = False
            for kind, declared in self.declared.items():
                placed = totals.get(kind) or Count(0, 0)
                rest.tally(
                    kind, 0, max(declared.covered - placed.covered, 0), max(declared.total - placed.total, 0)
                )
            files[UNPLACED] = rest.build()
        if not files:
            self.warnings.add("no_files", "the report names no source file")
        return Report(files, tuple(self.roots), self.producer, self.warnings)


@dataclass(frozen=True, slots=True)
class Report:
    """A parsed report: coverage by path as written in the report, before paths are resolved."""

    files: Mapping[str, FileCoverage]
    roots: tuple[str, ...]
    producer: str
    warnings: Warnings

    def totals(self) -> Totals:
        """Return the totals of the whole report."""
        return total_of(self.files.items())


def total_of(files: Iterable[tuple[str, FileCoverage]]) -> Totals:
    """Sum (path, coverage); the `UNPLACED` entry counts, but is no file."""
    result = Totals()
    for path, coverage in files:
        totals = coverage.totals()
        if path == UNPLACED:
            totals = Totals(0, 0, 0, 0, totals.counts[:])
        result = result + totals
    return result
