"""What a client of a foreign protocol said before it sends bytes: those protocols take more than one request for one upload."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from covdash.projects.models import Project
from covdash.reports.models.upload import Upload


class Announcement(models.Model):
    """Facts of a commit (`kind` commit), or an upload whose bytes are to come (`kind` coverage, tests or manifest).

    `fields` are those of the envelope, each a list of texts. `manifest` lists the files that are to come, as our own uploader
    announces them; `key` makes the same announcement the same row again. `upload` is what became of it; null while nothing came.
    """

    class Kind(models.TextChoices):
        """What is announced."""

        COMMIT = "commit"
        COVERAGE = "coverage"
        TESTS = "tests"
        MANIFEST = "manifest"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind)
    sha = models.CharField(max_length=64)
    fields = models.JSONField(default=dict)
    manifest = models.JSONField(default=dict)
    key = models.CharField(max_length=255, null=True)  # noqa: DJ001 - unique, unless none was sent
    user_agent = models.CharField(max_length=500, blank=True)
    announced_at = models.DateTimeField(db_default=Now())
    upload = models.ForeignKey(Upload, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "key"], name="announcement_key")]
        indexes: ClassVar = [
            models.Index(fields=["project", "sha", "-announced_at"], name="announcement_of_commit"),
            models.Index(fields=["announced_at"], name="announcement_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.sha[:8]}"
