"""Source text by git blob id, per project."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from covdash.projects.models import Project


class SourceObject(models.Model):
    """The text of one source file. `blob` is its git blob id (SHA-1), `data` the text compressed by `store.py`.

    `highlighted` is the compressed, highlighted text once a task made it, by the highlighter named in `highlighter`.
    """

    pk = models.CompositePrimaryKey("project_id", "blob")
    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    blob = models.BinaryField(max_length=32)
    size = models.PositiveIntegerField()
    data = models.BinaryField()
    highlighted = models.BinaryField(null=True)
    highlighter = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return bytes(self.blob).hex()


class TreeList(models.Model):
    """The files of one git tree: (path, blob id) of each, in object storage under `key` (`tree_lists.py`). `tree` is its id in hex."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    tree = models.CharField(max_length=64)
    key = models.CharField(max_length=255)
    files = models.PositiveIntegerField()
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "tree"], name="tree_list_once")]

    def __str__(self) -> str:
        return self.tree[:8]
