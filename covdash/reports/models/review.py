"""What a team wrote down when it looked at a period together."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from covdash.projects.models import Project


class ReviewNote(models.Model):
    """The notes to the period of a git branch that ended on the day `until`: one text, limited Markdown."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    branch = models.CharField(max_length=255)
    until = models.DateField()
    body = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=255, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "branch", "until"], name="review_note_once")
        ]

    def __str__(self) -> str:
        return f"{self.branch} until {self.until}"


class ReviewDecision(models.Model):
    """A decision of a review, with whom it is on and until when.

    `component` is what it is about, "" for the whole project; `covered` of `total` lines ran when it was made, so that the next review
    can say what became of it.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    branch = models.CharField(max_length=255)
    until = models.DateField()
    text = models.CharField(max_length=1000)
    owner = models.CharField(max_length=100, blank=True)
    due = models.DateField(null=True)
    component = models.CharField(max_length=64, blank=True)
    covered = models.PositiveBigIntegerField(null=True)
    total = models.PositiveBigIntegerField(null=True)
    done_at = models.DateTimeField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=255, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["project", "branch", "-until", "-id"], name="review_decision_newest")
        ]

    def __str__(self) -> str:
        return self.text[:60]
