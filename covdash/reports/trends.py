"""Change points: where the totals of a path changed along a git branch. Written here, read by `queries/trends.py`.

The points of a commit are a function of two roots, its own and that of the commit before it on the branch (with the same flag), so
they are rebuilt when either changes. Directories end with a slash, the root is "". A path that no report measures has no points.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

import msgspec
from django.db import connection

from covdash import bulk
from covdash.coverage.report import UNPLACED
from covdash.coverage.totals import Totals
from covdash.coverage.tree import DIRECTORY, FILE, Entry, Load, changes
from covdash.reports.loading import loader

_totals = msgspec.msgpack.Decoder(Totals)

Position = tuple[datetime, int]
"""Place of a commit on a git branch: (committed at, commit id)."""

_SEQUENCE = """
SELECT bc.at, bc.commit_id, r.root, r.totals, c.thinned_at IS NOT NULL
  FROM projects_branchcommit bc JOIN reports_commitreport r ON r.commit_id = bc.commit_id AND r.flag = %s
  JOIN projects_commit c ON c.id = bc.commit_id
 WHERE bc.branch_id = %s AND (bc.at, bc.commit_id) {relation} (%s, %s)
 ORDER BY bc.at {order}, bc.commit_id {order} LIMIT 1
"""
_BEFORE = _SEQUENCE.format(relation="<", order="DESC")
_HERE = _SEQUENCE.format(relation="=", order="ASC")
_AFTER = _SEQUENCE.format(relation=">", order="ASC")
_DELETE = (
    "DELETE FROM reports_change_point "
    "WHERE project_id = %s AND branch_id = %s AND flag = %s AND at = %s AND commit_id = %s"
)
_INSERT = (
    "INSERT INTO reports_change_point (project_id, branch_id, flag, path_id, at, commit_id, totals) "
    "SELECT %b, %b, %b::text, path_id, %b, %b, totals FROM unnest(%b::bigint[], %b::bytea[]) AS t (path_id, totals)"
)
_PATHS = "SELECT path, id FROM reports_path WHERE project_id = %b AND md5(path) = ANY(%b)"
_NEW_PATHS = (
    "INSERT INTO reports_path (project_id, path) SELECT %b, * FROM unnest(%b::text[]) ON CONFLICT DO NOTHING"
)


Measured = Mapping[str, Totals]
"""Path -> totals of all that a report measured."""
Row = tuple[datetime, int, Entry | Measured]
"""A commit of the sequence: its position and the root of its report; of a thinned one, what its points said."""
_STATE = """
SELECT path.path, point.totals FROM (
  SELECT DISTINCT ON (path_id) path_id, totals FROM reports_change_point
   WHERE project_id = %s AND branch_id = %s AND flag = %s AND (at, commit_id) <= (%s, %s)
   ORDER BY path_id, at DESC, commit_id DESC) point
  JOIN reports_path path ON path.id = point.path_id WHERE point.totals IS NOT NULL
"""


def rebuild(*, project_id: int, branch_id: int, flag: str, position: Position) -> None:
    """Rebuild the points of the commit at `position` and of the next one. The caller holds the lock of the git branch.

    The commit may have no report with this flag (any more), or may have left this position: then its points go.
    Statements: 3 to find the neighbours, and for each of the two commits at most one to forget, 3 to write, one a level of changes.
    A neighbour whose tree retention removed is known by its points: one more statement, and a walk of the tree beside it.
    """
    here = _row(_HERE, project_id, flag, branch_id, position)
    before = _row(_BEFORE, project_id, flag, branch_id, position)
    after = _row(_AFTER, project_id, flag, branch_id, position)
    _forget(project_id, branch_id, flag, position)
    if after is not None and after[1] == position[1]:
        return  # the commit moved a little later and is its own successor: it is rebuilt at its new position
    if here is not None:
        _write(project_id, branch_id, flag, before, here)
        before = here
    if after is not None:
        _forget(project_id, branch_id, flag, after[:2])
        _write(project_id, branch_id, flag, before, after)


def points(load: Load, before: Entry | None, after: Entry) -> dict[str, Totals | None]:
    """Return path -> totals in the tree `after` wherever they differ from those in `before`; None where the path is gone."""
    found: dict[str, Totals | None] = {}
    for path, old, new in changes(load, before, after):
        entry = new or old
        if entry is None or (entry.kind == FILE and entry.name == UNPLACED):
            continue
        if _measured(old) != _measured(new):
            found[path] = new.totals if new is not None else None
    return found


def _measured(entry: Entry | None) -> Totals | None:
    """Return the totals that a trend can show: none for a file that no report mentions."""
    return None if entry is None or not entry.digest else entry.totals


def _row(query: str, project_id: int, flag: str, branch_id: int, position: Position) -> Row | None:
    with connection.cursor() as cursor:
        cursor.execute(query, [flag, branch_id, *position])
        found = cursor.fetchone()
    if found is None:
        return None
    at, commit_id, root, totals, is_thinned = found
    if is_thinned:
        return at, commit_id, _state(project_id, branch_id, flag, (at, commit_id))
    return at, commit_id, Entry("", DIRECTORY, bytes(root), b"", _totals.decode(bytes(totals)))


def _state(project_id: int, branch_id: int, flag: str, position: Position) -> Measured:
    """Return what was measured at a position: the last point of each path up to there."""
    with connection.cursor() as cursor:
        cursor.execute(_STATE, [project_id, branch_id, flag, *position])
        return {path: _totals.decode(bytes(totals)) for path, totals in cursor.fetchall()}


def _between(
    load: Load, before: Entry | Measured | None, after: Entry | Measured
) -> dict[str, Totals | None]:
    """Return what `points` does, also where one of the two is known by its points only."""
    if isinstance(after, Entry) and (before is None or isinstance(before, Entry)):
        return points(load, before, after)
    old, new = (
        points(load, None, side) if isinstance(side, Entry) else dict[str, Totals | None](side or {})
        for side in (before, after)
    )
    return {path: new.get(path) for path in old.keys() | new if old.get(path) != new.get(path)}


def _forget(project_id: int, branch_id: int, flag: str, position: Position) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_DELETE, [project_id, branch_id, flag, *position])


def _write(project_id: int, branch_id: int, flag: str, before: Row | None, here: Row) -> None:
    found = _between(loader(project_id), before[2] if before else None, here[2])
    if not found:
        return
    ids = _path_ids(project_id, sorted(found))
    order = sorted(found, key=ids.__getitem__)
    packed = [None if (totals := found[path]) is None else msgspec.msgpack.encode(totals) for path in order]
    with bulk.cursor() as cursor:
        cursor.execute(
            _INSERT, [project_id, branch_id, flag, *here[:2], [ids[path] for path in order], packed]
        )


def _path_ids(project_id: int, paths: list[str]) -> dict[str, int]:
    """Return the numbers of `paths`, giving new ones to those that have none."""
    known = _known_ids(project_id, paths)
    missing = [path for path in paths if path not in known]
    if missing:
        with bulk.cursor() as cursor:
            cursor.execute(_NEW_PATHS, [project_id, missing])
        known |= _known_ids(project_id, missing)
    return known


def _known_ids(project_id: int, paths: list[str]) -> dict[str, int]:
    # The index is one of MD5, made here so that the database goes to it path by path.
    digests = [hashlib.md5(path.encode(), usedforsecurity=False).hexdigest() for path in paths]
    with bulk.cursor() as cursor:
        cursor.execute(_PATHS, [project_id, digests])
        return dict(cursor.fetchall())
