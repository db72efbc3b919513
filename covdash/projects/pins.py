"""Projects that people pinned for themselves. That is nobody else's business, so the audit trail says nothing of it."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from covdash.accounts.models import User
from covdash.projects.access import Reader
from covdash.projects.models import Pin


def pinned_by(user: Reader) -> Exists:
    """Return the expression, over projects, whether `user` pinned them; nobody who is not signed in did."""
    return Exists(Pin.objects.filter(user_id=user.pk or 0, project_id=OuterRef("pk")))


def pin(*, project_id: int, user: User) -> None:
    """Let the project stand first for `user`; once is enough."""
    Pin.objects.bulk_create([Pin(project_id=project_id, user=user)], ignore_conflicts=True)


def unpin(*, project_id: int, user: User) -> None:
    """Let it stand where it stands for everybody."""
    Pin.objects.filter(project_id=project_id, user=user).delete()
