"""What a team lets pass for a while although a gate failed."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from covdash.projects.models import Project


class GateWaiver(models.Model):
    """A gate (by its name) that breaks no build up to and including the day `until`: of one pull request, or of all for None.

    `owner` sees to it that it ends; `by_name` outlives the account of who gave it.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="gate_waivers", db_index=False)
    gate = models.CharField(max_length=64)
    pull = models.PositiveIntegerField(null=True)
    reason = models.CharField(max_length=500)
    owner = models.CharField(max_length=100)
    until = models.DateField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=255, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["project", "gate", "pull"], nulls_distinct=False, name="gate_waiver_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.gate} until {self.until}"
