"""When the numbers of files last changed on a git branch: how old they are, as far as reports tell."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Max, Subquery
from django.db.models.functions import MD5

from covdash.projects.facts import ProjectFact
from covdash.reports.facts import ReportFact
from covdash.reports.models import ChangePoint, Path


class Age(NamedTuple):
    """`since` is when numbers last changed. Where that is the first report of the branch, they may be older: then not `known`."""

    since: datetime
    known: bool


def of_files(
    *, project: ProjectFact, report: ReportFact, branch: str, paths: Iterable[str]
) -> dict[str, Age]:
    """Return path -> age on the git branch, up to the commit of the report, where some report tells it. One SQL statement."""
    digests = [_md5(path) for path in paths]
    if not digests:
        return {}
    points = ChangePoint.objects.filter(
        project_id=project.id, branch__project_id=project.id, branch__name=branch, flag=report.flag
    )
    known = Path.objects.filter(project_id=project.id).annotate(key=MD5("path"))
    wanted = points.filter(
        path_id__in=known.filter(key__in=digests).values("pk"), at__lte=report.commit.committed_at
    )
    first = points.filter(path_id__in=known.filter(key=_md5("")).values("pk")).order_by("at").values("at")[:1]
    found = wanted.values_list("path__path").annotate(last=Max("at"), begun=Subquery(first)).order_by()
    return {path: Age(last, last != begun) for path, last, begun in found}


def _md5(path: str) -> str:
    return hashlib.md5(path.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
