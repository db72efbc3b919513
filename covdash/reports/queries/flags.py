"""Flags that uploads of a project carry."""

from __future__ import annotations

from django.db.models import Max

from covdash.projects.facts import ProjectFact
from covdash.reports.models import CommitReport
from covdash.reports.rule_facts import SeenFlag

LIMIT = 500


def seen(*, project: ProjectFact) -> tuple[SeenFlag, ...]:
    """Return the flags that reports of the project have, the latest seen first, 500 at most. One SQL statement."""
    found = CommitReport.objects.filter(project_id=project.id).exclude(flag="").values("flag")
    latest = found.annotate(at=Max("commit__received_at")).order_by("-at", "flag")
    return tuple(SeenFlag(*row) for row in latest.values_list("flag", "at")[:LIMIT])
