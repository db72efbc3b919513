"""A file and what it was in another report as one: rows that were added and removed between the others, with both states. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from covdash.coverage.differential import CATEGORIES, LBC, UIC, UNC
from covdash.coverage.linemap import LineMap, identity
from covdash.coverage.lines import Column
from covdash.dashboards.pages.folding import Fold
from covdash.dashboards.pages.line_states import LineState, Zone, states_by_line, zones
from covdash.dashboards.pages.sheet import FileOptions, LineSheet
from covdash.dashboards.pages.source_rows import Row, kinds_of, rows
from covdash.dashboards.pages.unified import WORDS, Unified, letters, unify
from covdash.reports.differences import FileBeside
from covdash.reports.facts import FileFact

MARKED = 2500
"""A diff of more rows has no colours of syntax: with both sides in the gutter it would have more elements than a browser likes."""


LONG = 18
"""More letters of words need a wide column: `new, not tested` does not."""
NO_ROW = Row(0, LineState.UNMEASURED, "", (), "", (), "")


class DiffRow(NamedTuple):
    """A row of the diff: what the line was (None where it is new) and is (None where it is gone), and the letters of its category."""

    old: Row | None
    new: Row | None
    letters: str

    @property
    def text(self) -> Row:
        """The side whose text is shown."""
        return self.new or self.old or NO_ROW

    @property
    def width(self) -> int:
        """Characters that it needs, with the sign."""
        return self.text.width + 2

    @property
    def css(self) -> str:
        """The classes of the row: its state, and whether it came or went."""
        if self.new is None:
            return "minus"
        return self.new.css if self.old else f"{self.new.css} plus".strip()

    @property
    def words(self) -> str:
        """What happened to it; a line that nothing measures has no category."""
        if self.letters:
            return WORDS[self.letters]
        return "" if self.old and self.new else "new" if self.new else "deleted"


class DiffSheet:
    """The rows of two texts of a file, from top to bottom; what went away stands before what came in its place."""

    word = "rows"

    def __init__(self, beside: FileBeside, options: FileOptions) -> None:
        """Lay out `beside`, whose old and new lines must be told apart; `options` are how its newer side is looked at."""
        self._found, self._before = beside.found, beside.before
        self._after = LineSheet(beside.after, options)
        self._whole, self._elsewhere = options.whole_lines, options.elsewhere.lines
        self.path = beside.after.path
        old_lines, new_lines = (
            _length(beside.before, beside.found.gone),
            max(self._after.length, _last(beside.found.lines)),
        )
        if beside.lines is not None:
            # A diff that was sent says nothing of what lies behind the lines that are known.
            old_lines = max(old_lines, int(beside.lines.to_old(np.arange(new_lines + 1)).max()))
            lines = beside.lines
        elif beside.before is None:
            lines = LineMap(0, new_lines)
        else:
            old_lines = new_lines = max(old_lines, new_lines)
            lines = identity(new_lines)
        self._after.length, self._old_lines = new_lines, old_lines
        self.order: Unified = unify(beside.found, lines, old_lines, new_lines)
        self.length = len(self.order.new)
        if self.length > MARKED:
            self._before = _unmarked(beside.before) if beside.before else None
            self._after.fact = _unmarked(beside.after)

    @cached_property
    def zones(self) -> tuple[Zone, ...]:
        """Runs of lines that this change left without cover: new and not tested, lost, newly measured and not tested."""
        coverage = self._after.fact.coverage
        if coverage is None:
            return ()
        covered = np.setdiff1d(coverage.lines, self._found.of(UNC, LBC, UIC))
        return zones(coverage, np.union1d(covered, self._elsewhere))

    @property
    def kinds(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The metrics that have a column, on either side."""
        return (
            kinds_of(self._before.coverage if self._before else None),
            kinds_of(self._after.fact.coverage),
        )

    @property
    def blanks(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What stands in those columns where a side has no line."""
        was, now = self.kinds
        return ("",) * len(was), ("",) * len(now)

    @property
    def texts(self) -> tuple[bool, bool]:
        """Whether the text is known, of either side."""
        sides = (self._before, self._after.fact)
        return (sides[0] is not None and sides[0].source is not None, sides[1].source is not None)

    @property
    def counts(self) -> Mapping[str, int]:
        """Rows by letters of their category, in the order of `CATEGORIES`; those that are not there are left out."""
        numbers = np.bincount(self.order.codes, minlength=len(CATEGORIES) + 1)[1:].tolist()
        return {name: number for name, number in zip(CATEGORIES, numbers, strict=True) if number}

    @property
    def is_wordy(self) -> bool:
        """Whether some category has many words."""
        return any(len(WORDS[name]) > LONG for name in self.counts)

    @property
    def added(self) -> int:
        """Lines that are new."""
        return int((self.order.old == 0).sum())

    @property
    def removed(self) -> int:
        """Lines that are gone."""
        return int((self.order.new == 0).sum())

    def rows(self, first: int, last: int) -> list[DiffRow]:
        """Return the rows `first`..`last`, made."""
        part = slice(first - 1, last)
        old, new = self.order.old[part], self.order.new[part]
        before = self._old_rows(*_ends(old))
        after = {row.number: row for row in self._after.rows(*_ends(new))}
        return [
            DiffRow(before.get(was), after.get(now), letters(code))
            for was, now, code in zip(
                old.tolist(), new.tolist(), self.order.codes[part].tolist(), strict=True
            )
        ]

    def lines(self, first: int, last: int) -> tuple[int, int]:
        """Return the first and the last line of the newer side among some rows; of removed ones the line before and behind them."""
        low, high = _ends(self.order.new[first - 1 : last])
        if low <= high:
            return low, high
        above = int(self.order.new[: first - 1].max(initial=0))
        return above + 1, above

    def row_of(self, line: int) -> int:
        """Return the row of a line of the newer side; 0 for a line that is not there."""
        return int(np.argmax(self.order.new == line)) + 1 if 1 <= line <= self._after.length else 0

    def shown(self, fold: Fold) -> Column:
        """Return which rows a fold leaves, context apart."""
        if fold.what == "changes":
            return self.order.changed()
        if fold.what in CATEGORIES:
            return np.equal(self.order.codes, CATEGORIES.index(fold.what) + 1)
        states = np.concatenate(([LineState.UNMEASURED], self._after.states))
        return fold.leaves(states[self.order.new])

    def _old_rows(self, first: int, last: int) -> dict[int, Row]:
        fact = self._before
        if fact is None or first > last:
            return {}
        made = rows(
            fact.coverage, self._old_states, fact.source, first, last, exact=fact.exact, whole=self._whole
        )
        return {row.number: row for row in made}

    @cached_property
    def _old_states(self) -> Column:
        return states_by_line(self._before.coverage if self._before else None, self._old_lines)


def _length(fact: FileFact | None, gone: Column) -> int:
    if fact is None:
        return 0
    coverage = fact.coverage
    return max(
        len(fact.source.lines) if fact.source else 0, _last(gone), _last(coverage.lines) if coverage else 0
    )


def _last(lines: Column) -> int:
    return int(lines[-1]) if len(lines) else 0


def _ends(numbers: Column) -> tuple[int, int]:
    """Return the first and the last line among numbers that ascend apart from zeros; an empty range for none."""
    there = numbers[numbers > 0]
    return (int(there[0]), int(there[-1])) if len(there) else (1, 0)


def _unmarked(fact: FileFact) -> FileFact:
    if fact.source is None:
        return fact
    return replace(fact, source=replace(fact.source, highlighted=None))
