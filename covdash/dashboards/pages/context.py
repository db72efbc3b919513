"""The context bar, the same on all data pages: which git branch or commit, which flag, how complete. PURE."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.reports.facts import CommitFact, ReportFact


@dataclass(frozen=True, slots=True)
class ContextBar:
    """What is looked at. `branch` is the git branch that is shown (also when the address does not name it), "" at a commit.

    `complete` is False while uploads wait: numbers are "so far" then. `ignored` are words of the query that made no sense.
    """

    place: Place
    commit: CommitFact
    branch: str
    branches: tuple[str, ...]
    flag: str
    flags: tuple[str, ...]
    uploads: str
    complete: bool
    failed: int
    ignored: tuple[str, ...] = ()

    @property
    def commit_address(self) -> str:
        """The page of the commit."""
        return self.place.commit_page(self.commit.sha)

    @property
    def uploads_address(self) -> str:
        """The uploads of the commit."""
        return self.place.commit_page(self.commit.sha, tab="uploads")

    @property
    def where(self) -> str:
        """The git branch, or the commit where no branch was asked for."""
        return self.branch or self.commit.short


def build(
    report: ReportFact,
    place: Place,
    *,
    branch: str,
    branches: Iterable[str],
    flags: Iterable[str],
    ignored: tuple[str, ...] = (),
) -> ContextBar:
    """Return the bar of `report`; the branch that is shown is always among the branches to choose from."""
    names = list(branches)
    if branch and branch not in names:
        names.insert(0, branch)
    return ContextBar(
        place=place,
        commit=report.commit,
        branch=branch,
        branches=tuple(names),
        flag=place.flag,
        flags=tuple(flags),
        uploads=completeness(report.processed, report.failed, report.waiting),
        complete=report.waiting == 0,
        failed=report.failed,
        ignored=ignored,
    )


def completeness(processed: int, failed: int, waiting: int, *, brief: bool = False) -> str:
    """Return how many uploads are in: `5 of 6 uploads in, 1 failed`; `brief` leaves out what is not."""
    every = processed + failed + waiting
    text = f"{figures.group(processed)} of {figures.counted(every, 'upload')} in"
    if failed and not brief:
        text += f", {figures.group(failed)} failed"
    if waiting and not brief:
        text += f", {figures.group(waiting)} waiting"
    return text
