"""The compare page and that of a pull request: what a change did, in twelve counts that are doors, and file by file. PURE."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from covdash.coverage.differential import CATEGORIES, Patch, Tally
from covdash.coverage.totals import Count, Totals
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place, State
from covdash.dashboards.pages import compare_grid
from covdash.dashboards.pages.commit import Tab
from covdash.dashboards.pages.crumbs import Crumb, page_crumbs
from covdash.dashboards.pages.hunks import FileHunks
from covdash.dashboards.pages.metrics import Metric, metrics
from covdash.dashboards.pages.unified import WORDS
from covdash.reports.differences import BaseFact, ComparisonFact, FileDifference
from covdash.reports.facts import CommitFact, ReportFact

PAGE = 100
CELL_PAGE = 15
RUNS = 40
"""Runs of lines of a file that are listed; a file of 50,000 lines may have thousands."""
TITLES = {
    "changed": "Changed files",
    "indirect": "Lost elsewhere",
    "all": "All files",
    "commits": "Commits",
    "uploads": "Uploads",
    "components": "Components",
    "flags": "Flags",
}
TABS = tuple(TITLES)
_OF_FILES = TABS[:3]


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of the comparison; `runs` are its lines in a chosen cell."""

    name: str
    old_name: str
    what: str
    how: str
    address: str
    patch: Patch
    tally: Tally
    delta: figures.Delta
    lost: int
    number: int = 0
    runs: tuple[tuple[str, str], ...] = ()
    """Runs of lines of the chosen cell in words (`88` or `88\u2013104`) with addresses; `number` lines in all, `left` not listed."""
    left: int = 0
    hunks: FileHunks | None = None
    opened: bool = False
    open_address: str = ""
    diff_address: str = ""
    """The file page that shows the same as a diff; "" for a file that is gone."""

    @property
    def hurts(self) -> bool:
        """Whether lines are not tested that are new, ran before, or are measured anew."""
        return bool(self.tally.unc + self.tally.lbc + self.tally.uic)

    @property
    def patch_count(self) -> Count | None:
        """Covered of measured new lines, None where none is measured."""
        return Count(self.patch.covered, self.patch.measured) if self.patch.measured else None

    @property
    def counts(self) -> tuple[tuple[str, str, int], ...]:
        """(letters, words, lines) of the categories that it has, apart from those that did not change."""
        found = zip(CATEGORIES, self.tally, strict=True)
        return tuple(
            (name, WORDS[name], number) for name, number in found if number and name not in {"CBC", "UBC"}
        )


@dataclass(frozen=True, slots=True)
class CompareFacts:
    """What the page is made of. `comparison` is None while it is being made; `between` are the commits since the base.

    `counts` says of tabs that list no files how much is on them.
    """

    base: BaseFact
    head: ReportFact
    comparison: ComparisonFact | None
    between: Sequence[CommitFact] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class View:
    """What the address asks for: the tab, a category, the file that is opened, and how many files to pass over."""

    tab: str = TABS[0]
    cell: str = ""
    opened: str = ""
    skip: int = 0


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


def wanted(facts: CompareFacts, view: View) -> list[FileDifference]:
    """Return the files of a tab or of a category, what hurts most first."""
    if view.cell:
        at = CATEGORIES.index(view.cell)
        return sorted(_of(facts, view), key=lambda file: (-file.tally[at], file.name))
    if view.tab == "indirect":
        return sorted(_of(facts, view), key=lambda file: (-file.tally.lbc, file.name))
    return sorted(_of(facts, view), key=_hurt)


