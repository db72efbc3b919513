"""Who changed what, and when: entries are added and never changed."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class AuditEntry(models.Model):
    """One deed. `action` is a stable word like `upload.exclude`, `target` names what it was done to, `detail` what it was before.

    `actor_name` outlives the account; it is "" for what the server did by itself.
    """

    project = models.ForeignKey("projects.Project", models.CASCADE, related_name="+")
    at = models.DateTimeField(db_default=Now())
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(max_length=255, blank=True)
    action = models.CharField(max_length=64)
    target = models.CharField(max_length=500, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["project", "-at", "-id"], name="audit_newest")]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"
