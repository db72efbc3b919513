"""The page of a git branch: its head compared with the default branch, its trend, its files that differ, its commits. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.charts import timeline, trend
from covdash.dashboards.pages import changes, commits
from covdash.dashboards.pages.changes import Changes
from covdash.dashboards.pages.commit import Tab
from covdash.dashboards.pages.context import of_report
from covdash.dashboards.pages.crumbs import Crumb, page_crumbs
from covdash.dashboards.pages.entries import DEFAULT_ORDER
from covdash.dashboards.pages.metrics import Metric, metrics
from covdash.dashboards.pages.standing import Stale, Standing, stale
from covdash.reports.facts import BranchFact, ChangeFact, CommitRow, Page, ReportFact, TrendPoint
from covdash.reports.timeline_facts import MarkFact, ReportPoint

CHANGES = 50
TOP = 8
TABS = {
    "summary": "Summary",
    "files": "Files that differ",
    "commits": "Commits",
    "arms": "Code branches",
    "trend": "Trend",
}
"""Tabs of the page: word of the query -> title."""


@dataclass(frozen=True, slots=True)
class BranchFacts:
    """What the page is made of. `head` and `base` are the reports of the branch and of the default branch (None for itself).

    `unreported` are the commits above `head`, newest first.
    """

    branch: BranchFact
    head: ReportFact | None
    base: ReportFact | None
    points: Sequence[TrendPoint]
    grain: str
    changed: Sequence[ChangeFact]
    commits: Page[CommitRow]
    tab: str = "summary"
    unreported: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class BranchPage:
    """All the page prints; `metrics` are empty while the branch has no report."""

    place: Place
    branch: BranchFact
    crumbs: tuple[Crumb, ...]
    head: ReportFact | None
    base: ReportFact | None
    base_name: str
    standing: Standing | None
    metrics: tuple[Metric, ...]
    trend: trend.Trend
    changes: Changes
    commits: tuple[commits.CommitLine, ...]
    commits_address: str
    files_address: str
    overview_address: str
    door: str
    tab: str
    tabs: tuple[Tab, ...]
    stale: Stale | None
    after: str

    @property
    def changes_top(self) -> Changes:
        """The first of the files that differ."""
        return replace(self.changes, rows=self.changes.rows[:TOP])

    @property
    def changes_address(self) -> str:
        """The tab of the files that differ."""
        return self.place.branch_page(self.branch.name, tab="files")

    @property
    def compare_address(self) -> str:
        """The branch and the default branch side by side, line by line."""
        return self.place.compare(head=self.branch.name)

    @property
    def head_address(self) -> str:
        """The commit of the head."""
        return self.place.commit_page(self.head.commit.sha) if self.head else ""

    @property
    def base_address(self) -> str:
        """The page of the default branch."""
        return self.place.branch_page(self.base_name)

    @property
    def title(self) -> str:
        """`84.2 % feature/refunds \u00b7 acme/shop`."""
        share = figures.percent(self.metrics[0].count) if self.metrics else figures.NOTHING
        return f"{share} {self.branch.name} \u00b7 {self.place.slug}"


def build(facts: BranchFacts, place: Place, *, default_branch: str) -> BranchPage:
    """Return the page of `facts`."""
    name, head, base = facts.branch.name, facts.head, facts.base
    here = place.at(branch="" if facts.branch.is_default else name)
    return BranchPage(
        place=place,
        branch=facts.branch,
        crumbs=page_crumbs(place, ("Git branches", place.branches()), (name, "")),
        head=head,
        base=base,
        base_name=default_branch,
        standing=of_report(head) if head else None,
        metrics=metrics(head.totals, base.totals if base else None) if head else (),
        trend=trend.build(
            facts.points, place.commit_page, title="Where does this branch go?", grain=facts.grain
        ),
        changes=changes.build(facts.changed, here, limit=CHANGES),
        commits=commits.lines(facts.commits, place),
        commits_address=place.commits(branch=name),
        files_address=here.tree(),
        overview_address=here.overview(),
        door=here.tree(sort=DEFAULT_ORDER),
        tab=facts.tab,
        tabs=_tabs(place, facts.branch, facts.tab, compared=base is not None),
        stale=stale(facts.unreported, head.commit, place) if head else None,
        after=facts.commits.after if facts.tab == "commits" else "",
    )


@dataclass(frozen=True, slots=True)
class BranchTrend:
    """The branch over time: `chart` has every commit of it, and the default branch as a thin line."""

    place: Place
    branch: BranchFact
    crumbs: tuple[Crumb, ...]
    chart: timeline.Timeline
    base_name: str
    tabs: tuple[Tab, ...]

    @property
    def trends_address(self) -> str:
        """The same branch with more to choose."""
        return self.place.trends(branch=self.branch.name, range="all")

    @property
    def title(self) -> str:
        """`Lines rose by 2.0 pp since ... \u00b7 feature/refunds \u00b7 acme/shop`."""
        return f"{self.chart.title} \u00b7 {self.branch.name} \u00b7 {self.place.slug}"


def build_trend(
    branch: BranchFact,
    own: Sequence[ReportPoint],
    beside: Sequence[ReportPoint],
    marks: Sequence[MarkFact],
    place: Place,
    *,
    default_branch: str,
) -> BranchTrend:
    """Return the view of `own` reports of the branch, with those of the default branch `beside` them."""
    points, others = (
        tuple(TrendPoint(one.at, one.sha, one.totals, one.complete) for one in listed)
        for listed in (own, beside)
    )
    kinds = ("lines", "branches")
    lines = [timeline.Line(figures.KIND_LABELS[kind], kind, points) for kind in kinds]
    if others:
        lines.append(timeline.Line(f"{default_branch[:20]}, lines", "lines", others, thin=True))
    name = "" if branch.is_default else branch.name
    links = timeline.Links(
        place.commit_page, place.compare, lambda day: place.review(until=f"{day}", branch=name)
    )
    return BranchTrend(
        place=place,
        branch=branch,
        crumbs=page_crumbs(place, ("Git branches", place.branches()), (branch.name, "")),
        chart=timeline.build(lines, marks, links),
        base_name=default_branch if others else "",
        tabs=_tabs(place, branch, "trend", compared=bool(others)),
    )


def _tabs(place: Place, branch: BranchFact, chosen: str, *, compared: bool) -> tuple[Tab, ...]:
    return tuple(
        Tab(
            word, title, place.branch_page(branch.name, tab="" if word == "summary" else word), word == chosen
        )
        for word, title in TABS.items()
        if word != "files" or compared
    )
