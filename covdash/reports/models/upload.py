"""An upload: what one CI job sent. The row is the truth about its processing; the broker only rings."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from covdash.projects.models import Branch, Commit, Project, PullRequest
from covdash.reports.models.fields import TotalsField


class Upload(models.Model):
    """One delivery of one CI job: metadata, stored raw files, state of processing, and what came of every contained file.

    `files` lists the raw objects: `[{"name", "key", "size", "digest", "role": "report"|"sources"|"files"}]`. `identity` is the
    SHA-256 of job, flags and the digests of the files: the same delivery again is the same row. `outcomes` and `paths` have the shapes
    of `facts.FileOutcome` and `facts.PathResolution`. `root` is the digest of the upload's tree, `pack_key` its count pack.
    `context` is the digest of what other uploads of the commit told this one (file lists, source texts); null when it needs none.
    `queued_at` is when it began to wait for a worker: on arrival, and again on a retry.
    `slot` is what supersedes what (a newer attempt of the same slot, flags and tree), `adds` says that the upload belongs to a run of
    some tests only and joins instead. `tree` is the git tree that was tested, `tested` its commit where that is not the one it is
    filed under; "" is the tree of the commit. `fork` names the foreign repository and git branch that sent it without a token.
    An excluded upload stays listed and counts nowhere. `deleted_at`: somebody deleted it; assembling the report removes the row.
    `counted`: the report of its commit is made of it, among others. `raw_gone_at`: retention removed its raw files then.
    `revision` counts the changes that matter to the report of the commit, `folded` is the revision that the report knows.
    """

    class State(models.TextChoices):
        """One way, except that a retry goes back to RECEIVED."""

        RECEIVED = "received"
        PROCESSING = "processing"
        PROCESSED = "processed"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="uploads")
    commit = models.ForeignKey(Commit, models.CASCADE, related_name="uploads")
    branch = models.ForeignKey(Branch, models.SET_NULL, null=True, related_name="+")
    pull = models.ForeignKey(PullRequest, models.SET_NULL, null=True, related_name="+")

    flags = ArrayField(models.CharField(max_length=64), default=list)
    job = models.CharField(max_length=255, blank=True)
    slot = models.CharField(max_length=512, blank=True, db_default="")
    adds = models.BooleanField(default=False, db_default=False)
    attempt = models.PositiveIntegerField(default=1)
    tree = models.CharField(max_length=64, blank=True, db_default="")
    tested = models.CharField(max_length=64, blank=True, db_default="")
    fork = models.CharField(max_length=255, blank=True, db_default="")
    protocol = models.CharField(max_length=32, blank=True, db_default="")
    name = models.CharField(max_length=255, blank=True)
    build_url = models.CharField(max_length=2000, blank=True)
    declared_format = models.CharField(max_length=64, blank=True)
    declared = models.JSONField(default=dict)
    """What the client said of the commit: parent, base, author, message, time, tag, user agent, and `ci`: facts of the CI."""
    files = models.JSONField(default=list)
    identity = models.BinaryField(max_length=32)
    idempotency_key = models.CharField(max_length=255, null=True)  # noqa: DJ001 - unique, unless none was sent
    body_digest = models.BinaryField(max_length=32, null=True)

    state = models.CharField(max_length=16, choices=State, default=State.RECEIVED)
    error_code = models.CharField(max_length=64, blank=True)
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    progress = models.PositiveSmallIntegerField(default=0)
    received_at = models.DateTimeField(db_default=Now())
    queued_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    processed_at = models.DateTimeField(null=True)

    outcomes = models.JSONField(default=list)
    paths = models.JSONField(default=dict)
    root = models.BinaryField(max_length=32, null=True)
    totals = TotalsField(null=True)  # type: ignore[misc]  # the field is generic in nothing
    pack_key = models.CharField(max_length=255, blank=True)
    needs_sources = models.BooleanField(default=False)
    context = models.BinaryField(max_length=32, null=True)
    revision = models.PositiveIntegerField(default=0)
    folded = models.PositiveIntegerField(default=0)
    counted = models.BooleanField(default=False, db_default=False)
    excluded_at = models.DateTimeField(null=True)
    excluded_why = models.CharField(max_length=500, blank=True, db_default="")
    deleted_at = models.DateTimeField(null=True)
    raw_gone_at = models.DateTimeField(null=True)
    superseded_by = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["commit", "identity"], name="upload_identity"),
            models.UniqueConstraint(fields=["project", "idempotency_key"], name="upload_idempotency_key"),
            models.CheckConstraint(
                condition=models.Q(state__in=["received", "processing", "processed", "failed"]),
                name="upload_state",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["project", "-received_at", "-id"], name="upload_newest"),
            models.Index(
                fields=["received_at"],
                name="upload_open",
                condition=models.Q(state__in=["received", "processing"]),
            ),
            models.Index(
                fields=["commit"],
                name="upload_not_folded",
                condition=models.Q(folded__lt=models.F("revision")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.state})"
