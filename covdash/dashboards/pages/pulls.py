"""The list of pull requests. PURE."""

from __future__ import annotations

from dataclasses import dataclass

from covdash.coverage.totals import Count
from covdash.dashboards.addresses import Place
from covdash.reports.differences import PullFact
from covdash.reports.facts import CommitFact, Page


@dataclass(frozen=True, slots=True)
class PullRow:
    """One pull request; `title` is what its uploads call it, else that of its newest commit."""

    number: int
    title: str
    address: str
    lines: Count | None
    partial: int
    base: str
    head: CommitFact | None


def build(found: Page[PullFact], place: Place, default_branch: str) -> tuple[PullRow, ...]:
    """Return the rows in the order of the facts."""
    return tuple(
        PullRow(
            pull.number,
            pull.title or (pull.head.title if pull.head else ""),
            place.pull(pull.number),
            pull.totals.get("lines") if pull.totals else None,
            pull.totals.partial if pull.totals else 0,
            pull.base or default_branch,
            pull.head,
        )
        for pull in found.items
    )
