"""Where the totals of a path changed along a git branch: what trends read instead of walking trees."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import MD5

from covdash.projects.models import Branch, Commit, Project
from covdash.reports.models.fields import TotalsField


class Path(models.Model):
    """Dictionary of the files and directories of a project, so that a point costs a number. The root is the empty path.

    Unique by MD5, since a path may be longer than an index entry.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    path = models.TextField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint("project", MD5("path"), name="path_once")]

    def __str__(self) -> str:
        return self.path


class ChangePoint(models.Model):
    """Totals of `path` (flag empty: all uploads) at a commit of a git branch, only where they differ from the commit before.

    `totals` is null where the path ceased to exist. `at` repeats `Commit.committed_at`. Hash-partitioned by project.
    """

    pk = models.CompositePrimaryKey("project_id", "branch_id", "flag", "path_id", "at", "commit_id")
    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    branch = models.ForeignKey(Branch, models.CASCADE, related_name="+", db_index=False)
    flag = models.CharField(max_length=64, blank=True)
    path = models.ForeignKey(Path, models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    commit = models.ForeignKey(Commit, models.CASCADE, related_name="+", db_index=False)
    totals = TotalsField(null=True)  # type: ignore[misc]  # the field is generic in nothing

    class Meta:
        db_table = "reports_change_point"
        indexes: ClassVar = [
            models.Index(fields=["project", "branch", "flag", "at", "commit"], name="change_point_of_commit")
        ]

    def __str__(self) -> str:
        return f"{self.path_id} at {self.commit_id}"
