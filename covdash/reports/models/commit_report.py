"""The report of a commit: the fold of the set of its uploads, whole and per flag."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from covdash.projects.models import Commit, Project
from covdash.reports.models.fields import TotalsField


class CommitReport(models.Model):
    """Root and totals of a commit; `flag` is empty for all uploads together.

    It is rebuilt as a whole from the set of uploads, under an advisory lock of the commit. `carried` lists what was taken over from
    earlier commits (shape: `facts.CarriedFact`), `components` are the totals by component (name -> `Totals.as_dict`), made by the
    rules with the digest `components_digest`. `risk` is the sum of their weight x (missed + 0.5 x partial lines), by the weights with
    the digest `weights_digest`, and `worst` the component that stands out (`attention.risk`).
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    commit = models.ForeignKey(Commit, models.CASCADE, related_name="reports")
    flag = models.CharField(max_length=64, blank=True)
    root = models.BinaryField(max_length=32)
    totals = TotalsField()
    uploads = models.PositiveIntegerField(default=0)
    carried = models.JSONField(default=list, db_default=[])
    components = models.JSONField(default=dict, db_default={})
    components_digest = models.CharField(max_length=64, blank=True, db_default="")
    risk = models.FloatField(null=True)
    worst = models.CharField(max_length=64, blank=True, db_default="")
    weights_digest = models.CharField(max_length=64, blank=True, db_default="")
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["commit", "flag"], name="commit_report_flag")
        ]

    def __str__(self) -> str:
        return f"{self.commit} {self.flag}".strip()
