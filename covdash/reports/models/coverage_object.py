"""Content-addressed bytes of coverage: files and directories, per project, immutable."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from covdash.projects.models import Project


class CoverageObject(models.Model):
    """A coverage object or a tree node by digest (`covdash/coverage/codec.py`). The table is hash-partitioned by project.

    A stored node implies its stored subtree: children are written before or with their parent.
    """

    pk = models.CompositePrimaryKey("project_id", "digest")
    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    digest = models.BinaryField(max_length=32)
    data = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "reports_coverage_object"
        indexes: ClassVar = []

    def __str__(self) -> str:
        return bytes(self.digest).hex()
