"""What a request looks at: the report of a git branch or a commit, seen through a flag. Every data page starts here."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import context
from covdash.projects.facts import ProjectFact
from covdash.reports.facts import ReportFact
from covdash.reports.queries import branches, commits
from covdash.reports.retention_facts import DetailsGoneError


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked at. `branch` is the git branch whose head is shown, "" at a commit; `ignored` are words that made no sense."""

    project: ProjectFact
    place: Place
    report: ReportFact
    branch: str
    branches: tuple[str, ...]
    flags: tuple[str, ...]
    ignored: tuple[str, ...]
    unreported: tuple[str, ...] = ()
    """Commits of the git branch that are newer than what is shown, newest first: they have no report."""

    @property
    def context(self) -> context.ContextBar:
        """The context bar of the page."""
        return context.build(
            self.report,
            self.place,
            branch=self.branch,
            branches=self.branches,
            flags=self.flags,
            ignored=self.ignored,
            unreported=self.unreported,
        )

    @property
    def past(self) -> str:
        """The git branch whose reports tell how old things are: a commit is on some branch, too."""
        branches = self.report.commit.branches
        return self.branch or (branches[0] if branches else self.project.default_branch)


def read(request: HttpRequest, project: ProjectFact, *, several: bool = False) -> Scope | None:
    """Return what `?commit=`, `?branch=` and `?flag=` ask for, else the head of the default branch; None without any report.

    Where the page can show `several` flags together and the address names more than one, the report is the whole one, and the place
    has the flags. Elsewhere the last one counts.

    Raises `DetailsGoneError`, before anything is answered, where retention removed files and lines.
    Three SQL statements: report and commit (or the commits above it), the git branches to choose from; one more when the git branch
    has no report, and one more where only one of several flags is known.
    """
    words = request.GET
    flags = tuple(sorted(filter(None, set(words.getlist("flag")))))
    flag = words.get("flag", "")
    if several:
        flag = flags[0] if len(flags) == 1 else ""
    ignored: list[str] = []
    place = Place(project.slug)
    report = None
    if name := words.get("branch", ""):
        report = commits.head(project=project, branch=name, flag=flag)
        if report is None:
            ignored.append(f"branch={name}")
        else:
            place = place.at(branch=name)
    elif ref := words.get("commit", ""):
        commit = commits.resolve(project=project, ref=ref)
        report = commits.report(project=project, commit=commit, flag=flag, or_whole=True) if commit else None
        if report is None:
            ignored.append(f"commit={ref}")
        else:
            place = place.at(commit=report.commit.sha)
    if report is None:
        report = commits.head(project=project, flag=flag)
    if report is None:
        return None
    if report.commit.thinned_at is not None:
        raise DetailsGoneError(report.commit)
    known = tuple(one for one in flags if one in report.flags) if several and len(flags) > 1 else ()
    if len(known) == 1:
        flag = known[0]
        report = commits.report(project=project, commit=report.commit, flag=flag) or report
    place = place.through(known) if len(known) > 1 else place.flagged(report.flag)
    ignored.extend(f"flag={one}" for one in flags if one not in (report.flag, *place.flags))
    names = branches.names(project=project)
    shown = "" if place.commit else place.branch or project.default_branch
    newer = commits.unreported(project=project, branch=shown, head=report.commit) if shown else ()
    return Scope(project, place, report, shown, names, report.flags, tuple(ignored), newer)


def report_before(seen: Scope) -> ReportFact | None:
    """Return the report that deltas compare with: the one before it, of the same flag. One SQL statement."""
    return commits.previous(
        project=seen.project, commit=seen.report.commit, branch=seen.branch, flag=seen.place.flag
    )
