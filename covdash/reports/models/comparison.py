"""What was found when two reports were compared: kept, since it is a function of their roots."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from covdash.projects.models import Project


class Comparison(models.Model):
    """The differences of two roots. `key` is made of both and of the diff that was sent; `data` is made by `comparisons.py`.

    `patch` repeats the sums of the new lines, so that lists need not read `data`: changed, measured, covered, partial. It is null in
    what was made before there was this column.
    `unknown` files could not be compared line by line for want of their texts: such a comparison is made again when it is older than
    an hour, since texts may come later.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    key = models.BinaryField(max_length=32)
    data = models.BinaryField()
    files = models.PositiveIntegerField()
    unknown = models.PositiveIntegerField(default=0)
    patch = ArrayField(models.PositiveIntegerField(), size=4, null=True)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "key"], name="comparison_once")]
        indexes: ClassVar = [models.Index(fields=["made_at"], name="comparison_age")]

    def __str__(self) -> str:
        return bytes(self.key).hex()[:12]
