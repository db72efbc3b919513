"""Comparisons of two reports: found in the database, made at once when little differs, or asked for from a task.

A comparison is a function of two roots, so whoever makes it first writes it down for everybody.
"""

from __future__ import annotations

import hashlib
import logging
import zlib
from datetime import timedelta

import msgspec
from django.core.cache import cache
from django.core.files.storage import storages
from django.db.models import Q
from django.db.models.functions import Now
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from covdash.celery import app
from covdash.coverage.totals import Totals
from covdash.coverage.tree import DIRECTORY, Entry
from covdash.reports.comparing import differences, pairs_of
from covdash.reports.differences import FileDifference
from covdash.reports.models import Comparison, Upload

log = logging.getLogger(__name__)

AT_ONCE = 60
"""So many differing files are compared within a request; more are left to the task."""
MAX_DIFF = 8 * 1024 * 1024
STALE = timedelta(hours=1)
KEPT = timedelta(days=60)
COMPARE = "covdash.reports.tasks.compare"
_AGAIN = 30
"""Seconds in which one comparison is not asked for twice."""

_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(tuple[FileDifference, ...])


def found_or_made(
    *, project_id: int, base: Entry, head: Entry, head_commit: int
) -> tuple[FileDifference, ...] | None:
    """Return the files that differ between two roots, or None when a task was asked to compare them: ask again in a moment.

    Two SQL statements when it is known; else those of `comparing.differences`.
    """
    if base.digest == head.digest:
        return ()
    diff = diff_of(head_commit)
    stored = _stored(project_id, key_of(base.digest, head.digest, diff))
    if stored is not None:
        return stored
    if len(pairs_of(project_id=project_id, base=base, head=head)) > AT_ONCE:
        _ask(project_id, base.digest, head.digest, head_commit)
        return None
    return tuple(differences(project_id=project_id, base=base, head=head, diff=diff))


def make(*, project_id: int, base_root: bytes, head_root: bytes, head_commit: int) -> int:
    """Compare two roots and keep the result; returns the number of files that differ."""
    diff = diff_of(head_commit)
    base, head = (Entry("", DIRECTORY, root, b"", Totals()) for root in (base_root, head_root))
    rows = tuple(differences(project_id=project_id, base=base, head=head, diff=diff))
    Comparison.objects.filter(made_at__lt=Now() - KEPT).delete()
    Comparison.objects.update_or_create(
        project_id=project_id,
        key=key_of(base_root, head_root, diff),
        defaults={
            "data": zlib.compress(_encode(rows), 3),
            "files": len(rows),
            "unknown": sum(row.how == "unknown" for row in rows),
            "made_at": Now(),
        },
    )
    return len(rows)


def key_of(base_root: bytes, head_root: bytes, diff: str) -> bytes:
    """Return the key of a comparison."""
    return hashlib.sha256(base_root + head_root + diff.encode("utf-8", "surrogatepass")).digest()


def diff_of(commit_id: int) -> str:
    """Return the unified diff that was sent with a commit, "" without. One SQL statement."""
    sent = Upload.objects.filter(commit_id=commit_id, fork="", files__contains=[{"role": "diff"}])
    files = sent.order_by("-received_at").values_list("files", flat=True).first() or []
    for file in files:
        if file["role"] == "diff" and file["size"] <= MAX_DIFF:
            try:
                with storages["objects"].open(file["key"]) as content:
                    return bytes(content.read(MAX_DIFF)).decode("utf-8", "replace")
            except OSError as error:
                log.info("no diff of commit %s: %s", commit_id, error)
    return ""


def _stored(project_id: int, key: bytes) -> tuple[FileDifference, ...] | None:
    fresh = Q(unknown=0) | Q(made_at__gt=Now() - STALE)
    data = (
        Comparison.objects.filter(fresh, project_id=project_id, key=key)
        .values_list("data", flat=True)
        .first()
    )
    return None if data is None else _decoder.decode(zlib.decompress(bytes(data)))


def _ask(project_id: int, base: bytes, head: bytes, head_commit: int) -> None:
    try:
        if cache.add(f"compare:{project_id}:{base.hex()}:{head.hex()}", 1, _AGAIN):
            app.send_task(COMPARE, args=[project_id, base.hex(), head.hex(), head_commit], priority=6)
    except (KombuError, RedisError, OSError) as error:
        log.info("nobody rang for a comparison: %s", error)
