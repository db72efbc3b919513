"""The overview of a project: where the holes are, the metrics, the trend, what changed, what needs eyes. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.charts import trend
from covdash.dashboards.pages import attention, changes, code_map, components, entries
from covdash.dashboards.pages.context import ContextBar
from covdash.dashboards.pages.metrics import Metric, metrics
from covdash.reports.facts import ChangeFact, DirectoryFact, EntryFact, ReportFact, TrendPoint
from covdash.reports.review_facts import AttentionList
from covdash.reports.rule_facts import ComponentsFact

EYES = 8
TILES = 80
"""Files that the small map draws one by one."""
MAP_SIZE = (600, 540)
CHANGES = 8
RANGES = {"12w": ("12 weeks", 84), "6m": ("6 months", 183), "1y": ("1 year", 366), "all": ("all", 0)}
"""Ranges of the trend: word of the query -> (title, days; 0 for everything)."""
DEFAULT_RANGE = "12w"


@dataclass(frozen=True, slots=True)
class OverviewFacts:
    """What the overview is made of. `changed` are the changes of `report` since `before`, `drawn` the files of the small map."""

    report: ReportFact
    before: ReportFact | None
    directory: DirectoryFact | None
    points: Sequence[TrendPoint]
    grain: str
    changed: Sequence[ChangeFact]
    drawn: Sequence[EntryFact]
    attention: AttentionList
    components: ComponentsFact


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """All the page prints. `before` is the report that deltas compare with, None for the first one."""

    place: Place
    context: ContextBar
    report: ReportFact
    before: ReportFact | None
    metrics: tuple[Metric, ...]
    trend: trend.Trend
    ranges: tuple[tuple[str, str, bool], ...]
    path: str
    """The directory that the table lists: the first from the root that holds more than one directory."""
    table: entries.EntryTable
    changes: changes.Changes
    eyes: tuple[attention.AttentionRow, ...]
    eyes_all: int
    """Rows of the whole list."""
    map: code_map.SmallMap | None
    components: components.ComponentTable | None

    @property
    def footer(self) -> str:
        """What the sums of the table are the sums of."""
        return f"All of {self.path}" if self.path else "All files"

    @property
    def door(self) -> str:
        """Where the missed lines are: the tree, most missed first."""
        return self.place.tree(sort=entries.DEFAULT_ORDER)

    @property
    def before_address(self) -> str:
        """The page of the commit that deltas compare with."""
        return self.place.commit_page(self.before.commit.sha) if self.before else ""

    @property
    def changes_address(self) -> str:
        """All files that changed."""
        return self.place.commit_page(self.report.commit.sha, tab="files")

    @property
    def trends_address(self) -> str:
        """The same lines with more to choose."""
        flags = (self.place.flag,) if self.place.flag else ()
        return self.place.trends(branch=self.place.branch, flag=flags)

    @property
    def components_address(self) -> str:
        """All components of the commit."""
        return f"{self.place.commit_page(self.report.commit.sha)}#components"

    @property
    def unmeasured(self) -> int:
        """Files that no report mentions."""
        return self.report.totals.unmeasured

    @property
    def unmeasured_address(self) -> str:
        """The list of exactly these files."""
        return self.place.tree(flat=True, show="unmeasured")

    @property
    def needs_sources_address(self) -> str:
        """The list of exactly these files."""
        return self.place.tree(flat=True, show="needs_sources")

    @property
    def needs_sources(self) -> int:
        """Files whose misses are not known."""
        return self.report.totals.needs_sources

    @property
    def title(self) -> str:
        """`84.2 % acme/shop \u00b7 main`."""
        return f"{figures.percent(self.metrics[0].count)} {self.place.slug} \u00b7 {self.context.where}"


def build(
    facts: OverviewFacts, context: ContextBar, *, span: str = DEFAULT_RANGE, sort: str = ""
) -> OverviewPage:
    """Return the overview of `facts`, seen through `context`; `span` is the range of the trend."""
    place, report, before = context.place, facts.report, facts.before
    return OverviewPage(
        place=place,
        context=context,
        report=report,
        before=before,
        metrics=metrics(report.totals, before.totals if before else None),
        trend=trend.build(facts.points, place.commit_page, title="Is it getting better?", grain=facts.grain),
        ranges=tuple(
            (title, place.overview(range="" if word == DEFAULT_RANGE else word), word == span)
            for word, (title, _) in RANGES.items()
        ),
        path=facts.directory.path if facts.directory else "",
        table=entries.table(facts.directory, place, sort=sort, compared=before is not None),
        changes=changes.build(facts.changed, place, limit=CHANGES),
        components=components.build(facts.components, report.totals, place, limit=components.TOP),
        eyes=attention.rows(facts.attention.rows[:EYES], place),
        eyes_all=len(facts.attention.rows),
        map=code_map.small(facts.directory, facts.drawn, place, size=MAP_SIZE) if facts.directory else None,
    )
