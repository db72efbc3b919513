"""Files that changed between two reports, as overview, branch and commit pages list them. PURE."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from covdash.coverage.totals import Count, Totals
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.reports.facts import ChangeFact


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A file whose numbers changed. `missed` is the change of its missed lines: positive means that there are more.

    `what` is changed, new or gone; a file that is gone has no address.
    """

    path: str
    address: str
    what: str
    lines: Count | None
    delta: figures.Delta
    missed: int
    known: bool

    @property
    def missed_text(self) -> str:
        """The change of missed lines with its sign; `-` where no side knows its misses."""
        if not self.known:
            return figures.NOTHING
        return f"+{figures.group(self.missed)}" if self.missed > 0 else figures.group(self.missed)

    @property
    def fraction(self) -> str:
        """`214 / 243`."""
        return figures.fraction(self.lines)


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed. `gained` and `lost` sum the missed lines that vanished and appeared, over the rows."""

    rows: tuple[ChangeRow, ...]
    gained: int
    lost: int
    more: bool


def build(changes: Iterable[ChangeFact], place: Place, *, limit: int) -> Changes:
    """Return the rows in the order of the facts (greatest loss first); `more` when there may be more than `limit`."""
    rows = tuple(_row(change, place) for change in changes)
    return Changes(
        rows[:limit],
        sum(-row.missed for row in rows if row.missed < 0),
        sum(row.missed for row in rows if row.missed > 0),
        len(rows) > limit,
    )


def _row(change: ChangeFact, place: Place) -> ChangeRow:
    what = "new" if change.before is None else "gone" if change.after is None else "changed"
    before, after = _count(change.before, "lines"), _count(change.after, "lines")
    return ChangeRow(
        path=change.path,
        address="" if change.after is None else place.file(change.path),
        what=what,
        lines=after,
        delta=figures.delta(before, after)
        if what == "changed"
        else figures.Delta(what, why=f"{what} in this report"),
        known=before is not None or after is not None,
        missed=(after.missed if after else 0) - (before.missed if before else 0),
    )


def _count(totals: Totals | None, kind: str) -> Count | None:
    count = totals.get(kind) if totals else None
    return count if count and count.total else None
