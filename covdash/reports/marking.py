"""What the reports and uploads of a project reach: the mark of mark and sweep. Read here, removed in `sweeping.py`.

Live are the roots of reports and uploads of commits that are not thinned. Everything is read from the database and nothing from the
cache of the process, since a sweep must not believe what it remembers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import TypeVar

from django.db import connection

from covdash.coverage.codec import CodecError, unpack
from covdash.coverage.tree import DIRECTORY, Entry, decode_node
from covdash.reports.loading import loader

NODES = 500
"""Directories that are read at a time."""
Item = TypeVar("Item")

_ROOTS = """
SELECT report.root FROM reports_commitreport report JOIN projects_commit c ON c.id = report.commit_id
 WHERE report.project_id = %(project)s AND c.thinned_at IS NULL AND NOT c.id = ANY(%(without)s)
UNION
SELECT sent.root FROM reports_upload sent WHERE sent.project_id = %(project)s AND sent.root IS NOT NULL
   AND NOT sent.commit_id = ANY(%(without)s)
"""
_YOUNGER = "SELECT digest, data FROM reports_coverage_object WHERE project_id = %s AND created_at >= %s"


class Marking:
    """The digests and git blob ids that are reached so far. About 130 bytes of memory each."""

    def __init__(self, project_id: int, *, without: Collection[int] = ()) -> None:
        """`without` are commits that are taken as thinned already, for a count of what will be removed."""
        self.objects: set[bytes] = set()
        self.texts: set[bytes] = set()
        self._project_id = project_id
        self._without = list(without)
        self._load = loader(project_id, cache=None)
        self._looked_at: datetime | None = None

    def look(self) -> None:
        """Reach what is live now. Call it alone (`holding.alone`) before anything is removed.

        After the first time also what was written since: a tree that somebody stored is whole even if its reference is gone again.
        Two SQL statements, and those of `reach`. Raises `KeyError` where an object of a live tree is not stored.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT statement_timestamp()")
            now = cursor.fetchone()[0]
            cursor.execute(_ROOTS, {"project": self._project_id, "without": self._without})
            roots = [bytes(root) for (root,) in cursor.fetchall()]
            if self._looked_at is not None:
                cursor.execute(_YOUNGER, [self._project_id, self._looked_at])
                roots += [
                    bytes(digest) for digest, data in cursor.fetchall() if entries_of(bytes(data)) is not None
                ]
        self.reach(roots)
        self._looked_at = now

    def reach(self, roots: Iterable[bytes]) -> None:
        """Mark trees. One SQL statement for each 500 directories that were not reached before."""
        level = self._new(roots)
        while level:
            below: list[bytes] = []
            for some in batches(level, NODES):
                for entries in self._load(some).values():
                    self.texts.update(entry.source for entry in entries if entry.source)
                    self.objects.update(entry.digest for entry in entries if entry.kind != DIRECTORY)
                    below += self._new(entry.digest for entry in entries if entry.kind == DIRECTORY)
            level = below

    def _new(self, digests: Iterable[bytes]) -> list[bytes]:
        found = [digest for digest in dict.fromkeys(digests) if digest not in self.objects]
        self.objects.update(found)
        return found


def entries_of(data: bytes) -> tuple[Entry, ...] | None:
    """Return the entries of a stored directory, None for the coverage of a file. Raises `CodecError` for damage."""
    payload = unpack(data)
    try:
        return decode_node(payload)
    except CodecError:
        return None


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield `items` in lists of at most `size`."""
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some
