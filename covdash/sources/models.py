"""Source text by git blob id, per project."""

from __future__ import annotations

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
