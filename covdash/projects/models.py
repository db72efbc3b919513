"""What exists outside the reports: projects, who may see them, upload tokens, git branches, commits and pull requests."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Project(models.Model):
    """A repository whose coverage is kept. The slug may have subgroups: `acme/platform/shop`."""

    slug = models.CharField(max_length=255, unique=True)
    is_public = models.BooleanField(default=False)
    default_branch = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["slug"]

    def __str__(self) -> str:
        return self.slug


class Membership(models.Model):
    """A user's role in a project."""

    class Role(models.TextChoices):
        """From most to least rights."""

        OWNER = "owner", "Owner"
        MAINTAINER = "maintainer", "Maintainer"
        MEMBER = "member", "Member"

    project = models.ForeignKey(Project, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "user"], name="membership_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=["owner", "maintainer", "member"]), name="membership_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.project}"


class UploadToken(models.Model):
    """A secret that may upload to one project and do nothing else. Only its keyed digest is kept (`tokens.py`)."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    digest = models.BinaryField(max_length=32, unique=True)
    hint = models.CharField(max_length=16)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    last_used_from = models.GenericIPAddressField(null=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.hint} of {self.project}"


class Commit(models.Model):
    """A commit that some upload named. Facts about it come from its uploads; `committed_at` is their word, else the arrival."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="commits")
    sha = models.CharField(max_length=64)
    parent_sha = models.CharField(max_length=64, blank=True)
    author = models.CharField(max_length=255, blank=True)
    message = models.TextField(blank=True)
    committed_at = models.DateTimeField()
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "sha"], name="commit_sha")]
        indexes: ClassVar = [models.Index(fields=["project", "-committed_at", "-id"], name="commit_newest")]

    def __str__(self) -> str:
        return self.sha[:8]


class Branch(models.Model):
    """A git branch of a project; `head` is its newest commit (by `committed_at`) with a report."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="branches")
    name = models.CharField(max_length=255)
    head = models.ForeignKey(Commit, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "name"], name="branch_name")]

    def __str__(self) -> str:
        return self.name


class BranchCommit(models.Model):
    """A commit on a git branch. `at` repeats `Commit.committed_at` so that a branch can be read in order from one index."""

    branch = models.ForeignKey(Branch, models.CASCADE, related_name="commits")
    commit = models.ForeignKey(Commit, models.CASCADE, related_name="branches")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["branch", "commit"], name="branch_commit_once")
        ]
        indexes: ClassVar = [models.Index(fields=["branch", "at", "commit"], name="branch_commit_order")]

    def __str__(self) -> str:
        return f"{self.commit} on {self.branch}"


class PullRequest(models.Model):
    """A pull or merge request that some upload named."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="pulls")
    number = models.PositiveIntegerField()
    head = models.ForeignKey(Commit, models.SET_NULL, null=True, related_name="+")
    base = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "number"], name="pull_number")]

    def __str__(self) -> str:
        return f"#{self.number}"
