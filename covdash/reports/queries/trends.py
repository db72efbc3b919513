"""Totals along a git branch, from change points only: no tree is walked."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import MD5

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
    """Return where the totals of `path` changed on the git branch, in order; both times are included. Three SQL statements at most.

    Between two points the totals stay as they are. The value from before `since` is carried to a first point at `since`, and the last
    one to a closing point at the newest reported commit, so that a line reaches both ends.
    """
    of_path = _of_path(project, branch, path, flag)
    found = of_path if since is None else of_path.filter(at__gte=since)
    found = found if until is None else found.filter(at__lte=until)
    columns = ("at", "commit__sha", "totals", rows.COMPLETE)
    listed = [TrendPoint(*row) for row in found.order_by("at", "commit_id").values_list(*columns)]
    if since is not None and (not listed or listed[0].at > since):
        earlier = of_path.filter(at__lt=since).order_by("-at", "-commit_id").values_list(*columns).first()
        if earlier is not None and earlier[2] is not None:
            listed.insert(0, TrendPoint(since, *earlier[1:]))
    if listed and listed[-1].totals is not None:
        closing = _newest(project, branch, flag, until)
        if closing is not None and closing[0] > listed[-1].at:
            listed.append(TrendPoint(closing[0], closing[1], listed[-1].totals, closing[2]))
    return tuple(listed)


def _of_path(project: ProjectFact, branch: str, path: str, flag: str) -> QuerySet[ChangePoint]:
    branches = Branch.objects.filter(project_id=project.id, name=branch).values("pk")[:1]
    # The index of paths is one of their MD5; the path itself decides.
    digest = hashlib.md5(path.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
    paths = Path.objects.alias(digest=MD5("path")).filter(project_id=project.id, digest=digest, path=path)
    return ChangePoint.objects.filter(
        project_id=project.id, branch_id=branches, flag=flag, path_id=paths.values("pk")[:1]
    )


def _newest(project: ProjectFact, branch: str, flag: str, until: datetime | None) -> tuple[Any, ...] | None:
    """Return (time, sha, complete) of the newest commit of the git branch that has a report of `flag`."""
    found = BranchCommit.objects.filter(
        branch__project_id=project.id, branch__name=branch, commit__reports__flag=flag
    )
    if until is not None:
        found = found.filter(at__lte=until)
    return found.order_by("-at", "-commit_id").values_list("at", F("commit__sha"), rows.COMPLETE).first()
