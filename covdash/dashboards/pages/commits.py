"""The list of commits, newest first, each compared with the report before it. PURE."""

from __future__ import annotations

from dataclasses import dataclass

from covdash.coverage.totals import Count
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import metrics
from covdash.dashboards.pages.standing import standing
from covdash.reports.facts import CommitFact, CommitRow, Page

SHOWS = {
    "failed": "with failed uploads",
    "no-report": "without a report",
    "drop": "that dropped by 1 pp or more",
    "thins": "whose lines the next sweep removes",
    "thinned": "whose lines were removed",
}
"""What the list can be narrowed to: word of the query -> title."""


@dataclass(frozen=True, slots=True)
class CommitLine:
    """One commit. `lines` is None without a report; `against` names the commit that `delta` compares with."""

    commit: CommitFact
    address: str
    lines: Count | None
    partial: int
    reason: str
    delta: figures.Delta
    against: str
    dropped: bool
    uploads: str
    failed: int
    waiting: int
    collecting: bool

    @property
    def failed_words(self) -> str:
        """`1 failed`."""
        return f"{figures.group(self.failed)} failed"

    @property
    def waiting_words(self) -> str:
        """`2 waiting`."""
        return f"{figures.group(self.waiting)} waiting"


@dataclass(frozen=True, slots=True)
class CommitsPage:
    """One page of the list. `branch` is "" for all git branches, `author` for all authors, `show` (one of `SHOWS`) for all commits."""

    place: Place
    branch: str
    branches: tuple[str, ...]
    rows: tuple[CommitLine, ...]
    after: str
    author: str = ""
    show: str = ""
    ignored: tuple[str, ...] = ()

    @property
    def shows(self) -> tuple[tuple[str, str], ...]:
        """What the list can be narrowed to: (word, title)."""
        return (("", "all commits"), *SHOWS.items())

    @property
    def filtered(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.branch or self.author or self.show)

    @property
    def further(self) -> str:
        """Where a list goes on that found nothing among the newest commits, "" at its end."""
        if not self.after:
            return ""
        words = {"branch": self.branch, "author": self.author, "show": self.show}
        return self.place.commits(**words, after=self.after)

    @property
    def choices(self) -> tuple[str, ...]:
        """Git branches to choose from; the chosen one is always among them."""
        return (
            self.branches
            if not self.branch or self.branch in self.branches
            else (self.branch, *self.branches)
        )


def build(
    page: Page[CommitRow],
    place: Place,
    *,
    branch: str,
    branches: tuple[str, ...],
    author: str = "",
    show: str = "",
    ignored: tuple[str, ...] = (),
) -> CommitsPage:
    """Return the page of `page`; `ignored` are words of the query that made no sense."""
    return CommitsPage(place, branch, branches, lines(page, place), page.after, author, show, ignored)


def lines(page: Page[CommitRow], place: Place) -> tuple[CommitLine, ...]:
    """Return the rows of `page`; other pages print them too."""
    return tuple(_line(row, place) for row in page.items)


def _line(row: CommitRow, place: Place) -> CommitLine:
    after = row.totals.get("lines") if row.totals else None
    before = row.before_totals.get("lines") if row.before_totals else None
    return CommitLine(
        commit=row.commit,
        address=place.commit_page(row.commit.sha),
        lines=after if after and after.total else None,
        partial=row.totals.partial if row.totals else 0,
        reason=metrics.reason("lines", row.totals, brief=True) if row.totals else "no report yet",
        delta=figures.delta(before, after),
        against=row.before.short if row.before else "",
        dropped=row.dropped,
        uploads=standing(
            row.commit, processed=row.processed, failed=row.failed, waiting=row.waiting, brief=True
        ).text,
        failed=row.failed,
        waiting=row.waiting,
        collecting=row.commit.is_collecting and row.totals is not None,
    )
