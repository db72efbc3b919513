"""Reading stored tree nodes and coverage objects by digest: the one place that knows how, for queries and the pipe alike.

Nodes are immutable, so every process keeps the lately used ones decoded, bounded in bytes. Nothing here writes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from django.db import connection

from covdash.coverage.codec import unpack
from covdash.coverage.components import Owned
from covdash.coverage.merge import LoadObjects
from covdash.coverage.totals import Totals
from covdash.coverage.tree import DIRECTORY, Entry, Load, decode_node, heaviest
from covdash.reports.facts import ReportFact
from covdash.reports.retention_facts import DetailsGoneError

NODE_CACHE_BYTES = 48 * 1024 * 1024
"""Bound of the cache of one process, in estimated bytes of memory."""

_GROWTH = 8
"""A decoded entry takes about eight times its payload: measured on nodes of 10 to 1,000 files."""

_SELECT = "SELECT digest, data FROM reports_coverage_object WHERE project_id = %s AND digest = ANY(%s)"


class NodeCache:
    """Lately used nodes by (project, digest); the least lately used go first. Safe to share between threads."""

    def __init__(self, limit: int) -> None:
        """Start empty, to hold at most `limit` estimated bytes."""
        self._limit = limit
        self._held: OrderedDict[tuple[int, bytes], tuple[int, tuple[Entry, ...]]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Estimated bytes held."""
        return self._size

    def take(self, project_id: int, digests: Iterable[bytes]) -> dict[bytes, tuple[Entry, ...]]:
        """Return the nodes among `digests` that are held."""
        found: dict[bytes, tuple[Entry, ...]] = {}
        with self._lock:
            for digest in digests:
                held = self._held.get((project_id, digest))
                if held is not None:
                    self._held.move_to_end((project_id, digest))
                    found[digest] = held[1]
        return found

    def put(self, project_id: int, digest: bytes, entries: tuple[Entry, ...], payload_size: int) -> None:
        """Hold a node; one that alone would fill a quarter of the cache is not held."""
        cost = _GROWTH * payload_size + 200
        if cost > self._limit // 4:
            return
        with self._lock:
            old = self._held.pop((project_id, digest), None)
            self._size += cost - (old[0] if old else 0)
            self._held[project_id, digest] = (cost, entries)
            while self._size > self._limit:
                _, (freed, _) = self._held.popitem(last=False)
                self._size -= freed

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._held.clear()
            self._size = 0


nodes = NodeCache(NODE_CACHE_BYTES)
"""The cache of this process."""


def loader(project_id: int, *, cache: NodeCache | None = nodes) -> Load:
    """Return a `Load` of the nodes of a project: at most one SQL statement a call, none when all are in `cache`.

    `Load` raises `KeyError` for a digest that is not stored and `CodecError` for damage.
    """

    def load(digests: list[bytes]) -> Mapping[bytes, tuple[Entry, ...]]:
        found = cache.take(project_id, digests) if cache else {}
        missing = [digest for digest in digests if digest not in found]
        for digest, payload in _payloads(project_id, missing).items():
            found[digest] = decode_node(payload)
            if cache:
                cache.put(project_id, digest, found[digest], len(payload))
        return found

    return load


@lru_cache(maxsize=64)
def heaviest_files(
    project_id: int,
    directory: Entry,
    weight: Callable[[Totals], int],
    limit: int,
    within: Owned | None = None,
) -> tuple[tuple[str, Entry], ...]:
    """Return the `limit` files of a directory of greatest `weight`, the greatest first: the same for ever (`tree.heaviest`).

    With `within`, `directory` is the root, and only files of these components are meant.
    """
    return tuple(heaviest(loader(project_id), directory, weight, limit=limit, within=within))


@lru_cache(maxsize=64)
def totals_within(project_id: int, root: Entry, within: Owned) -> Totals:
    """Return the totals of the files of some components or owners: the same for ever."""
    return within.totals(root, load=loader(project_id))


def load_objects(project_id: int) -> LoadObjects:
    """Return a function that reads the payloads of coverage objects of a project: one SQL statement a call.

    It raises `KeyError` for a digest that is not stored and `CodecError` for damage.
    """

    def load(digests: list[bytes]) -> Mapping[bytes, bytes]:
        return _payloads(project_id, digests)

    return load


def root_entry(report: ReportFact) -> Entry:
    """Return the entry of the root of a report: where walks begin. Raises `DetailsGoneError` where retention removed the tree."""
    if report.commit.thinned_at is not None:
        raise DetailsGoneError(report.commit)
    return Entry("", DIRECTORY, bytes.fromhex(report.root), b"", report.totals)


def _payloads(project_id: int, digests: list[bytes]) -> dict[bytes, bytes]:
    if not digests:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_SELECT, [project_id, digests])
        found = {bytes(digest): unpack(bytes(data)) for digest, data in cursor.fetchall()}
    for digest in digests:
        if digest not in found:
            raise KeyError(f"object {digest.hex()} of project {project_id} is not stored")
    return found
