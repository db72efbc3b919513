"""How the pipe is doing, over all projects: for operators only, who see no report here, just counts."""

from __future__ import annotations

from typing import Any

from django.db import connection

from covdash.reports.operations import Failure, FormatTimes, OpsFact, Storage

_QUEUE = """
SELECT count(*) FILTER (WHERE state = 'received'), count(*) FILTER (WHERE state = 'processing'),
       min(queued_at) FILTER (WHERE state = 'received' AND paused_at IS NULL),
       count(*) FILTER (WHERE received_at > now() - interval '5 minutes'),
       count(*) FILTER (WHERE received_at > now() - interval '1 hour'),
       count(*) FILTER (WHERE received_at > now() - interval '1 day'),
       max(started_at), pg_database_size(current_database()), version()
  FROM reports_upload upload JOIN projects_project project ON project.id = upload.project_id
 WHERE received_at > now() - interval '1 day' OR state IN ('received', 'processing')
"""
_TIMES = """
SELECT format, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds), percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds)
  FROM (SELECT DISTINCT id, outcome ->> 'format' AS format, extract(epoch FROM processed_at - started_at) AS seconds
          FROM reports_upload CROSS JOIN LATERAL jsonb_array_elements(outcomes) outcome
         WHERE received_at > now() - interval '1 day' AND processed_at IS NOT NULL AND started_at IS NOT NULL) read
 WHERE format <> '' GROUP BY format ORDER BY count(*) DESC, format LIMIT 50
"""
_FAILURES = """
SELECT failed.code, count(*) FILTER (WHERE failed.at > now() - interval '1 day'), count(*), max(failed.at),
       (array_agg(project.slug ORDER BY failed.at DESC, failed.id))[1],
       (array_agg(failed.id::text ORDER BY failed.at DESC, failed.id))[1]
  FROM (SELECT id, error_code AS code, received_at AS at, project_id FROM reports_upload
         WHERE received_at > now() - interval '7 days' AND state = 'failed' AND deleted_at IS NULL
        UNION ALL
        SELECT id, outcome ->> 'code', received_at, project_id
          FROM reports_upload CROSS JOIN LATERAL jsonb_array_elements(outcomes) outcome
         WHERE received_at > now() - interval '7 days' AND state = 'processed' AND outcome ->> 'state' = 'failed'
           AND deleted_at IS NULL) failed
  JOIN projects_project project ON project.id = failed.project_id
 GROUP BY failed.code ORDER BY count(*) DESC, failed.code LIMIT 50
"""
_STORAGE = """
SELECT project.slug, count(*), coalesce(sum(size.bytes) FILTER (WHERE upload.raw_gone_at IS NULL), 0), max(upload.received_at),
       project.paused_at IS NOT NULL
  FROM reports_upload upload JOIN projects_project project ON project.id = upload.project_id
 CROSS JOIN LATERAL (SELECT coalesce(sum((file ->> 'size')::bigint), 0) AS bytes FROM jsonb_array_elements(upload.files) file) size
 GROUP BY project.id ORDER BY 5 DESC, 3 DESC, 1 LIMIT 50
"""


def now() -> OpsFact:
    """Return the state of the pipe. Three SQL statements over the uploads of at most seven days, and one over all of them."""
    with connection.cursor() as cursor:

        def rows(statement: str) -> list[tuple[Any, ...]]:
            cursor.execute(statement)
            return list(cursor.fetchall())

        waiting, working, oldest, five, hour, day, taken, size, version = rows(_QUEUE)[0]
        return OpsFact(
            waiting,
            working,
            oldest,
            five,
            hour,
            day,
            taken,
            tuple(FormatTimes(*row) for row in rows(_TIMES)),
            tuple(Failure(*row) for row in rows(_FAILURES)),
            tuple(Storage(*row) for row in rows(_STORAGE)),
            size,
            version.partition(",")[0].partition(" on ")[0],
        )
