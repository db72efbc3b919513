"""Correcting what uploads said: leave one out, delete it, read it again, let the report of one commit stand for another.

Each deed changes rows, notes itself in the audit trail in the same transaction, and rings for the pipe, which alone writes reports.
The bell is a task by its name: the row says what is to do, and the sweep finds it when nobody heard the bell. Who may do what is
decided by the caller.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from covdash.accounts.models import User
from covdash.audit import trail
from covdash.celery import app
from covdash.reports import waiting
from covdash.reports.models import Upload

log = logging.getLogger(__name__)

PROCESS, ASSEMBLE = "ingest.tasks.process_upload", "ingest.tasks.assemble_commit"
MAX_WHY = 500
RING_AT_ONCE = 50
_SOON, _LATER = 0, 9
"""Priorities of the transport, the most and the least urgent: what is read again waits for what is new."""


class CorrectionError(ValueError):
    """What was asked cannot be done: a stable `code`, a sentence, and the `field` it is about.

    Codes: unknown_upload, no_reason, unknown_commit, bad_sha, unknown_branch, same_commit, no_report, has_borrowers, own_uploads,
    not_borrowed.
    """

    def __init__(self, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.field = code, message, field


@transaction.atomic
def exclude(*, project_id: int, upload_id: uuid.UUID, why: str, actor: User | None) -> bool:
    """Leave an upload out of the report; says whether it counted before. Raises `CorrectionError` (unknown_upload, no_reason)."""
    why = why.strip()
    if not why:
        raise CorrectionError("no_reason", "Say why, so that others understand the numbers.", "why")
    upload = _locked(project_id, upload_id)
    if upload.excluded_at is not None:
        return False
    Upload.objects.filter(pk=upload.pk).update(
        excluded_at=Now(), excluded_why=why[:MAX_WHY], revision=F("revision") + 1
    )
    _note(upload, actor, "upload.exclude", why=why[:MAX_WHY])
    _assemble(upload.commit_id)
    return True


@transaction.atomic
def include(*, project_id: int, upload_id: uuid.UUID, actor: User | None) -> bool:
    """Let an excluded upload count again; says whether it was excluded. Raises `CorrectionError` (unknown_upload)."""
    upload = _locked(project_id, upload_id)
    if upload.excluded_at is None:
        return False
    Upload.objects.filter(pk=upload.pk).update(excluded_at=None, excluded_why="", revision=F("revision") + 1)
    _note(upload, actor, "upload.include", why=upload.excluded_why)
    _assemble(upload.commit_id)
    return True


@transaction.atomic
def delete(*, project_id: int, upload_id: uuid.UUID, actor: User | None) -> None:
    """Delete an upload: it is gone from all pages now, and its row once the report does without it.

    Its raw bytes are left to retention. Raises `CorrectionError` (unknown_upload), also for one that was deleted before.
    """
    upload = _locked(project_id, upload_id)
    Upload.objects.filter(pk=upload.pk).update(
        deleted_at=Now(), excluded_at=Now(), excluded_why="deleted", revision=F("revision") + 1
    )
    _note(
        upload, actor, "upload.delete", job=upload.job, flags=upload.flags, name=upload.name,
        received_at=upload.received_at.isoformat(), files=[file.get("digest", "") for file in upload.files[:20]],
    )  # fmt: skip
    _assemble(upload.commit_id)


@transaction.atomic
def reprocess(*, project_id: int, upload_id: uuid.UUID, actor: User | None) -> bool:
    """Read an upload again; says whether it will be, since one that waits already is left alone.

    Its result stays in the report until then. Raises `CorrectionError` (unknown_upload).
    """
    upload = _locked(project_id, upload_id)
    if not waiting.again([upload.pk]):
        return False
    _note(upload, actor, "upload.reprocess")
    transaction.on_commit(partial(_ring, PROCESS, str(upload.pk)), robust=True)
    return True


@transaction.atomic
def reprocess_all(*, project_id: int, actor: User | None, since: datetime | None = None) -> int:
    """Read the uploads of a project again (`waiting.all_again`), and return how many will be."""
    found = waiting.all_again(project_id=project_id, since=since)
    if found:
        trail.note(
            project_id=project_id,
            actor=actor,
            action="upload.reprocess_all",
            target=f"{len(found)} uploads",
            uploads=len(found),
            since=since.isoformat() if since else "",
        )
        transaction.on_commit(partial(ring_for, found), robust=True)
    return len(found)


def _locked(project_id: int, upload_id: uuid.UUID) -> Upload:
    found = (
        Upload.objects.select_related("commit")
        .select_for_update(of=("self",))
        .filter(project_id=project_id, pk=upload_id, deleted_at=None)
        .first()
    )
    if found is None:
        raise CorrectionError("unknown_upload", "There is no such upload in this project; it may be deleted.")
    return found


def _note(upload: Upload, actor: User | None, action: str, **detail: object) -> None:
    trail.note(
        project_id=upload.project_id,
        actor=actor,
        action=action,
        target=str(upload.pk),
        commit=upload.commit.sha,
        **detail,
    )


def _assemble(commit_id: int) -> None:
    transaction.on_commit(partial(_ring, ASSEMBLE, commit_id), robust=True)


def ask_for_report(commit_id: int) -> None:
    """Ring for the report of a commit once the transaction is committed."""
    _assemble(commit_id)


def ring_for(uploads: Sequence[uuid.UUID]) -> None:
    """Ring for the first of many uploads that are read again, after what is new; the sweep does for the others."""
    for upload_id in uploads[:RING_AT_ONCE]:
        if not _ring(PROCESS, str(upload_id), priority=_LATER):
            return


def _ring(task: str, word: str | int, *, priority: int = _SOON) -> bool:
    """Send `task` by its name; says whether it was heard. Never raises: the sweep rings again."""
    try:
        app.send_task(task, args=[word], priority=priority)
    except (KombuError, RedisError, OSError) as error:
        log.warning("the broker does not answer, the sweep will ring for %s %s: %s", task, word, error)
        return False
    return True
