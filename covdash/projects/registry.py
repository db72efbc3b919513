"""The register of projects: create, change, delete. Who may ask for it is decided by the caller through `access.py`."""

from __future__ import annotations

import re
from functools import partial

from django.db import IntegrityError, transaction

from covdash.accounts.models import User
from covdash.audit import trail
from covdash.projects import keeping
from covdash.projects.models import Branch, FormerSlug, Membership, Project

MAX_SLUG = 255
_SEGMENT = re.compile(r"[A-Za-z0-9._-]+")


class ProjectError(ValueError):
    """What was asked cannot be done: a stable `code`, a sentence, and the `field` it is about.

    Codes: bad_slug, slug_taken, unknown_branch, unknown_user, already_member, not_a_member, unknown_role, last_owner.
    """

    def __init__(self, code: str, message: str, field: str) -> None:
        super().__init__(message)
        self.code, self.message, self.field = code, message, field


def check_slug(slug: str) -> str:
    """Return `slug` without outer slashes and spaces. Raises `ProjectError` (bad_slug).

    A slug is one or more segments of letters, digits, `.`, `_` and `-`, joined by `/`; a lone `-` ends a slug in addresses.
    """
    slug = slug.strip().strip("/")
    for segment in slug.split("/"):
        if segment in {"-", ".", ".."} or not _SEGMENT.fullmatch(segment):
            raise ProjectError(
                "bad_slug",
                f"{segment[:80]!r} cannot be part of a slug: use letters, digits, '.', '_' and '-', with '/' between groups, "
                "and no part that is only '-', '.' or '..'.",
                "slug",
            )
    if len(slug) > MAX_SLUG:
        raise ProjectError(
            "bad_slug", f"The slug has {len(slug)} characters; at most {MAX_SLUG} fit.", "slug"
        )
    return slug


def create_project(*, slug: str, is_public: bool = False, owner: User | None = None) -> Project:
    """Create a project, with `owner` as its owner when given. Raises `ProjectError` (bad_slug, slug_taken)."""
    slug = check_slug(slug)
    if FormerSlug.objects.filter(slug=slug).exists():
        raise ProjectError(
            "slug_taken", f"A project was called {slug!r} once; its old addresses still lead to it.", "slug"
        )
    try:
        with transaction.atomic():
            project = Project.objects.create(slug=slug, is_public=is_public)
            if owner is not None:
                Membership.objects.create(project=project, user=owner, role=Membership.Role.OWNER)
    except IntegrityError as error:
        raise ProjectError("slug_taken", f"There is a project {slug!r} already.", "slug") from error
    project.refresh_from_db()
    return project


def first_administrator() -> User | None:
    """Return the account that owns what nobody in particular made: the first active administrator, if there is one."""
    return User.objects.filter(is_active=True, is_superuser=True).order_by("pk").first()


def set_visibility(*, project_id: int, is_public: bool) -> None:
    """Make the project readable for everybody, or for its members only."""
    Project.objects.filter(pk=project_id).update(is_public=is_public)


def set_default_branch(*, project_id: int, name: str) -> None:
    """Choose the git branch that pages show by default. Raises `ProjectError` (unknown_branch) for one that no upload named."""
    if not Branch.objects.filter(project_id=project_id, name=name).exists():
        raise ProjectError("unknown_branch", f"No upload named a git branch {name!r} yet.", "default_branch")
    Project.objects.filter(pk=project_id).update(default_branch=name)


@transaction.atomic
def rename_project(*, project_id: int, slug: str, actor: User | None = None) -> str:
    """Give the project another slug and return it; addresses with the old one lead to the new one. Raises `ProjectError`.

    Codes: bad_slug, slug_taken (also by the former slug of another project).
    """
    slug = check_slug(slug)
    project = Project.objects.select_for_update(no_key=True).get(pk=project_id)
    if slug == project.slug:
        return slug
    if FormerSlug.objects.filter(slug=slug).exclude(project=project).exists():
        raise ProjectError("slug_taken", f"Addresses of another project still begin with {slug!r}.", "slug")
    old = project.slug
    try:
        with transaction.atomic():
            Project.objects.filter(pk=project_id).update(slug=slug)
    except IntegrityError as error:
        raise ProjectError("slug_taken", f"There is a project {slug!r} already.", "slug") from error
    FormerSlug.objects.filter(slug=slug).delete()
    FormerSlug.objects.create(slug=old, project=project)
    trail.note(project_id=project_id, actor=actor, action="project.rename", target=slug, before=old)
    return slug


@transaction.atomic
def delete_project(*, project_id: int) -> None:
    """Delete the project with all its rows, and ring for the removal of its objects, which lie under its number in object storage."""
    Project.objects.filter(pk=project_id).delete()
    transaction.on_commit(partial(keeping.ring, keeping.SWEEP_DELETED, []), robust=True)


@transaction.atomic
def adopt_orphans(*, owner: User) -> int:
    """Make `owner` the owner of every project that has none, and return how many: projects made before there was an account."""
    orphans = Project.objects.exclude(memberships__role=Membership.Role.OWNER).select_for_update(no_key=True)
    made = Membership.objects.bulk_create(
        [Membership(project=project, user=owner, role=Membership.Role.OWNER) for project in orphans],
        update_conflicts=True,
        update_fields=["role"],
        unique_fields=["project", "user"],
    )
    return len(made)
