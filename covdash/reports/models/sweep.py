"""What retention did last in a project, and what it would do next."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from covdash.projects.models import Project


class Sweep(models.Model):
    """The last sweep of a project, or (`is_dry`) the last count of what the next one would remove.

    No project: the sweep of the files of projects that were deleted. It runs while `ended_at` is null; `error` is the sentence of one
    that failed. `found` has the shape of `retention_facts.SweepFigures`.
    """

    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="+")
    is_dry = models.BooleanField(default=False)
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    found = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "is_dry"], name="sweep_last", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"sweep of {self.project_id} at {self.started_at}"
