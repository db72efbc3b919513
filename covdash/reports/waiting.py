"""Letting uploads wait for a worker once more: what came of them before stays until a new result replaces it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import connection
from django.db.models.functions import Now

from covdash.reports.models import Upload

MAX_AT_ONCE = 5000
PER_SECOND = 20
"""Many uploads are due one after another, so that those that arrive meanwhile never wait behind all of them."""

_ALL_AGAIN = """
UPDATE reports_upload AS upload
   SET state = 'received', attempts = 0, queued_at = statement_timestamp(), error_code = '', error = '',
       not_before = statement_timestamp() + found.place / %(rate)s * interval '1 second'
  FROM (SELECT chosen.id, row_number() OVER (ORDER BY chosen.received_at DESC, chosen.id) - 1.0 AS place
          FROM (SELECT id, received_at FROM reports_upload
                 WHERE project_id = %(project)s AND state IN ('processed', 'failed') AND deleted_at IS NULL
                   AND raw_gone_at IS NULL
                   AND NOT EXISTS (SELECT FROM projects_commit c WHERE c.id = commit_id AND c.thinned_at IS NOT NULL)
                   AND (%(since)s::timestamptz IS NULL OR received_at >= %(since)s::timestamptz)
                 ORDER BY received_at DESC, id LIMIT %(most)s FOR UPDATE) AS chosen) AS found
 WHERE upload.id = found.id
RETURNING upload.id
"""


def again(uploads: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """Let uploads be processed once more, with all attempts, and return those that will.

    Only inside a transaction. Uploads that wait or are worked on already are left alone, and so are those whose raw files or lines
    retention removed.
    """
    found = Upload.objects.filter(
        pk__in=list(uploads),
        state__in=[Upload.State.PROCESSED, Upload.State.FAILED],
        deleted_at=None,
        raw_gone_at=None,
        commit__thinned_at=None,
    )
    due = list(found.select_for_update(of=("self",)).values_list("pk", flat=True))
    Upload.objects.filter(pk__in=due).update(
        state=Upload.State.RECEIVED, attempts=0, not_before=None, queued_at=Now(), error_code="", error=""
    )
    return due


def all_again(*, project_id: int, since: datetime | None = None) -> list[uuid.UUID]:
    """Let all uploads of a project be processed once more, the newest first, at most 5,000; returns them. One SQL statement.

    `since` leaves out those that were received before.
    """
    words = {"project": project_id, "since": since, "most": MAX_AT_ONCE, "rate": PER_SECOND}
    with connection.cursor() as cursor:
        cursor.execute(_ALL_AGAIN, words)
        return [row[0] for row in cursor.fetchall()]
