"""The compare page and that of a pull request: what a change did, in twelve counts that are doors, and file by file. PURE."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from covdash.coverage.differential import Patch
from covdash.coverage.totals import Count
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place, State
from covdash.dashboards.pages import compare_grid
from covdash.dashboards.pages.commit import Tab
from covdash.dashboards.pages.compare_files import (
    CELL_PAGE,
    OF_FILES,
    PAGE,
    TABS,
    TITLES,
    CompareFacts,
    FileRow,
    View,
    address,
    listed,
)
from covdash.dashboards.pages.crumbs import Crumb, page_crumbs
from covdash.dashboards.pages.metrics import Metric, metrics
from covdash.dashboards.pages.unified import WORDS
from covdash.reports.differences import BaseFact, ComparisonFact
from covdash.reports.facts import CommitFact, ReportFact


@dataclass(frozen=True, slots=True)
class ComparePage:
    """All the page prints."""

    place: Place
    crumbs: tuple[Crumb, ...]
    title: str
    heading: str
    base: BaseFact
    base_address: str
    head: ReportFact
    head_address: str
    swap_address: str
    address: str
    markdown_address: str
    poll_address: str
    metrics: tuple[Metric, ...]
    comparison: ComparisonFact | None
    view: View
    tabs: tuple[Tab, ...]
    grid: tuple[tuple[str, tuple[compare_grid.Cell | None, ...]], ...]
    cell_words: str
    rows: tuple[FileRow, ...]
    number: int
    viewed: int | None
    """So many of the `number` files the reader has viewed; None for one who keeps no marks."""
    open_address: str
    """Opens the files of the page, or closes them."""
    openable: int
    """So many of them can be opened, the first `OPEN` at once."""
    back_address: str
    more_address: str
    first_address: str
    commits: tuple[tuple[CommitFact, str], ...]
    so_far: bool

    @property
    def patch_lines(self) -> Count | None:
        """Covered of measured new lines."""
        patch = self.comparison.patch if self.comparison else Patch()
        return Count(patch.covered, patch.measured) if patch.measured else None

    @property
    def patch_arms(self) -> Count | None:
        """Taken of known arms on new lines."""
        patch = self.comparison.patch if self.comparison else Patch()
        return patch.arms if patch.arms.total else None

    @property
    def unmeasured(self) -> int:
        """New lines that nothing can measure."""
        patch = self.comparison.patch if self.comparison else Patch()
        return patch.changed - patch.measured

    @property
    def same(self) -> bool:
        """Whether nothing differs at all."""
        return self.comparison is not None and not self.comparison.files


def build(
    facts: CompareFacts,
    project: Place,
    view: View,
    rows: Sequence[FileRow],
    *,
    pull: int = 0,
    title: str = "",
) -> ComparePage:
    """Return the page. `rows` are those of `wanted` that the page shows, made by `row`; `pull` is the number of a pull request."""
    base, head = facts.base.report, facts.head
    files = listed(facts, view)
    here = partial(address, facts, project, pull)
    names = f"{_name(base)} … {head.commit.short}" if base else head.commit.short
    heading = f"Pull request #{pull}" if pull else "Compare"
    size = CELL_PAGE if view.cell else PAGE
    state: dict[str, State] = {"tab": "" if view.tab == TABS[0] else view.tab, "cell": view.cell}
    same: dict[str, State] = {**state, "skip": view.skip or None}
    return ComparePage(
        place=project.at(commit=head.commit.sha),
        crumbs=page_crumbs(
            project, ("Pulls", project.pulls()) if pull else ("Commits", project.commits()), (heading, "")
        ),
        title=f"{title or heading} {names} \u00b7 {project.slug}",
        heading=title or heading,
        base=facts.base,
        base_address=project.commit_page(base.commit.sha) if base else "",
        head=head,
        head_address=project.commit_page(head.commit.sha),
        swap_address=project.compare(head.commit.sha, base.commit.sha) if base else "",
        address=here(),
        markdown_address=here(**{"as": "markdown"}),
        poll_address=address(facts, project, pull, part="comparison"),
        metrics=metrics(head.totals, base.totals if base else None),
        comparison=facts.comparison,
        view=view,
        tabs=_tabs(facts, view, here),
        grid=compare_grid.build(facts.comparison, view.cell, lambda cell: here(cell=cell)),
        cell_words=WORDS.get(view.cell, ""),
        rows=tuple(rows),
        number=len(files),
        viewed=None if facts.viewed is None else sum(map(facts.is_viewed, files)),
        open_address=here(**same, open="" if view.is_open else "all"),
        openable=sum(row.how != "unknown" and not row.viewed for row in rows),
        back_address=here(**same, open="all" if view.is_open else ""),
        more_address=here(**state, skip=view.skip + size) if view.skip + size < len(files) else "",
        first_address=here(**state) if view.skip else "",
        commits=tuple((commit, project.commit_page(commit.sha)) for commit in facts.between),
        so_far=head.is_so_far,
    )


def _tabs(facts: CompareFacts, view: View, here: Callable[..., str]) -> tuple[Tab, ...]:
    numbers = {"commits": len(facts.between), **facts.counts}
    if facts.comparison:
        numbers |= {word: len(listed(facts, View(word))) for word in OF_FILES}
    return tuple(
        Tab(
            word,
            title,
            here(tab="" if word == TABS[0] else word),
            word == view.tab and not view.cell,
            numbers.get(word),
        )
        for word, title in TITLES.items()
    )


def _name(report: ReportFact | None) -> str:
    return report.commit.short if report else figures.NOTHING
