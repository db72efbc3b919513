"""The files of a comparison: which of them a view lists and opens, and each as a row. PURE."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from covdash.coverage.differential import CATEGORIES, Patch, Tally
from covdash.coverage.totals import Count, Totals
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place, State
from covdash.dashboards.pages.hunks import FileHunks
from covdash.dashboards.pages.unified import WORDS
from covdash.reports.differences import BaseFact, ComparisonFact, FileDifference
from covdash.reports.facts import CommitFact, ReportFact

PAGE = 100
CELL_PAGE = 15
OPEN = 20
"""Files that are open at once."""
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
OF_FILES = TABS[:3]
"""The tabs that list files."""


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
    viewed: bool = False
    mark: str = ""
    """What the reader marks as viewed (hex)."""
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

    `counts` says of tabs that list no files how much is on them; `viewed` are the marks of the reader, None for one who has none.
    """

    base: BaseFact
    head: ReportFact
    comparison: ComparisonFact | None
    between: Sequence[CommitFact] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    viewed: frozenset[bytes] | None = None

    def is_viewed(self, file: FileDifference) -> bool:
        """Whether the reader has viewed this very change."""
        return self.viewed is not None and file.mark in self.viewed


@dataclass(frozen=True, slots=True)
class View:
    """What the address asks for: the tab, a category, the file that is opened, and how many files to pass over.

    With `is_open` the files of the page are opened that the reader has not viewed.
    """

    tab: str = TABS[0]
    cell: str = ""
    opened: str = ""
    skip: int = 0
    is_open: bool = False


def wanted(facts: CompareFacts, view: View) -> list[FileDifference]:
    """Return the files of a tab or of a category, what hurts most first."""
    if view.cell:
        at = CATEGORIES.index(view.cell)
        return sorted(listed(facts, view), key=lambda file: (-file.tally[at], file.name))
    if view.tab == "indirect":
        return sorted(listed(facts, view), key=lambda file: (-file.tally.lbc, file.name))
    return sorted(listed(facts, view), key=_hurt)


def listed(facts: CompareFacts, view: View) -> list[FileDifference]:
    """Return the files of a tab or of a category in no certain order."""
    files = facts.comparison.files if facts.comparison else ()
    if view.cell:
        at = CATEGORIES.index(view.cell)
        return [file for file in files if file.tally[at]]
    if view.tab == "indirect":
        return [file for file in files if file.tally.lbc]
    if view.tab == "changed":
        return [file for file in files if file.how in {"text", "diff", "unknown"}]
    return list(files) if view.tab in OF_FILES else []


def to_open(files: Iterable[FileDifference], facts: CompareFacts, view: View) -> list[FileDifference]:
    """Return the files of a page that are opened, all that there are if they are more than `OPEN`."""
    if view.is_open:
        return [file for file in files if file.how != "unknown" and not facts.is_viewed(file)]
    return [file for file in files if file.name == view.opened]


def row(
    file: FileDifference,
    facts: CompareFacts,
    project: Place,
    view: View,
    *,
    lines: Sequence[int] = (),
    opened: Mapping[str, FileHunks | None] | None = None,
    pull: int = 0,
) -> FileRow:
    """Return a file as a row; `lines` are those of the chosen category, `opened` the diffs of the files that are open, by name."""
    base = facts.base.report
    gone = view.cell in {"DCB", "DUB"}
    side = base.commit.sha if gone and base else facts.head.commit.sha
    place, path = project.at(commit=side), file.old_path if gone else file.path
    runs = _runs(lines)
    hunks = opened or {}
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
        hunks=hunks.get(file.name),
        opened=file.name in hunks,
        viewed=facts.is_viewed(file),
        mark=file.mark.hex(),
        open_address=address(
            facts, project, pull, **state, file="" if view.opened == file.name else file.name
        ),
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


def address(facts: CompareFacts, project: Place, pull: int, **state: State) -> str:
    """Return the address of a comparison, or of the pull request `pull`, in a certain state."""
    if pull:
        return project.pull(pull, **state)
    base = facts.base.report
    return project.compare(base.commit.sha if base else "", facts.head.commit.sha, **state)


def _lines(totals: Totals) -> Count | None:
    found = totals.get("lines")
    return found if found and found.total else None
