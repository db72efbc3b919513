"""Who may work on an upload, and for how long: conditional updates of the row, all time by the clock of the database.

A worker takes a lease and renews it while it works. A worker that lost its lease writes nothing: every end of the work is conditional.
An attempt is counted when it begins, so an upload that kills its worker is tried three times and then left alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Now

from covdash.reports import waiting
from covdash.reports.models import Upload

LEASE_SECONDS = 60
RENEW_SECONDS = 5
MAX_ATTEMPTS = 3
PAUSE = (5, 600)
"""Least and greatest seconds until an upload is tried again after an error of the infrastructure; half its age in between."""
GIVE_UP_HOURS = 24

_TAKE = """
UPDATE reports_upload
   SET state = 'processing', lease = %(lease)s, lease_until = statement_timestamp() + %(seconds)s * interval '1 second',
       attempts = attempts + 1, started_at = statement_timestamp(), progress = 0, not_before = NULL
 WHERE id = %(id)s AND attempts < %(most)s
   AND NOT EXISTS (SELECT FROM projects_project project WHERE project.id = project_id AND paused_at IS NOT NULL)
   AND (state = 'received' AND (not_before IS NULL OR not_before <= statement_timestamp())
        OR state = 'processing' AND lease_until < statement_timestamp())
"""
_POISONED = """
UPDATE reports_upload
   SET state = 'failed', error_code = 'poisoned', error = %(error)s, lease = NULL, lease_until = NULL, root = NULL, totals = NULL,
       processed_at = statement_timestamp(), revision = revision + 1
 WHERE id = %(id)s AND attempts >= %(most)s
   AND (state = 'received' OR state = 'processing' AND lease_until < statement_timestamp())
"""
_GIVE_BACK = """
UPDATE reports_upload
   SET state = 'received', lease = NULL, lease_until = NULL, attempts = attempts - %(refund)s,
       not_before = statement_timestamp() + interval '1 second' * LEAST(%(longest)s, GREATEST(%(shortest)s,
           EXTRACT(epoch FROM statement_timestamp() - queued_at) / 2))
 WHERE id = %(id)s AND lease = %(lease)s
"""
_TOO_OLD = """
SELECT statement_timestamp() - queued_at > %(hours)s * interval '1 hour' FROM reports_upload WHERE id = %(id)s
"""


class LeaseLostError(Exception):
    """Another worker has the upload now; whatever this one found must not be written."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on one upload."""

    upload_id: uuid.UUID
    lease: uuid.UUID


def drop_broken_connection() -> None:
    """Let the next statement open a new connection if the old one broke, as after a restart of the database."""
    if connection.errors_occurred and not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


def take(upload_id: uuid.UUID) -> Claim | None:
    """Claim an upload; None when it is not waiting, not due yet, or somebody else's, or its project is paused.

    After three attempts it ends as `poisoned`.
    """
    claim = Claim(upload_id, uuid.uuid4())
    words: dict[str, Any] = {
        "id": upload_id,
        "lease": claim.lease,
        "seconds": LEASE_SECONDS,
        "most": MAX_ATTEMPTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, words)
        if cursor.rowcount:
            return claim
        error = f"{MAX_ATTEMPTS} attempts to process this upload ended without an answer; please report it with the file."
        cursor.execute(_POISONED, words | {"error": error})
    return None


def renew(claim: Claim, *, progress: int) -> None:
    """Keep the lease and note the progress in percent. Raises `LeaseLostError`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE reports_upload SET lease_until = statement_timestamp() + %s * interval '1 second', progress = %s "
            "WHERE id = %s AND lease = %s",
            [LEASE_SECONDS, progress, claim.upload_id, claim.lease],
        )
        if not cursor.rowcount:
            raise LeaseLostError(str(claim.upload_id))


def give_back(claim: Claim, *, refund: bool) -> None:
    """Let somebody try later; `refund` when the infrastructure failed and not the upload. After 24 hours of that it fails.

    A lost lease is no error here: somebody tries already.
    """
    words: dict[str, Any] = {
        "id": claim.upload_id,
        "lease": claim.lease,
        "refund": int(refund),
        "shortest": PAUSE[0],
        "longest": PAUSE[1],
        "hours": GIVE_UP_HOURS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TOO_OLD, words)
        too_old = (cursor.fetchone() or (False,))[0]
        if not (refund and too_old):
            cursor.execute(_GIVE_BACK, words)
            return
    error = f"The database or the object storage failed again and again for {GIVE_UP_HOURS} hours; retry the upload."
    finish(claim, state=Upload.State.FAILED, error_code="infrastructure", error=error)


def finish(claim: Claim, **result: Any) -> None:
    """Write the end of the work, `result` being columns of the row. Raises `LeaseLostError` when the lease is not ours any more."""
    ended = Upload.objects.filter(pk=claim.upload_id, lease=claim.lease).update(
        **{"root": None, "totals": None, "pack_key": "", "needs_sources": False, "context": None} | result,
        lease=None,
        lease_until=None,
        not_before=None,
        progress=100,
        processed_at=Now(),
        revision=F("revision") + 1,
    )
    if not ended:
        raise LeaseLostError(str(claim.upload_id))


def keep(claim: Claim, *, error_code: str, error: str) -> None:
    """End the work on an upload that cannot be read again, and keep what came of it before. Raises `LeaseLostError`."""
    ended = Upload.objects.filter(pk=claim.upload_id, lease=claim.lease).update(
        state=Upload.State.PROCESSED,
        error_code=error_code,
        error=error,
        lease=None,
        lease_until=None,
        not_before=None,
        progress=100,
    )
    if not ended:
        raise LeaseLostError(str(claim.upload_id))


def wait_again(uploads: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """Let uploads be processed once more, with all attempts, and return those that will; their results stay until then.

    Only inside a transaction. Uploads that wait or are worked on already are left alone.
    """
    return waiting.again(uploads)


def due(*, older_than: int = 10, limit: int = 500) -> list[uuid.UUID]:
    """Return uploads that nobody works on although they are due, oldest first: queued `older_than` seconds ago, or lease expired.

    Those of paused projects are not due.
    """
    waiting = Q(state=Upload.State.RECEIVED, queued_at__lt=Now() - timedelta(seconds=older_than)) & (
        Q(not_before=None) | Q(not_before__lte=Now())
    )
    left = Q(state=Upload.State.PROCESSING, lease_until__lt=Now())
    return list(
        Upload.objects.filter(waiting | left, project__paused_at=None)
        .order_by("queued_at")
        .values_list("pk", flat=True)[:limit]
    )
