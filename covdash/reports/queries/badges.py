"""One number of a project for a badge, and what there is to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from covdash.coverage.totals import KINDS, Count, Totals
from covdash.projects.facts import ProjectFact
from covdash.projects.models import Branch
from covdash.reports.facts import BadgeChoices
from covdash.reports.models import CommitReport


def count(
    *, project: ProjectFact, metric: str = "lines", branch: str = "", flag: str = "", component: str = ""
) -> Count | None:
    """Return the count of a metric at the head of a git branch (the default for ""), None when there is none. One SQL statement."""
    if metric not in KINDS:
        return None
    found = _head(project, branch).filter(flag=flag).values_list("totals", "components").first()
    if found is None:
        return None
    totals, components = found
    if component:
        return _of_component(components, component, metric)
    return totals.get(metric) if isinstance(totals, Totals) else None


def choices(*, project: ProjectFact, branch: str = "") -> BadgeChoices:
    """Return the flags, components and metrics of the head of a git branch. One SQL statement."""
    rows = list(_head(project, branch).order_by("flag").values_list("flag", "totals", "components"))
    whole = next((row for row in rows if not row[0]), None)
    metrics = tuple(kind for kind in KINDS if whole and whole[1].get(kind))
    components = tuple(whole[2]) if whole else ()
    return BadgeChoices(tuple(flag for flag, *_ in rows if flag), components, metrics)


def _head(project: ProjectFact, branch: str) -> QuerySet[CommitReport]:
    heads = Branch.objects.filter(project_id=project.id, name=branch or project.default_branch)
    return CommitReport.objects.filter(project_id=project.id, commit_id__in=heads.values("head_id"))


def _of_component(components: Mapping[str, Any], name: str, metric: str) -> Count | None:
    pair = (components.get(name) or {}).get(metric)
    return Count(pair["covered"], pair["total"]) if pair else None
