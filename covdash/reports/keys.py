"""What lies in object storage and belongs to nobody any more: raw files, and what was made of uploads. Found by listing, removed.

An object is live while a row names its key. Each kind lies under the number of its project, so those of a deleted project are found
without it. Removed is what is old and has no row, a batch at a time while the sweep is alone, after one more look at the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone

from covdash.projects import holding
from covdash.projects.models import Project
from covdash.reports.marking import batches
from covdash.reports.retention_facts import Bytes
from covdash.reports.sweeping import YOUNG_HOURS
from covdash.storage import Stored, folders, listed

RAW, PARTS = "raw", "parts"
DERIVED = ("counts", "results", "names", "trees")
KINDS = (RAW, *DERIVED, PARTS)
BATCH = 100

_REPORTS = "('report', 'source', 'sources', 'paths')"
"""Roles of the files that are needed to read an upload again. The others are small, and pages of the commit are made of them."""
_LIVE = {
    RAW: f"""
SELECT file ->> 'key' FROM reports_upload sent JOIN projects_commit c ON c.id = sent.commit_id
 CROSS JOIN LATERAL jsonb_array_elements(sent.files) file
 WHERE sent.project_id = %(project)s AND NOT sent.id = ANY(%(expired)s::uuid[])
   AND (sent.raw_gone_at IS NULL
        OR c.thinned_at IS NULL AND NOT c.id = ANY(%(thinned)s) AND NOT file ->> 'role' IN {_REPORTS})
UNION
SELECT file ->> 'key' FROM reports_upload sent CROSS JOIN LATERAL jsonb_array_elements(sent.files) file
 WHERE sent.id = ANY(%(expired)s::uuid[]) AND NOT sent.commit_id = ANY(%(thinned)s) AND NOT file ->> 'role' IN {_REPORTS}
UNION
SELECT 'raw/' || project_id || '/' || digest
  FROM reports_announcement CROSS JOIN LATERAL jsonb_object_keys(manifest -> 'arrived') digest
 WHERE project_id = %(project)s AND upload_id IS NULL AND manifest ? 'arrived'
UNION
SELECT file ->> 'key' FROM reports_announcement CROSS JOIN LATERAL jsonb_array_elements(manifest -> 'companions') file
 WHERE project_id = %(project)s AND upload_id IS NULL AND manifest ? 'companions'
""",  # noqa: S608 - made of constants
    "counts": "SELECT pack_key FROM reports_upload WHERE project_id = %(project)s AND NOT commit_id = ANY(%(thinned)s)",
    "results": """
SELECT outcome -> 'results' ->> 'key' FROM reports_upload sent CROSS JOIN LATERAL jsonb_array_elements(sent.outcomes) outcome
 WHERE sent.project_id = %(project)s AND outcome -> 'results' ? 'key'
""",
    "names": """
SELECT key FROM reports_upload sent JOIN projects_commit c ON c.id = sent.commit_id AND c.thinned_at IS NULL
 CROSS JOIN LATERAL (VALUES (sent.paths ->> 'names'), (sent.paths ->> 'known')) kept (key)
 WHERE sent.project_id = %(project)s AND key IS NOT NULL AND NOT sent.commit_id = ANY(%(thinned)s)
""",
    "trees": "SELECT key FROM sources_treelist WHERE project_id = %(project)s AND NOT tree = ANY(%(unused)s)",
    PARTS: """
SELECT part #>> '{}' FROM reports_announcement CROSS JOIN LATERAL jsonb_path_query(manifest, '$.parts.*.keys[*]') part
 WHERE project_id = %(project)s
""",
}
# A list of files is used while a commit with its files, an upload that tested it, or an upload that is announced names its tree.
_UNUSED = f"""
  FROM sources_treelist list WHERE list.project_id = %(project)s
   AND list.received_at < statement_timestamp() - interval '{YOUNG_HOURS} hours'
   AND list.tree NOT IN (
     SELECT c.tree FROM projects_commit c
      WHERE c.project_id = %(project)s AND c.thinned_at IS NULL AND NOT c.id = ANY(%(thinned)s)
     UNION ALL
     SELECT named.tree FROM reports_upload sent JOIN projects_commit c ON c.id = sent.commit_id AND c.thinned_at IS NULL
      CROSS JOIN LATERAL (VALUES (sent.tree), (sent.declared ->> 'list')) named (tree)
      WHERE sent.project_id = %(project)s AND NOT c.id = ANY(%(thinned)s) AND named.tree IS NOT NULL
     UNION ALL
     SELECT said.manifest ->> 'tree' FROM reports_announcement said
      WHERE said.project_id = %(project)s AND said.upload_id IS NULL AND said.manifest ->> 'tree' IS NOT NULL)
"""  # noqa: S608 - made of constants

Step = Callable[[int], None]


def sweep(
    project_id: int, *, is_dry: bool, step: Step, thinned: list[int], expired: list[Any]
) -> tuple[Bytes, Bytes]:
    """Remove what no row names; returns raw files and derived ones. Raises `BusyError`, and what the storage raises.

    For a count (`is_dry`), `thinned` and `expired` are commits and uploads that will have gone their way by then.
    """
    words: dict[str, Any] = {"project": project_id, "thinned": thinned, "expired": expired, "unused": []}
    if is_dry:
        words["unused"] = [row[0] for row in _rows(f"SELECT list.tree {_UNUSED}", words)]
    else:
        with holding.alone(project_id), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM sources_treelist WHERE id IN (SELECT list.id {_UNUSED})", words)  # noqa: S608
    found = {kind: _swept(kind, words, is_dry=is_dry, step=step) for kind in KINDS}
    derived = sum((found[kind] for kind in DERIVED), Bytes())
    return found[RAW] + found[PARTS], derived


def sweep_deleted(*, step: Step) -> Bytes:
    """Remove all objects of projects that are no more, and return what that was. Raises what the storage raises."""
    objects = storages["objects"]
    removed = Bytes()
    for kind in KINDS:
        numbers = {name for name in folders(objects, kind) if name.isascii() and name.isdigit()}
        known = Project.objects.filter(pk__in=[int(name) for name in numbers]).values_list("pk", flat=True)
        for name in sorted(numbers - {str(pk) for pk in known}):
            for one in listed(objects, f"{kind}/{name}"):
                objects.delete(one.name)
                removed += Bytes(1, one.size, 1, one.size)
                step(1)
    return removed


def _swept(kind: str, words: Mapping[str, Any], *, is_dry: bool, step: Step) -> Bytes:
    objects, project_id = storages["objects"], words["project"]
    live = {row[0] for row in _rows(_LIVE[kind], words)}
    # Twice, since a file has the time of the host that wrote it, and clocks of hosts may be a day apart.
    old = timezone.now() - timedelta(hours=2 * YOUNG_HOURS)
    total, dead = Bytes(), list[Stored]()
    for one in listed(objects, f"{kind}/{project_id}"):
        total += Bytes(1, one.size)
        if one.name not in live and one.at < old:
            dead.append(one)
    step(total.number)
    gone: list[Stored] = dead if is_dry else []
    for some in [] if is_dry else batches(dead, BATCH):
        with holding.alone(project_id):
            live = {row[0] for row in _rows(_LIVE[kind], words)}
            for one in some:
                if one.name not in live:
                    objects.delete(one.name)
                    gone.append(one)
        step(len(some))
    return Bytes(total.number, total.size, len(gone), sum(one.size for one in gone))


def _rows(statement: str, words: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, words)
        yield from cursor.fetchall()
