"""Totals along a git branch, from change points only: no tree is walked."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db.models import QuerySet, Subquery, Value
from django.db.models.functions import MD5, Coalesce

from covdash.projects.facts import ProjectFact
from covdash.projects.models import Branch, BranchCommit
from covdash.reports import rows
from covdash.reports.facts import TrendPoint
from covdash.reports.models import ChangePoint, Path


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
    of_path = _of_path(project, branch, path, flag)
    found = of_path if until is None else of_path.filter(at__lte=until)
    if since is not None:
        # From the last one before `since` on: its value is that of `since`.
        earlier = of_path.filter(at__lt=since).order_by("-at").values("at")[:1]
        found = found.filter(at__gte=Coalesce(Subquery(earlier), Value(since)))
    ordered = found.annotate(complete=rows.COMPLETE).order_by("at", "commit_id")
    found_rows = list(ordered.values_list("at", "commit__sha", "totals", "complete"))
    listed = [TrendPoint(*row) for row in found_rows if since is None or row[0] >= since]
    before = [row for row in found_rows if since is not None and row[0] < since]
    if since is not None and before and before[-1][2] is not None and (not listed or listed[0].at > since):
        listed.insert(0, TrendPoint(since, *before[-1][1:4]))
    if listed and listed[-1].totals is not None:
        newest = _newest(project, branch, flag, until).annotate(complete=rows.COMPLETE)
        for at, sha, complete in newest.values_list("at", "commit__sha", "complete")[:1]:
            if at > listed[-1].at:
                listed.append(TrendPoint(at, sha, listed[-1].totals, complete))
    return tuple(listed)


def _of_path(project: ProjectFact, branch: str, path: str, flag: str) -> QuerySet[ChangePoint]:
    branches = Branch.objects.filter(project_id=project.id, name=branch).values("pk")[:1]
    # The index of paths is one of their MD5; the path itself decides.
    digest = hashlib.md5(path.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
    paths = Path.objects.alias(digest=MD5("path")).filter(project_id=project.id, digest=digest, path=path)
    return ChangePoint.objects.filter(
        project_id=project.id, branch_id=branches, flag=flag, path_id=paths.values("pk")[:1]
    )


def _newest(project: ProjectFact, branch: str, flag: str, until: datetime | None) -> QuerySet[BranchCommit]:
    """Return the newest commit of the git branch that has a report of `flag`."""
    found = BranchCommit.objects.filter(
        branch__project_id=project.id, branch__name=branch, commit__reports__flag=flag
    )
    if until is not None:
        found = found.filter(at__lte=until)
    return found.order_by("-at", "-commit_id")
