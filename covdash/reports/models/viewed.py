"""What people looked at in comparisons, each for themselves."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from covdash.projects.models import Project


class ViewedFile(models.Model):
    """A changed file that a user has viewed. `mark` stands for what was seen (`covdash.reports.differences.FileDifference`)."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )  # the constraint begins with it
    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    mark = models.BinaryField(max_length=16)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "project", "mark"], name="viewed_file_once")
        ]
        indexes: ClassVar = [models.Index(fields=["at"], name="viewed_file_age")]

    def __str__(self) -> str:
        return f"{bytes(self.mark).hex()} by {self.user}"
