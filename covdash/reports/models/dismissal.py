"""What a team does not want to be shown for a while."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import MD5, Now

from covdash.projects.models import Project


class Dismissal(models.Model):
    """A row of the attention list that is hidden for the whole team up to and including the day `until`, with a reason.

    `kind` is one of `covdash.coverage.attention.KINDS`; `path` is the file, or `component/metric` for a floor. `by_name` outlives the
    account.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=16)
    path = models.TextField()
    reason = models.CharField(max_length=500)
    until = models.DateField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=255, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint("project", "kind", MD5("path"), name="dismissal_once")
        ]
        indexes: ClassVar = [models.Index(fields=["project", "until"], name="dismissal_in_force")]

    def __str__(self) -> str:
        return f"{self.kind} {self.path} until {self.until}"
