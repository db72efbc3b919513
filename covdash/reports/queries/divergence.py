"""How far git branches went from the default one: ahead, behind, and the coverage of their patches. In bulk, for lists.

Nothing is compared here: patches are those of comparisons that are kept, and what is missing is asked for from a task.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from django.db import connection

from covdash.coverage.differential import NO_PATCH
from covdash.projects.facts import ProjectFact
from covdash.reports import comparisons
from covdash.reports.comparisons import Sums, Wanted
from covdash.reports.divergence_facts import DivergenceFact, Reason
from covdash.reports.facts import BranchFact

DEPTH = 1000
"""So many parents of a head are followed, as in `compare.py`."""
STEPS = 3000
"""And so many of all heads of a list together: all go one before any goes the next, so that short branches leave them to long ones."""

# One step takes one look into each index: the planner must not think of reading whole tables for a step, hence LATERAL with LIMIT.
# The limit of `steps` ends the recursion, since PostgreSQL makes no more rows of a WITH query than are fetched from it.
_WALK = """
WITH RECURSIVE
trunk AS (SELECT id, head_id FROM projects_branch WHERE project_id = %(project)s AND name = %(branch)s),
spine (id, parent_sha, depth) AS (
  SELECT head.id, head.parent_sha, 0 FROM trunk JOIN projects_commit head ON head.id = trunk.head_id
  UNION ALL
  SELECT older.id, older.parent_sha, spine.depth + 1
    FROM spine CROSS JOIN LATERAL (SELECT id, parent_sha FROM projects_commit
                                    WHERE project_id = %(project)s AND sha = spine.parent_sha LIMIT 1) older
   WHERE spine.parent_sha <> '' AND spine.depth < %(depth)s
),
line (head, id, parent_sha, depth, on_trunk, reported) AS (
  SELECT head.id, head.id, head.parent_sha, 0, link.id IS NOT NULL, true
    FROM projects_commit head LEFT JOIN LATERAL (
           SELECT link.id FROM projects_branchcommit link
            WHERE link.branch_id = (SELECT id FROM trunk) AND link.commit_id = head.id LIMIT 1) link ON true
   WHERE head.id = ANY(%(heads)s)
  UNION ALL
  SELECT line.head, older.id, older.parent_sha, line.depth + 1, older.on_trunk, older.reported
    FROM line CROSS JOIN LATERAL (
           SELECT id, parent_sha,
                  EXISTS (SELECT 1 FROM projects_branchcommit link
                           WHERE link.branch_id = (SELECT id FROM trunk) AND link.commit_id = older.id) AS on_trunk,
                  older.thinned_at IS NULL AND EXISTS (SELECT 1 FROM reports_commitreport report
                           WHERE report.commit_id = older.id AND report.flag = '') AS reported
             FROM projects_commit older
            WHERE older.project_id = %(project)s AND older.sha = line.parent_sha LIMIT 1) older
   WHERE line.parent_sha <> '' AND line.depth < %(depth)s AND NOT (line.on_trunk AND line.reported AND line.depth > 0)
),
steps AS (SELECT * FROM line LIMIT %(steps)s),
found AS (
  SELECT line.head,
         min(line.depth) FILTER (WHERE line.on_trunk OR spine.id IS NOT NULL) AS ahead,
         min(spine.depth) AS behind,
         (array_agg(line.parent_sha ORDER BY line.depth DESC))[1] AS following,
         bool_or(line.on_trunk AND line.depth > 0) AS met,
         (array_agg(line.id ORDER BY line.depth) FILTER (WHERE line.on_trunk AND line.reported AND line.depth > 0))[1] AS left_at,
         (array_agg(line.id ORDER BY line.depth) FILTER (WHERE line.reported AND line.depth > 0))[1] AS nearest
    FROM steps line LEFT JOIN spine ON spine.id = line.id GROUP BY line.head
),
based AS (
  SELECT found.*,
         found.left_at IS NULL AND EXISTS (
           SELECT 1 FROM projects_commit older WHERE older.project_id = %(project)s AND older.sha = found.following
         ) AS is_far,
         coalesce(found.left_at, CASE WHEN NOT found.met THEN found.nearest END, older.commit_id) AS base
    FROM found JOIN projects_commit head ON head.id = found.head
    LEFT JOIN LATERAL (
           SELECT link.commit_id FROM projects_branchcommit link
            WHERE found.left_at IS NULL AND (found.met OR found.nearest IS NULL)
              AND link.branch_id = (SELECT id FROM trunk) AND (link.at, link.commit_id) < (head.committed_at, head.id)
              AND EXISTS (SELECT 1 FROM reports_commitreport report JOIN projects_commit own ON own.id = report.commit_id
                           WHERE own.id = link.commit_id AND own.thinned_at IS NULL AND report.flag = '')
            ORDER BY link.at DESC, link.commit_id DESC LIMIT 1) older ON true
)
SELECT based.head, based.ahead, based.behind, based.is_far, base.sha, old.root, new.root,
       (SELECT jsonb_path_query_first(upload.files, '$[*] ? (@.role == "diff" && @.size <= $most)', %(most)s::jsonb)
          FROM reports_upload upload
         WHERE upload.commit_id = based.head AND upload.fork = '' AND upload.files @> '[{"role": "diff"}]'
         ORDER BY upload.received_at DESC LIMIT 1),
       EXISTS (SELECT 1 FROM projects_commit older
                WHERE older.project_id = %(project)s AND older.sha = (SELECT parent_sha FROM spine ORDER BY depth DESC LIMIT 1))
  FROM based
  JOIN reports_commitreport new ON new.commit_id = based.head AND new.flag = ''
  LEFT JOIN projects_commit base ON base.id = based.base
  LEFT JOIN reports_commitreport old ON old.commit_id = based.base AND old.flag = ''
   AND EXISTS (SELECT 1 FROM projects_commit own WHERE own.id = based.head AND own.thinned_at IS NULL)
