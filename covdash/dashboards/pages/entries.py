"""The rows of a table of files and directories, as the overview, the tree and the flat list print them. PURE."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import translate
from fractions import Fraction

from covdash.coverage.totals import KINDS, Count, Totals, add_up
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages.metrics import reason
from covdash.projects.codeowners import NOBODY, Owners
from covdash.reports.facts import DirectoryFact, EntryFact

MORE = tuple(kind for kind in KINDS if kind not in ("lines", "branches", "functions"))
CAP = 1000
"""Rows of one directory that are shown; a filter narrows a greater one."""


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A file or directory; without `address` it is the rest that no file holds.

    `lines` is None with a `reason` when nothing can be measured; `never` are functions never called; `more` are further metrics.
    `owner` has the file, or all of the directory, by the CODEOWNERS; "" where none is known.
    """

    name: str
    address: str
    is_directory: bool
    measured: bool
    files: int
    lines: Count | None
    partial: int
    arms: Count | None
    never: int | None
    delta: figures.Delta
    reason: str
    more: Mapping[str, Count]
    fact: EntryFact
    children: str = ""
    """Where the rows of a directory are, as a fragment."""
    owner: str = ""
    extra: tuple[str, ...] = ()
    """Cells of optional columns."""

    @property
    def missed(self) -> int | None:
        """Lines that never ran."""
        return self.lines.missed if self.lines else None

    @property
    def covered(self) -> int:
        """Lines that ran with all their arms."""
        return self.lines.covered - self.partial if self.lines else 0


@dataclass(frozen=True, slots=True)
class EntryTable:
    """Rows in the order asked for, with the sums of exactly the rows that passed the filter.

    `shown` are on the page, `matching` passed the filter, `total` are all. `sort` is the order that was used.
    """

    rows: tuple[EntryRow, ...]
    sums: EntryRow
    sort: str
    matching: int
    total: int
    columns: tuple[str, ...] = ()
    """Titles of optional columns (`columns.py`)."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Metrics beside lines, arms and functions that have a column, since something here carries them."""
        return tuple(kind for kind in MORE if kind in self.sums.more)

    @property
    def shown(self) -> int:
        """Rows on the page."""
        return len(self.rows)


def _share(row: EntryRow) -> Fraction:
    return Fraction(row.lines.covered, row.lines.total) if row.lines else Fraction(2)


ORDERS: dict[str, Callable[[EntryRow], tuple[object, ...]]] = {
    "name": lambda row: (not row.is_directory, row.name),
    "-name": lambda row: (not row.is_directory, tuple(-ord(letter) for letter in row.name)),
    "lines": lambda row: (row.lines is None, _share(row), row.name),
    "-lines": lambda row: (row.lines is None, -_share(row), row.name),
    "missed": lambda row: (row.lines is None, row.missed or 0, row.name),
    "-missed": lambda row: (row.lines is None, -(row.missed or 0), row.name),
    "partial": lambda row: (row.lines is None, row.partial, row.name),
    "-partial": lambda row: (row.lines is None, -row.partial, row.name),
    "size": lambda row: (row.lines is None, row.lines.total if row.lines else 0, row.name),
    "-size": lambda row: (row.lines is None, -(row.lines.total if row.lines else 0), row.name),
}
"""Orders a table can be asked for; `-` is descending. Rows with nothing to measure come last in all but the order by name."""

DEFAULT_ORDER = "-missed"


def row(
    entry: EntryFact, place: Place, *, compared: bool = False, named: str = "", owner: str = ""
) -> EntryRow:
    """Return the row of one entry, `named` otherwise if given; `compared` says whether there was a report to compare with."""
    lines = entry.totals.get("lines")
    functions = entry.totals.get("functions")
    before = entry.before.get("lines") if entry.before else None
    change = figures.delta(before, lines)
    if compared and entry.before is None and entry.measured:
        change = figures.Delta("new", why="not in the report it is compared with")
    return EntryRow(
        name=named or (f"{entry.name}/" if entry.is_directory else entry.name),
        address=place.tree(entry.path) if entry.is_directory else place.file(entry.path),
        is_directory=entry.is_directory,
        measured=entry.measured,
        files=entry.totals.files,
        lines=lines if lines and lines.total else None,
        partial=entry.totals.partial,
        arms=entry.totals.get("branches"),
        never=functions.missed if functions else None,
        delta=change,
        reason=reason("lines", entry.totals, brief=True),
        more=_more(entry.totals),
        fact=entry,
        children=place.tree(entry.path, part="children") if entry.is_directory else "",
        owner=owner,
    )


def table(
    directory: DirectoryFact | None,
    place: Place,
    *,
    sort: str = "",
    search: str = "",
    compared: bool = False,
    size: int = 0,
    owners: Owners = NOBODY,
) -> EntryTable:
    """Return the entries of `directory` that contain `search` (any case), ordered by `sort` (one of `ORDERS`, else the default).

    `search` with `*`, `?` or `[` is a glob over the whole name. Entries of less than `size` executable lines are left out.
    """
    every = directory.entries if directory else ()
    matches = _matcher(search.casefold())
    found = [entry for entry in every if matches(entry.name.casefold()) and _size(entry) >= size]
    order = sort if sort in ORDERS else DEFAULT_ORDER
    rows = sorted(
        (row(entry, place, compared=compared, owner=owners.of(entry.path)) for entry in found),
        key=ORDERS[order],
    )[:CAP]
    unplaced = directory.unplaced if directory else None
    if unplaced is not None and not search and not size:
        rest = EntryFact(
            "counted, but placed in no file", "", is_directory=False, measured=True, totals=unplaced
        )
        found.append(rest)
        rows.append(replace(row(rest, place), address=""))
    return EntryTable(tuple(rows), sums(found), order, len(found), len(every) + (unplaced is not None))


def _matcher(needle: str) -> Callable[[str], bool]:
    if not any(letter in needle for letter in "*?["):
        return lambda name: needle in name
    match = re.compile(translate(needle)).match
    return lambda name: match(name) is not None


def _size(entry: EntryFact) -> int:
    lines = entry.totals.get("lines")
    return lines.total if lines else 0


def _more(totals: Totals) -> dict[str, Count]:
    return {kind: count for kind, count in totals.items() if kind in MORE}


def sums(entries: Iterable[EntryFact], whole: Totals | None = None, was: Totals | None = None) -> EntryRow:
    """Return the sum of `entries` as a row without a name; `whole` (and `was`, before) are known already, and of more than these."""
    found = tuple(entries)
    totals = add_up(entry.totals for entry in found) if whole is None else whole
    befores = [entry.before for entry in found if entry.before is not None]
    lines, functions = totals.get("lines"), totals.get("functions")
    before = (add_up(befores) if was is None else was).get("lines")
    return EntryRow(
        name="",
        address="",
        is_directory=True,
        measured=bool(totals.files),
        files=totals.files,
        lines=lines if lines and lines.total else None,
        partial=totals.partial,
        arms=totals.get("branches"),
        never=functions.missed if functions else None,
        delta=figures.delta(before, lines),
        reason=reason("lines", totals, brief=True),
        more=_more(totals),
        fact=EntryFact("", "", is_directory=True, measured=bool(totals.files), totals=totals),
    )
