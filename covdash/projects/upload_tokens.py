"""Upload tokens as the owners of a project see them: list, make, revoke. The secret itself is made and checked in `tokens.py`."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import BooleanField, Case, Q, When
from django.db.models.functions import Now

from covdash.accounts.models import User
from covdash.projects import tokens
from covdash.projects.facts import TokenFact
from covdash.projects.models import Project, UploadToken
from covdash.projects.registry import ProjectError


def listing(*, project_id: int) -> tuple[TokenFact, ...]:
    """Return the tokens, usable ones first, then newest first. One SQL statement; expiry is judged by the clock of the database."""
    expired = Case(When(Q(expires_at__lte=Now()), then=True), default=False, output_field=BooleanField())
    found = UploadToken.objects.filter(project_id=project_id).annotate(is_expired=expired)
    rows = found.order_by("-created_at", "-pk").values_list(
        "pk",
        "name",
        "hint",
        "created_by__username",
        "created_at",
        "expires_at",
        "revoked_at",
        "last_used_at",
        "last_used_from",
        "is_expired",
    )
    facts = [TokenFact(*row) for row in rows]
    return tuple(sorted(facts, key=lambda fact: not fact.is_usable))


def make(*, project_id: int, name: str, created_by: User, lifetime: timedelta | None) -> str:
    """Make a token and return its secret, which is kept nowhere. `lifetime` None never expires."""
    project = Project.objects.get(pk=project_id)
    return tokens.mint(project=project, name=name, created_by=created_by, lifetime=lifetime).secret


def revoke(*, project_id: int, token_id: int) -> str:
    """Revoke a token of the project from the next request on and return its name. Raises `ProjectError` (unknown_token)."""
    token = UploadToken.objects.filter(project_id=project_id, pk=token_id).first()
    if token is None:
        raise ProjectError("unknown_token", "The project has no such token; it may be gone already.", "token")
    tokens.revoke(token=token)
    return token.name
