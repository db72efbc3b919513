"""Who may see and do what. Every view asks here first; nothing else looks at memberships to decide.

A stranger is told nothing: `find` answers None for a project that is private and for one that is not there, and the view says 404.
Being an operator (`is_superuser`) opens no private project: an operator is made a member like everybody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import FilteredRelation, Q, QuerySet

from covdash.accounts.models import User
from covdash.projects.facts import ProjectFact
from covdash.projects.models import FormerSlug, Membership, Project

Reader = User | AnonymousUser
"""`request.user`."""

_FACT = ("id", "slug", "is_public", "default_branch", "paused_at")
_READER = frozenset({"read"})
_MEMBER = _READER | {"upload"}
_MAINTAINER = _MEMBER | {"settings", "tokens"}
_OWNER = _MAINTAINER | {"members", "delete"}
_RIGHTS: dict[str, frozenset[str]] = {
    Membership.Role.OWNER: _OWNER,
    Membership.Role.MAINTAINER: _MAINTAINER,
    Membership.Role.MEMBER: _MEMBER,
}


def rights(role: str) -> frozenset[str]:
    """Return the rights of a role: `read upload settings members tokens delete`; role "" reads a public project.

    `members` also decides who may read at all, so the visibility of a project asks for it; `settings` is everything else.
    """
    return _RIGHTS.get(role, _READER)


def visible(*, user: Reader) -> QuerySet[Project]:
    """Return the projects that `user` may read: the public ones and those with a membership."""
    if not user.is_authenticated:
        return Project.objects.filter(is_public=True)
    own = Membership.objects.filter(user_id=user.pk).values("project_id")
    return Project.objects.filter(Q(is_public=True) | Q(pk__in=own))


def find(*, user: Reader, slug: str) -> ProjectFact | None:
    """Return the project at `slug` with the role of `user`, or None for whoever may not know of it. One SQL statement."""
    projects = Project.objects.filter(slug=slug)
    if not user.is_authenticated:
        row = projects.filter(is_public=True).values_list(*_FACT).first()
        return None if row is None else _fact(row)
    mine = FilteredRelation("memberships", condition=Q(memberships__user_id=user.pk))
    found = (
        projects.annotate(mine=mine)
        .filter(Q(is_public=True) | Q(mine__isnull=False))
        .values_list(*_FACT, "mine__role")
        .first()
    )
    return None if found is None else _fact(found, found[5])


def moved(*, user: Reader, slug: str) -> str | None:
    """Return where the project that was called `slug` is now, if `user` may read it. One SQL statement."""
    own = FormerSlug.objects.filter(slug=slug, project__in=visible(user=user))
    return own.values_list("project__slug", flat=True).first()


def _fact(row: Sequence[Any], role: str | None = None) -> ProjectFact:
    """Return the fact of a row of `_FACT`."""
    number, slug, is_public, default_branch, paused_at = row[:5]
    return ProjectFact(number, slug, is_public, default_branch, role or "", paused_at is not None)
