"""What operators do about the pipe, over all projects: read again what failed for one cause, and let a project wait.

Each deed is noted in the audit trail of every project that it touches. The caller makes sure that an operator asks.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from covdash.accounts.models import User
from covdash.audit import trail
from covdash.projects.models import Project
from covdash.reports import corrections, waiting
from covdash.reports.models import Upload

MOST = 500
"""Uploads that one deed reads again, the newest first."""
DAYS = 7
"""As far back as the page of operators counts failures."""


@transaction.atomic
def read_again(*, code: str, actor: User) -> int:
    """Let the uploads that failed for the cause `code` within `DAYS`, as a whole or in one file, wait once more; returns how many."""
    failed = Q(state=Upload.State.FAILED, error_code=code) | Q(
        state=Upload.State.PROCESSED, outcomes__contains=[{"state": "failed", "code": code}]
    )
    recent = Upload.objects.filter(failed, deleted_at=None, received_at__gt=Now() - timedelta(days=DAYS))
    found = dict(recent.order_by("-received_at").values_list("pk", "project_id")[:MOST])
    due = waiting.again(found)
    touched: dict[int, list[UUID]] = defaultdict(list)
    for upload in due:
        touched[found[upload]].append(upload)
    for project_id, uploads in touched.items():
        trail.note(
            project_id=project_id,
            actor=actor,
            action="upload.reprocess_cause",
            target=f"{len(uploads)} uploads",
            uploads=len(uploads),
            code=code,
        )
    if due:
        transaction.on_commit(partial(corrections.ring_for, due), robust=True)
    return len(due)


@transaction.atomic
def pause(*, slug: str, paused: bool, actor: User) -> bool:
    """Let the uploads of the project at `slug` wait, or be processed again; says whether that is new.

    Nothing is refused meanwhile: uploads are taken and kept. The sweep finds them when they are due again.
    """
    found = Project.objects.select_for_update(no_key=True).filter(slug=slug, paused_at__isnull=paused)
    project_id = found.values_list("pk", flat=True).first()
    if project_id is None:
        return False
    Project.objects.filter(pk=project_id).update(paused_at=Now() if paused else None)
    trail.note(
        project_id=project_id,
        actor=actor,
        action="project.pause" if paused else "project.resume",
        target=slug,
    )
    return True
