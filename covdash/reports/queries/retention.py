"""What retention removes next, what it removed, and how its sweeps went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from covdash.projects.facts import ProjectFact
from covdash.projects.keeping import Policy
from covdash.projects.models import Commit, Project
from covdash.reports import thinning
from covdash.reports.models import Sweep, Upload
from covdash.reports.retention_facts import SweepFact, SweepFigures

SHOWN = 50
"""Projects whose last sweep operators are shown."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers of commits (whose files and lines) and uploads (whose raw files) are removed by the next sweep, or are gone."""

    commits_due: int
    uploads_due: int
    commits_gone: int
    uploads_gone: int


def numbers(*, project: ProjectFact, policy: Policy) -> Numbers:
    """Return what will go and what is gone. Two SQL statements at most. Raises `Project.DoesNotExist`."""
    uploads_due, commits_gone, uploads_gone = Project.objects.values_list(
        _number(thinning.expiring(project.id, policy)),
        _number(Commit.objects.filter(thinned_at__isnull=False)),
        _number(Upload.objects.filter(raw_gone_at__isnull=False, deleted_at=None)),
    ).get(pk=project.id)
    return Numbers(len(thinning.due(project.id, policy)), uploads_due, commits_gone, uploads_gone)


def last(*, project: ProjectFact) -> tuple[SweepFact | None, SweepFact | None]:
    """Return the last sweep of a project, and the last count of what the next one removes. One SQL statement."""
    found = {fact.is_dry: fact for fact in _facts(project_id=project.id)}
    return found.get(False), found.get(True)


def sweeps() -> tuple[SweepFact, ...]:
    """Return the last sweeps of all projects: failed ones first, then the newest, at most 50. One SQL statement."""
    return tuple(_facts(is_dry=False))


def _number(found: QuerySet[Any, Any]) -> Combinable:
    """Return how many rows of the project of the outer row there are."""
    own = found.filter(project_id=OuterRef("pk")).order_by().values("project_id")
    return Coalesce(Subquery(own.annotate(number=Count("pk")).values("number")), 0)


def _facts(**which: object) -> list[SweepFact]:
    rows = Sweep.objects.filter(**which).order_by("-error", "-started_at")
    columns = ("project__slug", "started_at", "ended_at", "error", "found", "is_dry")
    return [
        SweepFact(slug or "", started_at, ended_at, error, msgspec.convert(found, SweepFigures), is_dry)
        for slug, started_at, ended_at, error, found, is_dry in rows.values_list(*columns)[:SHOWN]
    ]
