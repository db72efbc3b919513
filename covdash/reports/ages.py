"""When the numbers of files last changed on a git branch: how old they are, as far as reports tell."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from covdash.projects.facts import ProjectFact
from covdash.reports.facts import ReportFact

_LAST = """
WITH point AS NOT MATERIALIZED (
  SELECT point.path_id, point.at FROM reports_change_point point
    JOIN projects_branch branch ON branch.id = point.branch_id
   WHERE point.project_id = %(project)s AND branch.project_id = %(project)s AND branch.name = %(branch)s AND point.flag = %(flag)s),
begun AS (
  SELECT min(point.at) AS at FROM point JOIN reports_path path ON path.id = point.path_id
   WHERE path.project_id = %(project)s AND md5(path.path) = %(root)s)
SELECT path.path, last.at, last.at <> begun.at
  FROM reports_path path
  CROSS JOIN begun
  JOIN LATERAL (
       SELECT point.at FROM point WHERE point.path_id = path.id AND point.at <= %(at)s ORDER BY point.at DESC LIMIT 1) last ON true
 WHERE path.project_id = %(project)s AND md5(path.path) = ANY(%(digests)s)
"""


class Age(NamedTuple):
    """`since` is when numbers last changed. Where that is the first report of the branch, they may be older: then not `known`."""

    since: datetime
    known: bool


def of_files(
    *, project: ProjectFact, report: ReportFact, branch: str, paths: Iterable[str]
) -> dict[str, Age]:
    """Return path -> age on the git branch, up to the commit of the report, where some report tells it. One SQL statement."""
    digests = [_md5(path) for path in paths]
    if not digests:
        return {}
    words: dict[str, Any] = {
        "project": project.id,
        "branch": branch,
        "flag": report.flag,
        "at": report.commit.committed_at,
        "root": _md5(""),
        "digests": digests,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LAST, words)
        return {path: Age(last, is_known) for path, last, is_known in cursor.fetchall()}


def _md5(path: str) -> str:
    return hashlib.md5(path.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
