"""Writing trees and coverage objects: what the database does not know yet, and nothing else.

A stored node implies its stored subtree, so the question "do you know this?" goes from the root down, a level at a time, and only
into unknown nodes. A commit that changes one per cent of a project costs a few small questions and the rows that are new.
Reading is in `loading.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from covdash import bulk
from covdash.coverage.codec import pack
from covdash.coverage.tree import DIRECTORY, Tree, decode_node

BATCH_ROWS = 2000
BATCH_BYTES = 4 * 1024 * 1024
"""One INSERT carries at most this many rows and about this many bytes."""

_KNOWN = "SELECT digest FROM reports_coverage_object WHERE project_id = %b AND digest = ANY(%b)"
_REFRESH = (
    "UPDATE reports_coverage_object SET created_at = statement_timestamp() WHERE (project_id, digest) IN ("
    "SELECT project_id, digest FROM reports_coverage_object WHERE project_id = %b AND digest = ANY(%b) "
    "AND created_at < statement_timestamp() - interval '12 hours' ORDER BY digest FOR UPDATE)"
)
_INSERT = (
    "INSERT INTO reports_coverage_object (project_id, digest, data) "
    "SELECT %b, * FROM unnest(%b::bytea[], %b::bytea[]) ON CONFLICT DO NOTHING"
)


def write(*, project_id: int, trees: Iterable[Tree], objects: Mapping[bytes, bytes]) -> int:
    """Store the nodes built in `trees` and the payloads in `objects` (digest -> payload); returns the number of new rows.

    Call it once in a transaction: children go in together with their parents. Subtrees that a tree took over are stored already, by
    the rule above. One SQL statement a level of unknown nodes, one a batch of new rows.
    """
    new: dict[bytes, bytes] = {}
    nodes: dict[bytes, bytes] = {}
    roots: dict[bytes, bool] = {}
    for tree in trees:
        nodes |= tree.nodes
        roots[tree.root.digest] = True
    level = [digest for digest in roots if digest in nodes]
    while level:
        known = _known(project_id, [digest for digest in level if digest not in new])
        below: dict[bytes, bool] = {}
        for digest in level:
            if digest in known or digest in new:
                continue
            if digest in objects:
                new[digest] = objects[digest]
                continue
            new[digest] = nodes[digest]
            for entry in decode_node(nodes[digest]):
                if entry.digest in (nodes if entry.kind == DIRECTORY else objects):
                    below[entry.digest] = True
        level = list(below)
    return _insert(project_id, new)


def write_objects(*, project_id: int, objects: Mapping[bytes, bytes]) -> int:
    """Store payloads of coverage objects ahead of their tree, to bound memory; returns the number of new rows.

    Nobody refers to them before their tree is written, so those that are known become young again: a sweep leaves young ones alone.
    """
    with bulk.cursor() as cursor:
        cursor.execute(_REFRESH, [project_id, sorted(objects)])
    known = _known(project_id, list(objects))
    return _insert(project_id, {digest: data for digest, data in objects.items() if digest not in known})


def _known(project_id: int, digests: list[bytes]) -> set[bytes]:
    if not digests:
        return set()
    with bulk.cursor() as cursor:
        cursor.execute(_KNOWN, [project_id, digests])
        return {bytes(digest) for (digest,) in cursor.fetchall()}


def _insert(project_id: int, payloads: Mapping[bytes, bytes]) -> int:
    added = 0
    with bulk.cursor() as cursor:
        for digests, data in _batches(payloads):
            cursor.execute(_INSERT, [project_id, digests, data])
            added += cursor.rowcount
    return added


def _batches(payloads: Mapping[bytes, bytes]) -> Iterator[tuple[list[bytes], list[bytes]]]:
    """Yield (digests, packed data), in the order of digests: writers that meet wait for each other, never in a ring."""
    digests: list[bytes] = []
    data: list[bytes] = []
    size = 0
    for digest in sorted(payloads):
        digests.append(digest)
        data.append(pack(payloads[digest]))
        size += len(data[-1])
        if len(digests) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield digests, data
            digests, data, size = [], [], 0
    if digests:
        yield digests, data
