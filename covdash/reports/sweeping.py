"""Removing coverage objects and source texts that nothing reaches: the sweep of mark and sweep, beside a pipe that works.

Three rules keep what somebody needs. Each batch is removed while the sweep is alone (`covdash.projects.holding`), after one more look
at what is live. Directories go before what is in them, so that a stored directory implies its stored subtree at any moment, also when
the sweep is killed between two batches. Files and texts are stored ahead of the tree that refers to them, so young ones stay.
A sweep that was killed is gone on with by the next one: what is left over is what nothing reaches, as before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from django.db import connection

from covdash import bulk
from covdash.projects import holding
from covdash.reports.marking import Marking, batches, entries_of
from covdash.reports.retention_facts import Bytes

YOUNG_HOURS = 24
"""Longer than any request, lease or transaction. `store.write_objects` and `sources.store.keep` refresh what is half as old."""
BATCH = 1000
PAGE = 20_000

_PAGE = """
SELECT {key}, octet_length(data){more}, created_at < statement_timestamp() - {hours} * interval '1 hour'
  FROM {table} WHERE project_id = %s AND {key} > %s ORDER BY {key} LIMIT %s
"""
_DATA = "SELECT digest, data FROM reports_coverage_object WHERE project_id = %b AND digest = ANY(%b)"
# In the order of keys, as writers lock them, and only what is old: a row that was refreshed meanwhile is looked at again.
_DELETE = """
DELETE FROM {table} WHERE (project_id, {key}) IN (
  SELECT project_id, {key} FROM {table} WHERE project_id = %b AND {key} = ANY(%b){old} ORDER BY {key} FOR UPDATE)
RETURNING {key}
"""
_OLD = f" AND created_at < statement_timestamp() - interval '{YOUNG_HOURS} hours'"
OBJECTS = {"table": "reports_coverage_object", "key": "digest"}
TEXTS = {"table": "sources_sourceobject", "key": "blob"}

Step = Callable[[int], None]
"""Told after each batch how many rows were looked at."""


def objects(marking: Marking, project_id: int, *, is_dry: bool, step: Step) -> Bytes:
    """Remove the coverage objects that `marking` does not reach; with `is_dry` only count the old ones. Raises `BusyError`."""
    return _swept(OBJECTS, marking, marking.objects, project_id, is_dry=is_dry, step=step)


def texts(marking: Marking, project_id: int, *, is_dry: bool, step: Step) -> Bytes:
    """Do the same with source texts."""
    return _swept(TEXTS, marking, marking.texts, project_id, is_dry=is_dry, step=step)


def _swept(
    words: dict[str, str], marking: Marking, live: set[bytes], project_id: int, *, is_dry: bool, step: Step
) -> Bytes:
    total, dead, young = _listed(words, project_id, live, step)
    if is_dry:
        return total.less({key: size for key, size in dead.items() if key not in young})
    nodes, others = _sorted(project_id, dead) if words is OBJECTS else (iter(()), list(dead))
    gone: dict[bytes, int] = {}
    for keys, old in ((nodes, ""), (others, _OLD)):
        statement = _DELETE.format(**words, old=old)
        for some in batches(keys, BATCH):
            with holding.alone(project_id):
                marking.look()
                with bulk.cursor() as cursor:
                    cursor.execute(statement, [project_id, [key for key in some if key not in live]])
                    gone |= {bytes(key): dead[bytes(key)] for (key,) in cursor.fetchall()}
            step(len(some))
    return total.less(gone)


def _listed(
    words: dict[str, str], project_id: int, live: set[bytes], step: Step
) -> tuple[Bytes, dict[bytes, int], set[bytes]]:
    """Return the sum of a table, the rows that nothing reaches with their bytes, in the order of keys, and the young ones of them."""
    more = " + coalesce(octet_length(highlighted), 0)" if words is TEXTS else ""
    statement = _PAGE.format(**words, more=more, hours=YOUNG_HOURS)
    number = size = 0
    dead: dict[bytes, int] = {}
    young: set[bytes] = set()
    after = b""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, [project_id, after, PAGE])
            page = [(bytes(key), length, is_old) for key, length, is_old in cursor.fetchall()]
        number, size = number + len(page), size + sum(length for _, length, _ in page)
        dead |= {key: length for key, length, _ in page if key not in live}
        young |= {key for key, _, is_old in page if not is_old and key in dead}
        step(len(page))
        if len(page) < PAGE:
            return Bytes(number, size), dead, young
        after = page[-1][0]


def _sorted(project_id: int, dead: dict[bytes, int]) -> tuple[Iterator[bytes], list[bytes]]:
    """Return the directories among `dead`, each before those inside it, and the files."""
    below: dict[bytes, list[bytes]] = {}
    files: list[bytes] = []
    for keys in batches(dead, BATCH):
        with bulk.cursor() as cursor:
            cursor.execute(_DATA, [project_id, keys])
            for digest, data in cursor.fetchall():
                entries = entries_of(bytes(data))
                if entries is None:
                    files.append(bytes(digest))
                else:
                    below[bytes(digest)] = [entry.digest for entry in entries]
    return _outer_first(below), files


def _outer_first(below: dict[bytes, list[bytes]]) -> Iterator[bytes]:
    inside = Counter(digest for digests in below.values() for digest in digests if digest in below)
    free = [digest for digest in below if not inside[digest]]
    while free:
        outer = free.pop()
        yield outer
        for digest in below[outer]:
            if digest in inside:
                inside[digest] -= 1
                if not inside[digest]:
                    free.append(digest)
