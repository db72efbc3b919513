"""A changed file as a diff with states: what each line was and is, with its category. PURE.

Without both texts there is nothing to show side by side; the page then names the lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from covdash.coverage.linemap import LineMap, identity
from covdash.coverage.lines import FileCoverage, State
from covdash.dashboards.pages.unified import letters, unify
from covdash.reports.differences import FileDetail
from covdash.sources.text import lines_of

CONTEXT = 3
MAX_ROWS = 1200
"""Rows of one file that are shown; a change that rewrites more is read on the file page."""
MAX_WIDTH = 400
_MARKS = {"missed": "m", "partial": "p", "covered": "c", "": ""}


@dataclass(frozen=True, slots=True)
class DiffRow:
    """A row: `sign` is " ", "+" or "-"; numbers are 0 on a side without the line. States are words, "" where not measured."""

    sign: str
    old: int
    new: int
    was: str
    now: str
    category: str
    text: str

    @property
    def css(self) -> str:
        """The class of its state: that of the head, of the base for a deleted line."""
        return _MARKS[self.was if self.sign == "-" else self.now]


@dataclass(frozen=True, slots=True)
class Hunk:
    """Rows that belong together; `skipped` lines of the head stand before them."""

    rows: tuple[DiffRow, ...]
    skipped: int

    @property
    def first(self) -> int:
        """The first line of the head in it, 0 if it has none."""
        return next((row.new for row in self.rows if row.new), 0)


@dataclass(frozen=True, slots=True)
class FileHunks:
    """The hunks of a file; `cut` when there are more rows than are shown."""

    hunks: tuple[Hunk, ...]
    cut: bool


def build_each(
    details: Sequence[FileDetail], *, notable: frozenset[str] = frozenset()
) -> dict[str, FileHunks | None]:
    """Return the hunks of some files by name: together no more rows than one file may have, of which each has its share."""
    found: dict[str, FileHunks | None] = {}
    left = MAX_ROWS
    for number, detail in enumerate(details):
        one = build(detail, notable=notable, most=left // (len(details) - number))
        left -= sum(len(hunk.rows) for hunk in one.hunks) if one else 0
        found[detail.file.name] = one
    return found


def build(
    detail: FileDetail, *, notable: frozenset[str] = frozenset(), most: int = MAX_ROWS
) -> FileHunks | None:
    """Return the hunks of a file: its new and deleted lines, and lines of the categories in `notable`, with context around them.

    At most `most` rows. None when a text that is needed is not known.
    """
    rows = _rows(detail)
    if rows is None:
        return None
    wanted = np.array([row.sign != " " or row.category in notable for row in rows], bool)
    shown = np.zeros(len(rows), bool)
    for at in np.flatnonzero(wanted).tolist():
        shown[max(0, at - CONTEXT) : at + CONTEXT + 1] = True
    places = np.flatnonzero(shown)
    cut = len(places) > most
    hunks: list[Hunk] = []
    last = -1
    for group in np.split(places[:most], np.flatnonzero(np.diff(places[:most]) > 1) + 1):
        if len(group):
            skipped = sum(1 for row in rows[last + 1 : group[0]] if row.new)
            hunks.append(Hunk(tuple(rows[at] for at in group.tolist()), skipped))
            last = int(group[-1])
    return FileHunks(tuple(hunks), cut)


def _rows(detail: FileDetail) -> list[DiffRow] | None:
    old, new = detail.old_text, detail.new_text
    if (detail.file.path and new is None) or (detail.file.what == "deleted" and old is None):
        return None
    gone = lines_of(old or b"")
    here = lines_of(new or b"")
    lines = detail.lines
    if not detail.file.old_path or not detail.file.path:
        lines = LineMap(len(gone), len(here))
    elif lines is None:
        lines = identity(len(here))
    elif old is None:
        return None
    was, now = _states(detail.base), _states(detail.head)
    found = unify(detail.found, lines, len(gone), len(here))
    return [
        DiffRow(
            "-" if not number else " " if source else "+",
            source,
            number,
            was.get(source, ""),
            now.get(number, ""),
            letters(code),
            (here[number - 1] if number else gone[source - 1])[:MAX_WIDTH],
        )
        for source, number, code in zip(*(column.tolist() for column in found), strict=True)
    ]


def _states(coverage: FileCoverage | None) -> dict[int, str]:
    """Return line -> covered, partial or missed."""
    if coverage is None:
        return {}
    words = np.where(coverage.states > State.MISSED, "covered", "missed")
    words = np.where(coverage.partial(), "partial", words)
    return dict(zip(coverage.lines.tolist(), words.tolist(), strict=True))
