"""Which commits lose their files and lines, and whose uploads their raw files: the rules of a project as SQL, and doing it.

A thinned commit keeps its row, its totals (also by flag and component) and its points of trends; its tree is nobody's root any more.
Its numbers are final: the pipe leaves it as it is. What its tree held is removed by `sweeping.py`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from covdash.projects import holding
from covdash.projects.keeping import Policy
from covdash.reports.models import Upload

BATCH = 500

# A commit is kept whole as long as something of another one stands on it: it stands for it, or a flag was carried forward from it.
_LENT = """
SELECT report_of_id AS id FROM projects_commit
 WHERE project_id = %(project)s AND report_of_id IS NOT NULL AND thinned_at IS NULL
UNION
SELECT lender.id FROM projects_commit own
  JOIN projects_commit lender ON lender.project_id = own.project_id AND lender.sha = own.completeness ->> 'of'
 WHERE own.project_id = %(project)s AND own.thinned_at IS NULL AND own.completeness ? 'of'
UNION
SELECT lender.id FROM reports_commitreport report
  JOIN projects_commit own ON own.id = report.commit_id AND own.thinned_at IS NULL
 CROSS JOIN LATERAL jsonb_array_elements(report.carried) one
  JOIN projects_commit lender ON lender.project_id = report.project_id AND lender.sha = one ->> 'sha'
 WHERE report.project_id = %(project)s AND report.flag = ''
"""
# The last complete report of a day and the last of all: periods of a review end at the one, trends by day show the other. The first
# report of the branch is what the first review compares with.
_DUE = f"""
WITH trunk AS (
  SELECT branch.id, branch.head_id FROM projects_branch branch JOIN projects_project project ON project.id = branch.project_id
   WHERE project.id = %(project)s AND branch.name = project.default_branch
),
lent AS ({_LENT}),
line AS (
  SELECT link.commit_id, link.at, is_complete,
         row_number() OVER (PARTITION BY (link.at AT TIME ZONE 'UTC')::date ORDER BY link.at DESC, link.commit_id DESC) AS last,
         row_number() OVER (PARTITION BY (link.at AT TIME ZONE 'UTC')::date, is_complete
                            ORDER BY link.at DESC, link.commit_id DESC) AS last_alike,
         row_number() OVER (ORDER BY link.at, link.commit_id) AS first
    FROM trunk JOIN projects_branchcommit link ON link.branch_id = trunk.id
    JOIN projects_commit c ON c.id = link.commit_id
    JOIN reports_commitreport report ON report.commit_id = c.id AND report.flag = ''
   CROSS JOIN LATERAL (SELECT NOT (c.complete_at IS NULL AND c.completeness ? 'why') AS is_complete) said
),
alive AS (
  SELECT branch.id FROM projects_branch branch
   WHERE branch.project_id = %(project)s
     AND (EXISTS (SELECT FROM reports_reviewnote note WHERE note.project_id = %(project)s AND note.branch = branch.name)
          OR EXISTS (SELECT FROM reports_reviewdecision said WHERE said.project_id = %(project)s AND said.branch = branch.name)
          OR EXISTS (SELECT FROM projects_branchcommit link JOIN projects_commit c ON c.id = link.commit_id
                      WHERE link.branch_id = branch.id
                        AND (c.received_at >= now() - %(branch_days)s * interval '1 day'
                             OR EXISTS (SELECT FROM reports_upload sent WHERE sent.commit_id = c.id
                                         AND sent.received_at >= now() - %(branch_days)s * interval '1 day'))))
),
due AS (
  SELECT line.commit_id AS id, 'day' AS why FROM line JOIN projects_commit c ON c.id = line.commit_id
   WHERE %(commit_days)s > 0 AND line.at < now() - %(commit_days)s * interval '1 day'
     AND c.received_at < now() - %(commit_days)s * interval '1 day'
     AND line.last > 1 AND line.first > 1 AND NOT (line.is_complete AND line.last_alike = 1)
     AND line.commit_id NOT IN (SELECT head_id FROM trunk WHERE head_id IS NOT NULL)
  UNION ALL
  SELECT DISTINCT link.commit_id, 'branch' FROM projects_branchcommit link
    JOIN projects_branch branch ON branch.id = link.branch_id AND branch.project_id = %(project)s
   WHERE %(branch_days)s > 0 AND EXISTS (SELECT FROM trunk)
     AND NOT EXISTS (SELECT FROM projects_branchcommit other WHERE other.commit_id = link.commit_id
                      AND (other.branch_id IN (SELECT id FROM trunk) OR other.branch_id IN (SELECT id FROM alive)))
)
SELECT due.id, due.why FROM due JOIN projects_commit c ON c.id = due.id
 WHERE c.thinned_at IS NULL AND c.tag = '' AND due.id NOT IN (SELECT id FROM lent)
   AND EXISTS (SELECT FROM reports_commitreport report WHERE report.commit_id = due.id)
   AND NOT EXISTS (SELECT FROM reports_upload sent WHERE sent.commit_id = due.id
                    AND (sent.state IN ('received', 'processing') OR sent.folded < sent.revision))
 ORDER BY due.id LIMIT %(limit)s
