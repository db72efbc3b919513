"""Files of which no line ever ran, in two piles: what may go, and what wants a test first. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.reports.findings import IdleFile

OLD = timedelta(days=90)
"""A file whose numbers did not change for so long is old."""
SHOWN = 100


@dataclass(frozen=True, slots=True)
class PileRow:
    """A file; `since` is when its numbers last changed, None where no report tells."""

    path: str
    address: str
    lines: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Pile:
    """One pile, the greatest files first: `rows` are the first `SHOWN` of `count` files with `lines` executable lines."""

    word: str
    title: str
    why: str
    rows: tuple[PileRow, ...]
    count: int
    lines: int

    @property
    def words(self) -> str:
        """`37 files, 4 200 lines`."""
        return f"{figures.counted(self.count, 'file')}, {figures.counted(self.lines, 'line')}"


def piles(found: Sequence[IdleFile], place: Place, now: datetime) -> tuple[Pile, Pile]:
    """Return the two piles of `found`, which is ordered."""
    rows = [
        PileRow(
            file.path,
            place.file(file.path),
            lines.total if (lines := file.totals.get("lines")) else 0,
            file.since,
        )
        for file in found
    ]
    old = [row for row in rows if row.since is not None and now - row.since >= OLD]
    rest = [row for row in rows if row.since is None or now - row.since < OLD]
    return (
        _pile(
            "old",
            "Old and unchanged: delete?",
            f"Their number of lines has not changed for {OLD.days} days and more, and no test ever ran one of them.",
            old,
        ),
        _pile(
            "new",
            "New or busy: test first",
            f"They are new, or changed within {OLD.days} days: people work on them, without a test.",
            rest,
        ),
    )


def _pile(word: str, title: str, why: str, rows: list[PileRow]) -> Pile:
    return Pile(word, title, why, tuple(rows[:SHOWN]), len(rows), sum(row.lines for row in rows))
