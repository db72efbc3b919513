"""Comparisons of two reports: found in the database, made at once when little differs, or asked for from a task.

A comparison is a function of two roots, so whoever makes it first writes it down for everybody.
"""

from __future__ import annotations

import hashlib
import logging
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from django.core.cache import cache
from django.core.files.storage import storages
from django.db.models import BinaryField, BooleanField, Case, ExpressionWrapper, F, Q, When
from django.db.models.functions import Now
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from covdash.celery import app
from covdash.coverage.differential import Patch, whole
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
COMPARE_EACH = "covdash.reports.tasks.compare_each"
COMPARE_AHEAD = "covdash.reports.tasks.compare_ahead"
_AGAIN = 30
"""Seconds in which one comparison is not asked for twice."""

_FORM = b"marked"
"""Says what a comparison tells of each file; what was kept under another word is made anew when it is wanted, and ages away."""
_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(tuple[FileDifference, ...])


class Wanted(NamedTuple):
    """Two roots to compare; `diff` is the digest of the diff that was sent with the commit `head_commit` (hex), "" without."""

    base_root: bytes
    head_root: bytes
    head_commit: int
    diff: str = ""

    @property
    def key(self) -> bytes:
        """The key of the comparison."""
        return key_of(self.base_root, self.head_root, self.diff)


class Sums(NamedTuple):
    """What is kept of a comparison: of its `files`, `unknown` could not be compared by line. One that is not `fresh` is made again."""

    patch: Patch
    files: int
    unknown: int
    fresh: bool


def found_or_made(
    *, project_id: int, base: Entry, head: Entry, head_commit: int
) -> tuple[FileDifference, ...] | None:
    """Return the files that differ between two roots, or None when a task was asked to compare them: ask again in a moment.

    Two SQL statements when it is known; else those of `comparing.differences`, once for a process where all of it can be told.
    """
    if base.digest == head.digest:
        return ()
    sent = _diff_sent(head_commit)
    wanted = _wanted(base.digest, head.digest, head_commit, sent)
    stored = _stored(project_id, wanted.key)
    if stored is not None:
        return stored
    if len(pairs_of(project_id=project_id, base=base, head=head)) > AT_ONCE:
        ask(project_id, wanted)
        return None
    try:
        return _made(project_id, base, head, head_commit, wanted.key)
    except _PartlyError as error:
        return error.rows


class _PartlyError(Exception):
    """The text of some file is not known, and may still come: a comparison that is made again."""

    def __init__(self, rows: tuple[FileDifference, ...]) -> None:
        super().__init__()
        self.rows = rows


@lru_cache(maxsize=32)
def _made(
    project_id: int, base: Entry, head: Entry, head_commit: int, _key: bytes
) -> tuple[FileDifference, ...]:
    diff = _text_of(_diff_sent(head_commit))
    rows = tuple(differences(project_id=project_id, base=base, head=head, diff=diff))
    if any(row.how == "unknown" for row in rows):
        raise _PartlyError(rows)
    return rows


def make(*, project_id: int, base_root: bytes, head_root: bytes, head_commit: int) -> int:
    """Compare two roots and keep the result; returns the number of files that differ."""
    sent = _diff_sent(head_commit)
    diff = _text_of(sent, to_keep=True)
    base, head = (Entry("", DIRECTORY, root, b"", Totals()) for root in (base_root, head_root))
    rows = tuple(differences(project_id=project_id, base=base, head=head, diff=diff))
    Comparison.objects.filter(made_at__lt=Now() - KEPT).delete()
    Comparison.objects.update_or_create(
        project_id=project_id,
        key=key_of(base_root, head_root, sent["digest"] if sent else ""),
        defaults={
            "data": zlib.compress(_encode(rows), 3),
            "files": len(rows),
            "unknown": sum(row.how == "unknown" for row in rows),
            "patch": whole(row.patch for row in rows)[:4],
            "made_at": Now(),
        },
    )
    return len(rows)


def make_once(*, project_id: int, base_root: bytes, head_root: bytes, head_commit: int) -> int:
    """Do as `make`, unless the result is there; returns the number of files that differ if they were compared now, else 0."""
    key = _wanted(base_root, head_root, head_commit, _diff_sent(head_commit)).key
    known = sums(project_id=project_id, keys=[key]).get(key)
    if base_root == head_root or (known and known.fresh):
        return 0
    return make(project_id=project_id, base_root=base_root, head_root=head_root, head_commit=head_commit)


def texts_came(*, project_id: int) -> None:
    """Let comparisons that lacked texts be made anew when they are wanted next, since some texts are here now. One SQL statement."""
    lacking = Comparison.objects.filter(project_id=project_id, unknown__gt=0, made_at__gt=Now() - STALE)
    lacking.update(made_at=Now() - STALE)


