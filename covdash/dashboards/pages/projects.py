"""The projects list: one row per project, in the order asked for. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from covdash.coverage.totals import Count, Totals, add_up
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place, group_url
from covdash.dashboards.charts import spark
from covdash.dashboards.pages.crumbs import Crumb
from covdash.dashboards.pages.metrics import Metric, metrics
from covdash.reports.facts import CommitFact, GroupSum, Page, ProjectCard

WEEKS = 12
SORTS = {"slug": "Project", "coverage": "Lines covered", "missed": "Missed lines", "last": "Last report"}
DEFAULT_SORT = "-missed"
"""What hurts most stands first."""


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """A row. `lines` is None for a project without a report; `earlier` is the count at the beginning of the twelve weeks."""

    slug: str
    place: Place
    is_public: bool
    head: CommitFact | None
    branch: str
    lines: Count | None
    partial: int
    earlier: Count | None
    spark: spark.Spark | None
    missed: str
    missed_word: str
    failed: int
    failed_address: str
    unknown: str
    """Why a project with a report has no count of lines, or ""."""
    may_set_up: bool
    """A project without a report offers its setup page to its members."""


@dataclass(frozen=True, slots=True)
class ProjectsPage:
    """The list with the state of its filter. `title` counts what is shown."""

    title: str
    rows: tuple[ProjectRow, ...]
    after: str
    search: str
    sort: str
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupPage:
    """A group: its crumbs, its sum over all projects, and a row for each subgroup and project right below it."""

    name: str
    crumbs: tuple[Crumb, ...]
    metrics: tuple[Metric, ...]
    projects: int
    rows: tuple[tuple[GroupSum, str, Count | None], ...]


def build_group(group: str, sums: Sequence[GroupSum]) -> GroupPage:
    """Return the head of the page of a group."""
    parts = group.split("/")
    crumbs = [Crumb("Projects", "/")]
    crumbs += [
        Crumb(part, group_url("/".join(parts[:depth])) if depth < len(parts) else "")
        for depth, part in enumerate(parts, 1)
    ]
    return GroupPage(
        group,
        tuple(crumbs),
        metrics(add_up(one.totals for one in sums)),
        sum(one.projects for one in sums),
        tuple(
            (one, group_url(one.slug) if one.is_group else Place(one.slug).root, one.totals.get("lines"))
            for one in sums
        ),
    )


def build(
    cards: Page[ProjectCard], *, search: str, sort: str, ignored: tuple[str, ...], now: datetime
) -> ProjectsPage:
    """Make the page of `cards`; `sort` is the order they are in."""
    rows = tuple(_row(card, now) for card in cards.items)
    title = (
        f"Projects ({figures.group(len(rows))}{' or more' if cards.after else ''})" if rows else "Projects"
    )
    return ProjectsPage(title, rows, cards.after, search, sort, ignored)


def _row(card: ProjectCard, now: datetime) -> ProjectRow:
    project, totals = card.project, card.totals
    place = Place(project.slug)
    lines = totals.get("lines") if totals else None
    measured = [p.totals for p in card.trend if p.totals is not None and p.totals.get("lines")]
    return ProjectRow(
        slug=project.slug,
        place=place,
        is_public=project.is_public,
        head=card.head,
        branch=project.default_branch,
        lines=lines,
        partial=totals.partial if totals else 0,
        earlier=measured[0].get("lines") if len(measured) > 1 else None,
        spark=spark.build(card.trend, "lines", now - timedelta(weeks=WEEKS), now),
        missed=figures.group(lines.missed) if lines and lines.missed else "",
        missed_word="missed line" if lines and lines.missed == 1 else "missed lines",
        failed=card.failed_uploads,
        failed_address=place.uploads(state="failed", from_=f"{card.failed_since}"),
        unknown=_unknown(totals) if totals and lines is None else "",
        may_set_up=card.head is None and bool(project.role),
    )


def _unknown(totals: Totals) -> str:
    return "source text is missing" if totals.needs_sources else "no line data in any upload"
