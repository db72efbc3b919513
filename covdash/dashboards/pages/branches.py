"""The list of git branches, the default branch first, each compared with it. PURE."""

from __future__ import annotations

from dataclasses import dataclass

from covdash.coverage.totals import Count
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import metrics
from covdash.reports.facts import BranchFact, Page

STATES = {"": "all", "active": "active", "stale": "no report for 30 days", "no-report": "without a report"}
"""What the list can be narrowed to: word of the query -> title."""


@dataclass(frozen=True, slots=True)
class BranchLine:
    """A git branch. `lines` is None without a report, then `reason` says why; `delta` compares with the default branch."""

    branch: BranchFact
    address: str
    commits_address: str
    head_address: str
    lines: Count | None
    partial: int
    arms: Count | None
    reason: str
    delta: figures.Delta
    pull_address: str


@dataclass(frozen=True, slots=True)
class BranchesPage:
    """One page of the list; `search` is the text that the names contain, `state` one of `STATES` or ""."""

    place: Place
    rows: tuple[BranchLine, ...]
    after: str
    search: str
    state: str = ""
    ignored: tuple[str, ...] = ()

    @property
    def states(self) -> tuple[tuple[str, str, bool], ...]:
        """What the list can be narrowed to: (title, address, chosen)."""
        return tuple(
            (title, self.place.branches(state=word, q=self.search), word == self.state)
            for word, title in STATES.items()
        )


def build(
    page: Page[BranchFact],
    default: BranchFact | None,
    place: Place,
    *,
    search: str,
    state: str = "",
    ignored: tuple[str, ...] = (),
) -> BranchesPage:
    """Return the page of `page`; `default` is the default branch, wherever in the list it stands."""
    base = default.totals.get("lines") if default and default.totals else None
    lines = tuple(_line(branch, base, place) for branch in page.items)
    return BranchesPage(place, lines, page.after, search, state, ignored)


def _line(branch: BranchFact, base: Count | None, place: Place) -> BranchLine:
    lines = branch.totals.get("lines") if branch.totals else None
    return BranchLine(
        branch=branch,
        address=place.branch_page(branch.name),
        commits_address=place.commits(branch=branch.name),
        head_address=place.commit_page(branch.head.sha) if branch.head else "",
        lines=lines if lines and lines.total else None,
        partial=branch.totals.partial if branch.totals else 0,
        arms=branch.totals.get("branches") if branch.totals else None,
        reason=metrics.reason("lines", branch.totals) if branch.totals else "no report yet",
        delta=figures.Delta(figures.NOTHING, why="this is the default branch")
        if branch.is_default
        else figures.delta(base, lines),
        pull_address=place.pull(branch.pull) if branch.pull is not None else "",
    )