def sums(*, project_id: int, keys: Iterable[bytes]) -> dict[bytes, Sums]:
    """Return what is known of the comparisons with these keys, old ones too. One SQL statement, none for no keys."""
    wanted = list(keys)
    if not wanted:
        return {}
    found = Comparison.objects.filter(project_id=project_id, key__in=wanted, patch__isnull=False)
    fresh = found.annotate(fresh=ExpressionWrapper(_fresh(), BooleanField()))
    return {
        bytes(key): Sums(Patch(*patch or ()), files, unknown, is_fresh)
        for key, patch, files, unknown, is_fresh in fresh.values_list(
            "key", "patch", "files", "unknown", "fresh"
        )
    }


def kept(
    *, project_id: int, keys: Iterable[bytes], most: int
) -> Iterator[tuple[bytes, tuple[FileDifference, ...] | None]]:
    """Yield (key, files) of the comparisons with these keys that need not be made again, one at a time. One SQL statement.

    None for the files of a comparison that has more than `most`.
    """
    found = Comparison.objects.filter(_fresh(), project_id=project_id, key__in=list(keys))
    data = Case(When(files__lte=most, then=F("data")), output_field=BinaryField())
    for key, packed in found.annotate(packed=data).values_list("key", "packed").iterator(4):
        yield bytes(key), None if packed is None else _decoder.decode(zlib.decompress(bytes(packed)))


def ask(project_id: int, wanted: Wanted) -> None:
    """Let a task make a comparison, unless that was asked a moment ago."""
    words = [project_id, wanted.base_root.hex(), wanted.head_root.hex(), wanted.head_commit]
    _ring(":".join(map(str, words)), COMPARE, words)


def ask_each(project_id: int, wanted: Sequence[Wanted]) -> None:
    """Let a task ask for each of these: one message, however many they are."""
    listed = [(one.base_root.hex(), one.head_root.hex(), one.head_commit) for one in wanted]
    if listed:
        said = hashlib.sha256(b"".join(one.key for one in wanted)).hexdigest()
        _ring(f"{project_id}:{said}", COMPARE_EACH, [project_id, listed])


def key_of(base_root: bytes, head_root: bytes, diff: str) -> bytes:
    """Return the key of a comparison; `diff` is the digest of the diff that was sent (hex), "" without."""
    return hashlib.sha256(_FORM + base_root + head_root + diff.encode()).digest()


def diff_of(commit_id: int) -> str:
    """Return the unified diff that was sent with a commit, "" without. One SQL statement."""
    return _text_of(_diff_sent(commit_id))


def _diff_sent(commit_id: int) -> dict[str, Any] | None:
    """Return the newest file with a unified diff that was sent with a commit, with its `key` and `digest`."""
    sent = Upload.objects.filter(commit_id=commit_id, fork="", files__contains=[{"role": "diff"}])
    files = sent.order_by("-received_at").values_list("files", flat=True).first() or []
    return next((file for file in files if file["role"] == "diff" and file["size"] <= MAX_DIFF), None)


def _wanted(base_root: bytes, head_root: bytes, head_commit: int, sent: Mapping[str, Any] | None) -> Wanted:
    return Wanted(base_root, head_root, head_commit, sent["digest"] if sent else "")


def _text_of(sent: Mapping[str, Any] | None, *, to_keep: bool = False) -> str:
    """Return the text of the diff, "" when it is gone or cannot be read; `to_keep`: what cannot be read just now is an error."""
    if sent is None:
        return ""
    try:
        with storages["objects"].open(sent["key"]) as content:
            return bytes(content.read(MAX_DIFF)).decode("utf-8", "replace")
    except OSError as error:
        if to_keep and not isinstance(error, FileNotFoundError):
            raise
        log.info("no diff %s: %s", sent["key"], error)
        return ""


def _fresh() -> Q:
    """Return the condition that a comparison need not be made again: nothing was unknown, or it is young."""
    return Q(unknown=0) | Q(made_at__gt=Now() - STALE)


def _stored(project_id: int, key: bytes) -> tuple[FileDifference, ...] | None:
    found = Comparison.objects.filter(_fresh(), project_id=project_id, key=key)
    made_at = found.values_list("made_at", flat=True).first()
    return _rows(project_id, key, made_at) if made_at else None


@lru_cache(maxsize=4)
def _rows(project_id: int, key: bytes, made_at: datetime) -> tuple[FileDifference, ...] | None:
    """Return the rows of a comparison that was made then, None if it is made anew just now: 5,000 take some megabytes."""
    found = Comparison.objects.filter(project_id=project_id, key=key, made_at=made_at)
    data = found.values_list("data", flat=True).first()
    return None if data is None else _decoder.decode(zlib.decompress(bytes(data)))


def _ring(said: str, task: str, words: list[Any]) -> None:
    try:
        if cache.add(f"compare:{said}", 1, _AGAIN):
            app.send_task(task, args=words, priority=6)
    except (KombuError, RedisError, OSError) as error:
        log.info("nobody rang for a comparison: %s", error)
