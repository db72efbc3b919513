"""Source texts by git blob id: put many, get many. Compressed here; who may read them is decided elsewhere.

The id is git's own (`git hash-object`), so that a text that did not change between commits is kept once.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping

from covdash import bulk
from covdash.sources.models import SourceObject

MAX_TEXT = 4 * 1024 * 1024
"""A longer text is no source file that a person reads; it is not kept."""
BATCH = 500

_INSERT = (
    "INSERT INTO sources_sourceobject (project_id, blob, size, data, highlighter) "
    "SELECT %b, blob, size, data, '' FROM unnest(%b::bytea[], %b::int[], %b::bytea[]) AS t (blob, size, data) "
    "ON CONFLICT DO NOTHING"
)
_REFRESH = (
    "UPDATE sources_sourceobject SET created_at = statement_timestamp() WHERE (project_id, blob) IN ("
    "SELECT project_id, blob FROM sources_sourceobject WHERE project_id = %b AND blob = ANY(%b) "
    "AND created_at < statement_timestamp() - interval '12 hours' ORDER BY blob FOR UPDATE)"
)


def blob_id(text: bytes, *, size: int = 20) -> bytes:
    """Return the git blob id of `text`: SHA-1 over git's header and the text, or SHA-256 (`size` 32) as newer repositories have it."""
    data = b"blob %d\0" % len(text) + text
    return hashlib.sha256(data).digest() if size == 32 else hashlib.sha1(data, usedforsecurity=False).digest()


def put(*, project_id: int, texts: Iterable[bytes]) -> int:
    """Keep `texts`; returns how many were new. Texts longer than `MAX_TEXT` raise `ValueError`."""
    return keep(project_id=project_id, texts={blob_id(text): text for text in texts})


def keep(*, project_id: int, texts: Mapping[bytes, bytes]) -> int:
    """Keep texts by ids that the caller has checked; returns how many were new. Raises like `put`.

    Nobody refers to them before a tree is written, so those that are known become young again: a sweep leaves young ones alone.
    """
    added = 0
    for batch in _batches(texts.items()):
        blobs = [blob for blob, _ in batch]
        with bulk.cursor() as cursor:
            cursor.execute(_REFRESH, [project_id, blobs])
        there = known(project_id=project_id, blobs=blobs)
        fresh = [(blob, text) for blob, text in batch if blob not in there]
        if too_long := next((text for _, text in fresh if len(text) > MAX_TEXT), None):
            raise ValueError(f"a source text has {len(too_long)} bytes, more than {MAX_TEXT}")
        if not fresh:
            continue
        rows = sorted((blob, len(text), zlib.compress(text, 6)) for blob, text in fresh)
        with bulk.cursor() as cursor:
            cursor.execute(_INSERT, [project_id, *(list(column) for column in zip(*rows, strict=True))])
            added += cursor.rowcount
    return added


def known(*, project_id: int, blobs: Iterable[bytes]) -> set[bytes]:
    """Return those of `blobs` whose text is kept; one SQL statement."""
    found = SourceObject.objects.filter(project_id=project_id, blob__in=list(blobs))
    return {bytes(blob) for blob in found.values_list("blob", flat=True)}


def get(*, project_id: int, blobs: Iterable[bytes], longest: int = MAX_TEXT) -> dict[bytes, bytes]:
    """Return the texts that are kept among `blobs` and have at most `longest` bytes; one SQL statement."""
    rows = SourceObject.objects.filter(project_id=project_id, blob__in=list(blobs), size__lte=longest)
    return {bytes(blob): unpack(bytes(data)) for blob, data in rows.values_list("blob", "data")}


def unpack(data: bytes) -> bytes:
    """Undo the compression of a stored text. Raises `zlib.error` for damage."""
    engine = zlib.decompressobj()
    return engine.decompress(data, MAX_TEXT)


def _batches(items: Iterable[tuple[bytes, bytes]]) -> Iterator[list[tuple[bytes, bytes]]]:
    batch: list[tuple[bytes, bytes]] = []
    for item in items:
        batch.append(item)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