"""


class _Walk(NamedTuple):
    """Where the first parents of a head lead. `is_far`: they go on, and so does with `is_trunk_long` the default branch."""

    head: int
    ahead: int | None
    behind: int | None
    is_far: bool
    base: str | None
    base_root: bytes | None
    head_root: bytes
    diff: str | None
    is_trunk_long: bool

    @property
    def wanted(self) -> Wanted | None:
        """The comparison that tells the patch; None without a base."""
        if self.base_root is None or self.is_far:
            return None
        return Wanted(bytes(self.base_root), bytes(self.head_root), self.head, self.sent)

    @property
    def sent(self) -> str:
        """Digest of the diff that was sent with the head, "" without."""
        return str(orjson.loads(self.diff)["digest"]) if self.diff else ""


class Start(NamedTuple):
    """Where a head left a git branch: the sha of its base, "" for none; and the digest of the diff that came with the head."""

    sha: str
    diff: str


def of_branches(
    *, project: ProjectFact, branches: Sequence[BranchFact], ask: bool = True
) -> dict[str, DivergenceFact]:
    """Return name -> how far that branch went from the default one. Two SQL statements at most.

    The base is that of `compare.base_of`. With `ask`, a task is asked for the comparisons that are not kept, or that are old.
    """
    heads = [branch.head.id for branch in branches if branch.head and not branch.is_default]
    walks = {walk.head: walk for walk in _walks(project, heads)} if heads else {}
    wanted = [
        found for walk in walks.values() if (found := walk.wanted) and found.base_root != found.head_root
    ]
    kept = comparisons.sums(project_id=project.id, keys={one.key for one in wanted})
    if ask:
        missing = {one.key: one for one in wanted if (sums := kept.get(one.key)) is None or not sums.fresh}
        comparisons.ask_each(project.id, list(missing.values()))
    return {
        branch.name: _fact(project, branch, walks.get(branch.head.id) if branch.head else None, kept)
        for branch in branches
    }


def starts(*, project: ProjectFact, heads: list[int], branch: str = "") -> dict[int, Start]:
    """Return where each of these commits (by id) left the git branch (the default one for ""), as of their reports. One SQL statement.

    The base is that of `compare.base_of` without a declared one. A commit without a report is not in it.
    """
    return {
        walk.head: Start((walk.base or "") if walk.wanted else "", walk.sent)
        for walk in _walks(project, heads, branch)
    }


def _walks(project: ProjectFact, heads: list[int], branch: str = "") -> list[_Walk]:
    words: dict[str, Any] = {
        "project": project.id,
        "branch": branch or project.default_branch,
        "heads": heads,
        "depth": DEPTH,
        "steps": STEPS,
        "most": f'{{"most": {comparisons.MAX_DIFF}}}',
    }
    with connection.cursor() as cursor:
        cursor.execute(_WALK, words)
        return [_Walk(*row) for row in cursor.fetchall()]


def _fact(
    project: ProjectFact, branch: BranchFact, walk: _Walk | None, kept: dict[bytes, Sums]
) -> DivergenceFact:
    if walk is None:
        why: Reason = "default" if branch.is_default else "no_report"
        return DivergenceFact(unknown={"patch": why, "ahead": why, "behind": why})
    unknown: dict[str, Reason] = {}
    patch, uncompared, wanted = None, 0, walk.wanted
    if wanted is None:
        unknown["patch"] = "too_far" if walk.is_far else "no_base"
    elif wanted.base_root == wanted.head_root:
        patch = NO_PATCH
    elif (sums := kept.get(wanted.key)) is None:
        unknown["patch"] = "not_compared"
    elif sums.unknown and sums.unknown == sums.files:
        unknown["patch"] = "no_text"
    else:
        patch, uncompared = sums.patch, sums.unknown
    if walk.ahead is None:
        lost: Reason = "too_far" if walk.is_far else "parents_unknown"
        unknown["ahead"] = lost if project.default_branch else "no_default"
        unknown["behind"] = unknown["ahead"]
    elif walk.behind is None:
        unknown["behind"] = "too_far" if walk.is_trunk_long else "parents_unknown"
    return DivergenceFact(
        patch, uncompared, (walk.base or "") if wanted else "", walk.ahead, walk.behind, unknown
    )
