"""Files of comparisons that people marked as viewed, each for themselves: nobody else's business, so no audit trail.

A mark stands for content: the paths of a file on both sides with its text and its coverage there. It holds wherever that change is
seen, and is worth nothing once the file changes again. `queries/compare.py` reads the marks.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from covdash.accounts.models import User
from covdash.reports.models import ViewedFile

KEPT = timedelta(days=180)
MOST = 5_000
"""Marks of one user in one project; the oldest make room."""


@transaction.atomic
def view(*, project_id: int, user: User, mark: bytes) -> None:
    """Keep that `user` viewed what `mark` stands for; once more makes it young."""
    ViewedFile.objects.update_or_create(project_id=project_id, user=user, mark=mark, defaults={"at": Now()})
    mine = ViewedFile.objects.filter(project_id=project_id, user=user)
    mine.filter(pk__in=mine.order_by("-at", "-pk").values("pk")[MOST:]).delete()


def unview(*, project_id: int, user: User, mark: bytes) -> None:
    """Forget that `user` viewed it."""
    ViewedFile.objects.filter(project_id=project_id, user=user, mark=mark).delete()


def forget() -> int:
    """Remove the marks that are older than `KEPT`; returns how many."""
    return ViewedFile.objects.filter(at__lt=Now() - KEPT).delete()[0]
