"""One number of a project for a badge, and what there is to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from covdash.coverage.totals import KINDS, Count
from covdash.projects.facts import ProjectFact
from covdash.projects.models import Branch
from covdash.reports import rows
from covdash.reports.badge_facts import BadgeChoices, BadgeFact
from covdash.reports.models import CommitReport


def number(
    *, project: ProjectFact, metric: str = "lines", branch: str = "", flag: str = "", component: str = ""
) -> BadgeFact:
    """Return the count of a metric at the head of a git branch (the default for ""), and the uploads of that. One SQL statement."""
    if metric not in KINDS:
        return BadgeFact()
    columns = {**rows.commit_columns("commit__"), **rows.upload_counts("commit_id")}
    # The report of a flag that did not arrive yet is not there: the whole one tells that more is expected.
    found = _head(project, branch).filter(flag__in={flag, ""}).order_by("-flag").annotate(**columns)
    row = found.values("flag", "totals", "components", *columns).first()
    if row is None:
        return BadgeFact()
    count = None
    if row["flag"] == flag:
        totals, components = row["totals"], row["components"]
        count = _of_component(components, component, metric) if component else totals.get(metric)
    by_state = rows.counts_of(row)
    return BadgeFact(
        count, rows.commit_fact(row), by_state["processed"], by_state["failed"], by_state["waiting"]
    )


def choices(*, project: ProjectFact, branch: str = "") -> BadgeChoices:
    """Return the flags, components and metrics of the head of a git branch. One SQL statement."""
    reports = list(_head(project, branch).order_by("flag").values_list("flag", "totals", "components"))
    whole = next((row for row in reports if not row[0]), None)
    metrics = tuple(kind for kind in KINDS if whole and whole[1].get(kind))
    components = tuple(whole[2]) if whole else ()
    return BadgeChoices(tuple(flag for flag, *_ in reports if flag), components, metrics)


def _head(project: ProjectFact, branch: str) -> QuerySet[CommitReport]:
    heads = Branch.objects.filter(project_id=project.id, name=branch or project.default_branch)
    return CommitReport.objects.filter(project_id=project.id, commit_id__in=heads.values("head_id"))


def _of_component(components: Mapping[str, Any], name: str, metric: str) -> Count | None:
    pair = (components.get(name) or {}).get(metric)
    return Count(pair["covered"], pair["total"]) if pair else None
