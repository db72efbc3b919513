"""What exists outside the reports: projects, who may see them, upload tokens, git branches, commits and pull requests."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Project(models.Model):
    """A repository whose coverage is kept. The slug may have subgroups: `acme/platform/shop`.

    `settings` and `repository_settings` have the shape of `configuration.Configuration`: what the settings pages wrote, and what the
    newest `covdash.toml` of the default branch says (`repository_settings_sha` is its commit); `configuration.py` says who wins.
    While `paused_at` is set its uploads are taken and wait.
    """

    slug = models.CharField(max_length=255, unique=True)
    is_public = models.BooleanField(default=False)
    default_branch = models.CharField(max_length=255, blank=True)
    settings = models.JSONField(default=dict)
    repository_settings = models.JSONField(default=dict)
    repository_settings_sha = models.CharField(max_length=64, blank=True)
    paused_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["slug"]

    def __str__(self) -> str:
        return self.slug


class FormerSlug(models.Model):
    """A slug that a project had before it was renamed: its addresses lead to the new one for good."""

    slug = models.CharField(max_length=255, unique=True)
    project = models.ForeignKey(Project, models.CASCADE, related_name="former_slugs")

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


class Pin(models.Model):
    """A project that a user wants to see first. It opens nothing: who may no longer read the project does not see it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )  # the constraint begins with it
    project = models.ForeignKey(Project, models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "project"], name="pin_once")]

    def __str__(self) -> str:
        return f"{self.project} for {self.user}"


class UploadToken(models.Model):
    """A secret that may upload to one project and do nothing else. Only its keyed digest is kept (`tokens.py`).

    A token of a group (`group` = `acme`, no project) may upload to every project whose slug lies below it.
    """

    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="tokens")
    group = models.CharField(max_length=255, blank=True)
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
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(project=None) ^ models.Q(group=""), name="upload_token_of_one"
            )
        ]

    def __str__(self) -> str:
        return f"{self.hint} of {self.project or self.group}"


class Commit(models.Model):
    """A commit that some upload named. Facts about it come from its uploads; `committed_at` is their word, else the arrival.

    `tree` is the git tree id, `tag` a release name. `done_at` is when a client last said that all uploads were sent, `done_by` in
    which protocol; `expects` is the number of uploads that a client announced. `complete_at` is null while its report is collecting;
    `completeness` says why, who arrived and who is missing (shape: `covdash.reports.completeness.Completeness`).
    `report_of` is a commit of equal content whose report stands for this one. `thinned_at`: retention removed the files and lines of
    its reports then, their totals stay; `thinned_why` is the rule (`day` or `branch`, `covdash/reports/thinning.py`).
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="commits")
    sha = models.CharField(max_length=64)
    parent_sha = models.CharField(max_length=64, blank=True)
    author = models.CharField(max_length=255, blank=True)
    message = models.TextField(blank=True)
    committed_at = models.DateTimeField()
    received_at = models.DateTimeField(db_default=Now())
    tree = models.CharField(max_length=64, blank=True, db_default="")
    tag = models.CharField(max_length=255, blank=True, db_default="")
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=64, blank=True, db_default="")
    expects = models.PositiveIntegerField(null=True)
    complete_at = models.DateTimeField(null=True)
    completeness = models.JSONField(default=dict, db_default={})
    report_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="stands_for")
    thinned_at = models.DateTimeField(null=True)
    thinned_why = models.CharField(max_length=16, blank=True, db_default="")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "sha"], name="commit_sha")]
        indexes: ClassVar = [
            models.Index(fields=["project", "-committed_at", "-id"], name="commit_newest"),
            models.Index(fields=["project", "tree"], name="commit_tree", condition=~models.Q(tree="")),
            models.Index(
                fields=["received_at"], name="commit_collecting", condition=models.Q(complete_at=None)
            ),
        ]

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
    base_sha = models.CharField(max_length=64, blank=True, db_default="")
    title = models.CharField(max_length=500, blank=True, db_default="")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "number"], name="pull_number")]

    def __str__(self) -> str:
        return f"#{self.number}"