"""  # noqa: S608 - made of constants
_THIN = """
UPDATE projects_commit c SET thinned_at = statement_timestamp(), thinned_why = due.why
  FROM unnest(%(ids)s::bigint[], %(whys)s::text[]) AS due (id, why) WHERE c.id = due.id
"""
# Also what came to a thinned commit later: it was read, and changes nothing.
_CUT = """
UPDATE reports_upload sent SET root = NULL, pack_key = '' FROM projects_commit c
 WHERE c.id = sent.commit_id AND c.project_id = %(project)s AND c.thinned_at IS NOT NULL
   AND sent.root IS NOT NULL AND sent.state IN ('processed', 'failed') AND sent.folded = sent.revision
"""


def due(project_id: int, policy: Policy, *, limit: int | None = None) -> dict[int, str]:
    """Return the commits that the next sweep will thin, each with the rule. One SQL statement, none where all is kept."""
    if not (policy.commit_days or policy.branch_days):
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_DUE, _words(project_id, policy, limit))
        return dict(cursor.fetchall())


def expiring(project_id: int, policy: Policy) -> QuerySet[Upload]:
    """Return the uploads whose raw files the next sweep will remove: they are read, and came long enough ago."""
    found = Upload.objects.filter(
        project_id=project_id,
        raw_gone_at=None,
        deleted_at=None,
        state__in=[Upload.State.PROCESSED, Upload.State.FAILED],
        received_at__lt=Now() - timedelta(days=policy.raw_days),
    )
    return found if policy.raw_days else found.none()


def thin(project_id: int, policy: Policy) -> int:
    """Thin the commits that are due, and return how many; a batch at a time, while nobody assembles or uploads. Raises `BusyError`."""
    done = 0
    while True:
        with holding.alone(project_id):
            found = due(project_id, policy, limit=BATCH)
            _run(_THIN, {"ids": list(found), "whys": list(found.values())})
            _run(_CUT, {"project": project_id})
        done += len(found)
        if len(found) < BATCH:
            return done


def expire(project_id: int, policy: Policy) -> int:
    """Note the uploads whose raw files nobody needs any more, and return how many; their files are removed by `keys.py`."""
    done = 0
    while True:
        with holding.alone(project_id):
            some = list(expiring(project_id, policy).values_list("pk", flat=True)[:BATCH])
            done += Upload.objects.filter(pk__in=some).update(raw_gone_at=Now())
        if len(some) < BATCH:
            return done


def _words(project_id: int, policy: Policy, limit: int | None) -> dict[str, Any]:
    days = {name: getattr(policy, name) for name in ("branch_days", "commit_days")}
    return {"project": project_id, "limit": limit, **days}


def _run(statement: str, words: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, words)
        return int(cursor.rowcount)
