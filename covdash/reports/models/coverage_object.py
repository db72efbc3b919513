"""Content-addressed bytes of coverage: files and directories, per project, immutable."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now

from covdash.projects.models import Project


class CoverageObject(models.Model):
    """A coverage object or a tree node by digest (`covdash/coverage/codec.py`). The table is hash-partitioned by project.

    A stored node implies its stored subtree: children are written before or with their parent, and removed with or after it.
    """

    pk = models.CompositePrimaryKey("project_id", "digest")
    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    digest = models.BinaryField(max_length=32)
    data = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "reports_coverage_object"
        # A sweep asks for the youngest rows between its batches. They lie together, so ranges of pages are enough, and cost nothing.
        indexes: ClassVar = [BrinIndex(fields=["created_at"], name="coverage_object_young")]

    def __str__(self) -> str:
        return bytes(self.digest).hex()
