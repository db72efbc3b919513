"""The context bar, the same on all data pages: which git branch or commit, which flag, how complete. PURE."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from covdash.dashboards.addresses import Place
from covdash.dashboards.pages.standing import CarriedRow, Stale, Standing, carried_rows, stale, standing
from covdash.reports.facts import CommitFact, ReportFact

CARRIED = 4


@dataclass(frozen=True, slots=True)
class ContextBar:
    """What is looked at. `branch` is the git branch that is shown (also when the address does not name it), "" at a commit.

    `standing` says how complete it is, and whether numbers are "so far"; `carried` are flags that were taken over from earlier
    commits; `ignored` are words of the query that made no sense; `stale` says that the git branch has newer commits.
    """

    place: Place
    commit: CommitFact
    branch: str
    branches: tuple[str, ...]
    flag: str
    flags: tuple[str, ...]
    standing: Standing
    failed: int
    carried: tuple[CarriedRow, ...] = ()
    ignored: tuple[str, ...] = ()
    stale: Stale | None = None

    @property
    def commit_address(self) -> str:
        """The page of the commit."""
        return self.place.commit_page(self.commit.sha)

    @property
    def uploads_address(self) -> str:
        """The uploads of the commit."""
        return self.place.commit_page(self.commit.sha, tab="uploads")

    @property
    def carried_first(self) -> tuple[CarriedRow, ...]:
        """The flags that are named in the bar; the commit page has them all."""
        return self.carried[:CARRIED]

    @property
    def carried_more(self) -> int:
        """How many are not."""
        return len(self.carried) - len(self.carried_first)

    @property
    def reasons(self) -> tuple[tuple[str, str], ...]:
        """Each word that was ignored, and why."""
        gone = f"This project has no report there, so {self.where} is shown."
        one = f"This page looks through one flag at a time, and shows {self.flag or 'all uploads'}."
        none = "No upload of this commit that was processed has this flag."
        known = {f"flag={flag}" for flag in self.flags}
        return tuple(
            (word, one if word in known else none if word.startswith("flag=") else gone)
            for word in self.ignored
        )

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
    unreported: Sequence[str] = (),
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
        standing=of_report(report),
        failed=report.failed,
        carried=carried_rows(report.commit, report.carried, place),
        ignored=ignored,
        stale=stale(unreported, report.commit, place),
    )


def of_report(report: ReportFact) -> Standing:
    """Return how complete the commit of a report is."""
    return standing(report.commit, processed=report.processed, failed=report.failed, waiting=report.waiting)
