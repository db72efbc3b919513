"""The projects list: one row per project, in the order asked for. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from covdash.coverage.totals import Count, Totals, add_up
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place, group_url, query_url
from covdash.dashboards.charts import spark
from covdash.dashboards.pages.crumbs import Crumb
from covdash.dashboards.pages.metrics import Metric, metrics
from covdash.reports.facts import CommitFact, Page
from covdash.reports.project_facts import GroupSum, ProjectCard

WEEKS = 12
SORTS = {
    "-risk": "most risk",
    "-missed": "most missed lines",
    "coverage": "least covered",
    "changed": "greatest fall",
    "-last": "newest report",
    "slug": "name",
}
"""Orders to choose from; the heads of the columns turn them round."""
DEFAULT_SORT = "-risk"
"""What hurts most stands first."""
MAX_OWNERS = 200
"""Owners to choose from; the others are there by their address."""


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """A row. `lines` is None for a project without a report; `earlier` is the count that the change in twelve weeks is of."""

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
    risk: str
    """What is missed by the weights of components, "" where that is not known."""
    worst: str
    worst_missed: str
    worst_address: str
    """The component that stands out, with its missed lines and where they are."""
    failed: int
    failed_address: str
    unknown: str
    """Why a project with a report has no count of lines, or ""."""
    may_set_up: bool
    """A project without a report offers its setup page to its members."""
    is_pinned: bool


@dataclass(frozen=True, slots=True)
class ProjectsPage:
    """The list with the state of its filter, at `address`. `title` counts what is shown; `owner` is one of `owners`, "" for all."""

    title: str
    rows: tuple[ProjectRow, ...]
    after: str
    search: str
    sort: str
    ignored: tuple[str, ...]
    address: str
    owner: str = ""
    owners: tuple[str, ...] = ()

    @property
    def sorts(self) -> tuple[tuple[str, str], ...]:
        """Orders to choose from (word, title), with the present one."""
        turned = () if self.sort in SORTS else ((self.sort, "as the head of a column says"),)
        return (*SORTS.items(), *turned)

    @property
    def owner_address(self) -> str:
        """The owner's projects with their sums."""
        return group_url(self.owner) if self.owner else ""


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


def address_of(*, search: str, sort: str, after: str, group: str = "", owner: str = "") -> str:
    """Return the address of the list as it is narrowed, ordered and paged."""
    return query_url(
        group_url(group), q=search, owner=owner, sort="" if sort == DEFAULT_SORT else sort, after=after
    )


def build(
    cards: Page[ProjectCard],
    *,
    search: str,
    sort: str,
    ignored: tuple[str, ...],
    now: datetime,
    address: str,
    owner: str = "",
    owners: Sequence[str] = (),
) -> ProjectsPage:
    """Make the page of `cards` at `address`; `sort` is the order they are in, `owner` one of `owners` or "" for all."""
    rows = tuple(_row(card, now) for card in cards.items)
    title = (
        f"Projects ({figures.group(len(rows))}{' or more' if cards.after else ''})" if rows else "Projects"
    )
    offered = tuple(dict.fromkeys((*owners[:MAX_OWNERS], *([owner] if owner else []))))
    return ProjectsPage(title, rows, cards.after, search, sort, ignored, address, owner, offered)


def _row(card: ProjectCard, now: datetime) -> ProjectRow:
    project, totals = card.project, card.totals
    place = Place(project.slug)
    lines = totals.get("lines") if totals else None
    return ProjectRow(
        slug=project.slug,
        place=place,
        is_public=project.is_public,
        head=card.head,
        branch=project.default_branch,
        lines=lines,
        partial=totals.partial if totals else 0,
        earlier=card.start.get("lines") if card.start else None,
        spark=spark.build(card.trend, "lines", now - timedelta(weeks=WEEKS), now),
        missed=figures.group(lines.missed) if lines and lines.missed else "",
        missed_word="missed line" if lines and lines.missed == 1 else "missed lines",
        risk="" if card.risk is None else figures.halves(card.risk),
        worst=card.worst,
        worst_missed=figures.group(card.worst_missed) if card.worst_missed else "",
        worst_address=place.tree(flat=True, component=card.worst, show="missed"),
        failed=card.failed_uploads,
        failed_address=place.uploads(state="failed", from_=f"{card.failed_since}"),
        unknown=_unknown(totals) if totals and lines is None else "",
        may_set_up=card.head is None and bool(project.role),
        is_pinned=card.is_pinned,
    )


def _unknown(totals: Totals) -> str:
    return "source text is missing" if totals.needs_sources else "no line data in any upload"
