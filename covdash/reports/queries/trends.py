"""Totals along a git branch, from change points only: no tree is walked."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from datetime import UTC, datetime
from operator import itemgetter

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import MD5, Coalesce, Trunc, TruncDate

from covdash.projects.facts import ProjectFact
from covdash.projects.models import Branch, BranchCommit
from covdash.reports import rows
from covdash.reports.facts import TrendPoint
from covdash.reports.models import ChangePoint, CommitReport, Path


def points(
    *,
    project: ProjectFact,
    branch: str,
    path: str = "",
    flag: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[TrendPoint, ...]:
    """Return where the totals of `path` changed on the git branch, in order; both times are included. Two SQL statements.

    Between two points the totals stay as they are. The value from before `since` is carried to a first point at `since`, and the last
    one to a closing point at the newest reported commit, so that a line reaches both ends.
    """
    found = _within(project, branch, path, flag, since, until)
    return tuple(_read(found, project, branch, flag, since, until))


def drawn(
    *, project: ProjectFact, branch: str, flag: str = "", since: datetime | None = None, most: int
) -> tuple[tuple[TrendPoint, ...], str]:
    """Return the points of the root as `points` does, and what one stands for: a commit, a day or a week.

    Of more than `most` only the last of each day is kept, of more days the last of each week. Three SQL statements.
    """
    found = _within(project, branch, "", flag, since, None)
    numbers = found.aggregate(commit=Count("*"), day=Count(TruncDate("at", tzinfo=UTC), distinct=True))
    grain = next((name for name in ("commit", "day") if numbers[name] <= most), "week")
    if grain == "commit":
        return tuple(_read(found, project, branch, flag, since, None)), grain
    found = found.annotate(period=Trunc("at", grain, tzinfo=UTC)).distinct("period")
    last: dict[tuple[int, ...], TrendPoint] = {}
    for point in _read(found, project, branch, flag, since, None, first=("period",)):
        year, week, day = point.at.isocalendar()
        last[(year, week) if grain == "week" else (year, week, day)] = point
    return tuple(last.values()), grain


def _within(
    project: ProjectFact, branch: str, path: str, flag: str, since: datetime | None, until: datetime | None
) -> QuerySet[ChangePoint]:
    """Return the change points of a time, and the last one before it."""
    of_path = _of_path(project, branch, path, flag)
    found = of_path if until is None else of_path.filter(at__lte=until)
    if since is not None:
        # From the last one before `since` on: its value is that of `since`.
        earlier = of_path.filter(at__lt=since).order_by("-at").values("at")[:1]
        found = found.filter(at__gte=Coalesce(Subquery(earlier), Value(since)))
    return found


def _read(
    found: QuerySet[ChangePoint],
    project: ProjectFact,
    branch: str,
    flag: str,
    since: datetime | None,
    until: datetime | None,
    first: tuple[str, ...] = (),
) -> list[TrendPoint]:
    """Return change points as points of a line that reaches both ends; `first` is what they are told apart by."""
    ordered = found.annotate(complete=rows.COMPLETE).order_by(*first, "-at", "-commit_id")
    columns = ordered.annotate(us=rows.Microseconds("at")).values_list(
        "us", "commit__sha", "totals", "complete", *first
    )
    listed = [TrendPoint(rows.moment(us), sha, totals, whole) for us, sha, totals, whole, *_ in columns]
    listed.sort(key=itemgetter(0)) if first else listed.reverse()
    if since is not None:
        start = bisect_left(listed, since, key=itemgetter(0))
        before, listed = listed[:start][-1:], listed[start:]
        if before and before[0].totals is not None and (not listed or listed[0].at > since):
            listed.insert(0, before[0]._replace(at=since))
    if listed and listed[-1].totals is not None:
        newest = _newest(project, branch, flag, until).annotate(complete=rows.COMPLETE)
        for at, sha, complete in newest.values_list("at", "commit__sha", "complete")[:1]:
            if at > listed[-1].at:
                listed.append(TrendPoint(at, sha, listed[-1].totals, complete))
    return listed


def _of_path(project: ProjectFact, branch: str, path: str, flag: str) -> QuerySet[ChangePoint]:
    # The index of paths is one of their MD5; the path itself decides.
    digest = hashlib.md5(path.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
    paths = Path.objects.alias(digest=MD5("path")).filter(project_id=project.id, digest=digest, path=path)
    return ChangePoint.objects.filter(
        project_id=project.id, branch_id=_id_of(project, branch), flag=flag, path_id=paths.values("pk")[:1]
    )


def _id_of(project: ProjectFact, branch: str) -> Subquery:
    return Subquery(Branch.objects.filter(project_id=project.id, name=branch).values("pk")[:1])


def _newest(project: ProjectFact, branch: str, flag: str, until: datetime | None) -> QuerySet[BranchCommit]:
    """Return the newest commits of the git branch that have a report of `flag`, the newest first, by the index of the branch."""
    reported = CommitReport.objects.filter(commit_id=OuterRef("commit_id"), flag=flag)
    found = BranchCommit.objects.filter(Exists(reported), branch_id=_id_of(project, branch))
    if until is not None:
        found = found.filter(at__lte=until)
    return found.order_by("-at", "-commit_id")