def _of(facts: CompareFacts, view: View) -> list[FileDifference]:
    """Return the files of a tab or of a category in no certain order."""
    files = facts.comparison.files if facts.comparison else ()
    if view.cell:
        at = CATEGORIES.index(view.cell)
        return [file for file in files if file.tally[at]]
    if view.tab == "indirect":
        return [file for file in files if file.tally.lbc]
    if view.tab == "changed":
        return [file for file in files if file.how in {"text", "diff", "unknown"}]
    return list(files) if view.tab in _OF_FILES else []


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
    files = _of(facts, view)
    here = partial(_address, facts, project, pull)
    names = f"{_name(base)} … {head.commit.short}" if base else head.commit.short
    heading = f"Pull request #{pull}" if pull else "Compare"
    size = CELL_PAGE if view.cell else PAGE
    state: dict[str, State] = {"tab": "" if view.tab == TABS[0] else view.tab, "cell": view.cell}
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
        poll_address=_address(facts, project, pull, part="comparison"),
        metrics=metrics(head.totals, base.totals if base else None),
        comparison=facts.comparison,
        view=view,
        tabs=_tabs(facts, view, here),
        grid=compare_grid.build(facts.comparison, view.cell, lambda cell: here(cell=cell)),
        cell_words=WORDS.get(view.cell, ""),
        rows=tuple(rows),
        number=len(files),
        more_address=here(**state, skip=view.skip + size) if view.skip + size < len(files) else "",
        first_address=here(**state) if view.skip else "",
        commits=tuple((commit, project.commit_page(commit.sha)) for commit in facts.between),
        so_far=head.is_so_far,
    )


def row(
    file: FileDifference,
    facts: CompareFacts,
    project: Place,
    view: View,
    *,
    lines: Sequence[int] = (),
    hunks: FileHunks | None = None,
    pull: int = 0,
) -> FileRow:
    """Return a file as a row; `lines` are those of the chosen category, `hunks` its diff when it is opened."""
    base = facts.base.report
    gone = view.cell in {"DCB", "DUB"}
    side = base.commit.sha if gone and base else facts.head.commit.sha
    place, path = project.at(commit=side), file.old_path if gone else file.path
    runs = _runs(lines)
    opened = view.opened == file.name
    state: dict[str, State] = {
        "tab": "" if view.tab == TABS[0] else view.tab,
        "cell": view.cell,
        "skip": view.skip or None,
    }
    return FileRow(
        name=file.name,
        old_name=file.old_path if file.what == "renamed" else "",
        what=file.what,
        how=file.how,
        address=place.file(path) if path else "",
        patch=file.patch,
        tally=file.tally,
        delta=figures.delta(_lines(file.before), _lines(file.after))
        if file.before and file.after
        else figures.Delta(file.what, why=f"{file.what} here"),
        lost=file.tally.lbc,
        number=len(lines),
        runs=tuple((_words(*run), place.file(path, run[0])) for run in runs[:RUNS]) if path else (),
        left=sum(last - first + 1 for first, last in runs[RUNS:]),
        hunks=hunks,
        opened=opened,
        open_address=_address(facts, project, pull, **state, file="" if opened else file.name),
        diff_address=project.at(commit=facts.head.commit.sha).viewed(diff=base.commit.sha).file(file.path)
        if base and file.path
        else "",
    )


def _runs(lines: Sequence[int]) -> list[tuple[int, int]]:
    """Return (first, last) of the runs of `lines`, which are sorted."""
    found: list[tuple[int, int]] = []
    for line in lines:
        if found and found[-1][1] == line - 1:
            found[-1] = (found[-1][0], line)
        else:
            found.append((line, line))
    return found


def _words(first: int, last: int) -> str:
    return f"{first}" if first == last else f"{first}\u2013{last}"


def _hurt(file: FileDifference) -> tuple[int, int, int, str]:
    tally = file.tally
    return -(tally.unc + tally.lbc + tally.uic), -file.patch.measured, -file.patch.changed, file.name


def _address(facts: CompareFacts, project: Place, pull: int, **state: State) -> str:
    if pull:
        return project.pull(pull, **state)
    base = facts.base.report
    return project.compare(base.commit.sha if base else "", facts.head.commit.sha, **state)


def _tabs(facts: CompareFacts, view: View, here: Callable[..., str]) -> tuple[Tab, ...]:
    numbers = {"commits": len(facts.between), **facts.counts}
    if facts.comparison:
        numbers |= {word: len(_of(facts, View(word))) for word in _OF_FILES}
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


def _lines(totals: Totals) -> Count | None:
    found = totals.get("lines")
    return found if found and found.total else None
