"""What a file page is cut out of: the lines of a file, made to rows only where they are shown. PURE."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from covdash.coverage.lines import Column
from covdash.dashboards.pages.elsewhere import NOWHERE, Elsewhere
from covdash.dashboards.pages.folding import UNFOLDED, Fold
from covdash.dashboards.pages.line_states import states_by_line
from covdash.dashboards.pages.source_rows import Row, rows
from covdash.reports.facts import FileFact


@dataclass(frozen=True, slots=True)
class FileOptions:
    """What the query string asks for: `lines` ("601-800" or "all"), a selected `line`, a text to `find`, long lines uncut.

    `remembered` tells what to say beside a line of its past; None leaves the column out. `elsewhere` are lines that ran, but not in
    what is looked at. `fold` says what is folded away.
    """

    lines: str = ""
    line: int = 0
    find: str = ""
    whole_lines: bool = False
    remembered: Callable[[int], str] | None = None
    elsewhere: Elsewhere = NOWHERE
    fold: Fold = UNFOLDED


class Wide(Protocol):
    """A row, as far as its width matters."""

    @property
    def width(self) -> int:
        """Characters that it needs."""


class Sheet(Protocol):
    """Rows from 1 to `length`. `word` is the word of the query that names some of them: `?lines=601-800`."""

    @property
    def word(self) -> str:
        """`lines`, or `rows` where not each row is a line of the file."""

    @property
    def path(self) -> str:
        """The path of the file."""

    @property
    def length(self) -> int:
        """How many rows there are."""

    def rows(self, first: int, last: int) -> Sequence[Wide]:
        """Return the rows `first`..`last`, made."""

    def lines(self, first: int, last: int) -> tuple[int, int]:
        """Return the first and the last line of the file among the rows `first`..`last`."""

    def row_of(self, line: int) -> int:
        """Return the row of a line; 0 for a line that is not there."""

    def shown(self, fold: Fold) -> Column:
        """Return which rows a fold leaves, context apart."""


class LineSheet:
    """The lines of a file, one row each."""

    word = "lines"

    def __init__(self, fact: FileFact, options: FileOptions) -> None:
        """Lay out the lines of `fact`; `options` are how it is looked at."""
        self.fact, self._options = fact, options
        self.path = fact.path
        self.length = length_of(fact, options)

    @cached_property
    def states(self) -> Column:
        """The `LineState` of each line."""
        return states_by_line(self.fact.coverage, self.length, self._options.elsewhere.lines)

    def rows(self, first: int, last: int) -> list[Row]:
        """Return the rows of some lines."""
        fact, options = self.fact, self._options
        made = rows(
            fact.coverage,
            self.states,
            fact.source,
            first,
            last,
            exact=fact.exact,
            whole=options.whole_lines,
            remembered=options.remembered,
        )
        words = options.elsewhere.words(first, last)
        return [_said(row, words[row.number]) if row.number in words else row for row in made]

    def lines(self, first: int, last: int) -> tuple[int, int]:
        """Return the same: a row is a line."""
        return first, last

    def row_of(self, line: int) -> int:
        """Return the line."""
        return line if 1 <= line <= self.length else 0

    def shown(self, fold: Fold) -> Column:
        """Return which lines are missed or partial, or did not run."""
        return fold.leaves(self.states)


def _said(row: Row, words: str) -> Row:
    return row._replace(elsewhere=words, width=row.width + len(words) + 4)


def length_of(fact: FileFact, options: FileOptions) -> int:
    """Return the number of lines: of the text if it is known, and not less than the last line that a report names."""
    text = len(fact.source.lines) if fact.source else 0
    coverage = fact.coverage
    last = int(coverage.lines[-1]) if coverage is not None and len(coverage.lines) else 0
    beyond = options.elsewhere.lines
    return max(text, last, int(beyond[-1]) if len(beyond) else 0)
