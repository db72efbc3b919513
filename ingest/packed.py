"""Bodies of the exchange: packed with gzip, whole or in parts, as streams of unpacked bytes with every size checked on the way.

Parts wait in object storage, since the next one may reach another web process; the announcement says how far they go. They are of the
packed body, come in order, and may overlap what is there: a client that lost its connection goes on, or begins again.
"""

from __future__ import annotations

import errno
import logging
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files import File as DjangoFile
from django.core.files.storage import storages
from django.db import transaction
from rest_framework.request import Request

from covdash.problems import Problem
from covdash.projects import holding
from covdash.reports.models import Announcement
from ingest.budget import Budget, Stream
from ingest.containers import gunzip
from ingest.delivery import BLOCK, Delivery, body_of
from ingest.parsing import Limits, ParseError
from ingest.receive import storage_problem

log = logging.getLogger(__name__)

PART_BYTES = 32 * 1024**2
"""The part that is asked for: proxies let bodies of this size pass, or are known to let less."""
LONGEST_PART = 4 * PART_BYTES
SHORTEST_PART = 64 * 1024
"""Only the last part may be shorter."""
_RANGE = re.compile(r"bytes (?:([0-9]{1,12})-([0-9]{1,12})|\*)/([0-9]{1,12})")


@dataclass(frozen=True, slots=True)
class Progress:
    """So many bytes of a packed body are here."""

    received: int
    total: int


def change(announcement_id: UUID, how: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Let `how` change the manifest of an announcement while nobody else does; it says whether it did. Returns the manifest."""
    with transaction.atomic():
        row = Announcement.objects.select_for_update().filter(pk=announcement_id).first()
        if row is None:
            raise Problem(
                404,
                "not_found",
                "The upload that was announced is not known any more.",
                hint="Announce it again.",
            )
        holding.hold(row.project_id)
        manifest: dict[str, Any] = row.manifest
        if how(manifest):
            row.save(update_fields=["manifest"])
        return manifest


def unpacked(
    request: Request, announcement: Announcement, slot: str, *, limit: int
) -> Iterator[bytes] | Progress:
    """Return the unpacked bytes of a body, at most `limit`, or how far its parts go. `slot` names the body within the announcement.

    Both raise `Problem`. Say `forget` when the bytes were used, or were of no use.
    """
    said = request.META.get("HTTP_CONTENT_RANGE", "").strip()
    if not said:
        return whole(request, limit=limit)
    is_packed = _is_packed(request)
    match = _RANGE.fullmatch(said)
    if match is None:
        raise _bad_range("The header Content-Range is not like bytes 0-33554431/50000000.")
    total = int(match[3])
    if total > settings.COVDASH_MAX_UPLOAD_BYTES:
        raise Problem(
            413, "too_large", f"The body has {total} bytes, the limit is {settings.COVDASH_MAX_UPLOAD_BYTES}.",
            hint="Send fewer reports in one upload, or ask the operator to raise COVDASH_MAX_UPLOAD_BYTES.",
        )  # fmt: skip
    have = _have(announcement.manifest, slot, total)
    if match[1] is not None and have < total:
        have = _take_part(request, announcement, slot, (int(match[1]), int(match[2]), total), have)
    if have < total:
        return Progress(have, total)
    announcement.refresh_from_db(fields=["manifest"])
    keys = announcement.manifest["parts"].get(slot, {}).get("keys", [])
    return _plain(_stored(keys), is_packed=is_packed, limit=limit)


def whole(request: Request, *, limit: int) -> Iterator[bytes]:
    """Return the unpacked bytes of a body that came at once, at most `limit`. Raises `Problem`, also while they are read."""
    is_packed = _is_packed(request)
    read = body_of(request)
    return _plain(iter(lambda: read(BLOCK), b""), is_packed=is_packed, limit=limit)


def forget(announcement: Announcement, *slots: str) -> None:
    """Remove the parts of bodies that nobody waits for."""
    gone: list[str] = []

    def drop(manifest: dict[str, Any]) -> bool:
        for slot in slots:
            gone.extend(manifest["parts"].pop(slot, {}).get("keys", ()))
        return bool(gone)

    if any(slot in announcement.manifest["parts"] for slot in slots):
        announcement.manifest = change(announcement.pk, drop)
        _delete(gone)


def _is_packed(request: Request) -> bool:
    packing = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if packing not in {"", "identity", "gzip"}:
        raise Problem(
            415, "unsupported_encoding", f"A body packed with {packing[:40]!r} is not read here.",
            hint="Send it with Content-Encoding: gzip.", field="Content-Encoding",
        )  # fmt: skip
    return bool(packing == "gzip")


def _have(manifest: dict[str, Any], slot: str, total: int) -> int:
    part = manifest["parts"].get(slot)
    return int(part["have"]) if part and part["total"] == total else 0


def _take_part(
    request: Request, announcement: Announcement, slot: str, said: tuple[int, int, int], have: int
) -> int:
    """Store one part; returns how far the parts go now."""
    first, last, total = said
    size = last - first + 1
    if not 0 < size <= LONGEST_PART or last >= total:
        raise _bad_range(
            f"A part has 1 to {LONGEST_PART} bytes and ends before its total; this is {first}-{last}/{total}."
        )
    if size < SHORTEST_PART and last != total - 1:
        raise _bad_range(f"A part has at least {SHORTEST_PART} bytes, unless it is the last.")
    if first > have:
        raise Problem(
            409, "wrong_range", f"Bytes {have} to {first - 1} of the body are not here yet.",
            hint=f"Go on at byte {have}.", field="Content-Range",
        )  # fmt: skip
    if last < have:
        return have
    key = _keep_part(
        request, f"parts/{announcement.project_id}/{announcement.pk}/{slot}", size, skip=have - first
    )
    gone: list[str] = []

    def add(manifest: dict[str, Any]) -> bool:
        part = manifest["parts"].get(slot)
        if part is None or part["total"] != total:  # packed anew: what was there is of another body
            gone.extend(part["keys"] if part else ())
            part = manifest["parts"][slot] = {"total": total, "have": 0, "keys": []}
        if part["have"] != have or slot in manifest["arrived"]:  # somebody else sent the same
            gone.append(key)
            return False
        part["have"] = last + 1
        part["keys"].append(key)
        return True

    manifest = change(announcement.pk, add)
    _delete(gone)
    return _have(manifest, slot, total)


def _keep_part(request: Request, folder: str, size: int, *, skip: int) -> str:
    """Store the body of one part without its first `skip` bytes; returns the key."""
    read = body_of(request, limit=size)
    seen = 0

    def rest() -> Iterator[bytes]:
        nonlocal seen
        while block := read(BLOCK):
            yield block[max(0, skip - seen) :]
            seen += len(block)

    with Delivery() as delivery:
        delivery.spool("part", "report", rest())
        if seen != size:
            raise Problem(
                400, "truncated_body", f"The part has {seen} bytes, its Content-Range says {size}.",
                hint="Send the part again.",
            )  # fmt: skip
        content = delivery.files[0].content
        content.seek(0)
        try:
            return str(storages["objects"].save(f"{folder}/{secrets.token_hex(8)}", DjangoFile(content)))
        except Exception as error:  # each kind of storage has errors of its own
            full = isinstance(error, OSError) and error.errno == errno.ENOSPC
            raise storage_problem("no space is free" if full else repr(error)) from error


def _stored(keys: list[str]) -> Iterator[bytes]:
    for key in keys:
        try:
            with storages["objects"].open(key) as part:
                while block := part.read(BLOCK):
                    yield block
        except Exception as error:
            raise storage_problem(repr(error)) from error


def _plain(chunks: Iterator[bytes], *, is_packed: bool, limit: int) -> Iterator[bytes]:
    stream = Stream(chunks)
    budget = Budget(Limits(unpacked=limit, entry=limit, ratio=settings.COVDASH_MAX_RATIO), stream)
    try:
        yield from budget.spend(gunzip(stream) if is_packed else stream)
    except ParseError as error:
        if error.code == "decompression_limit":
            raise Problem(413, "decompression_limit", f"The body is refused: {error.message}.") from error
        raise Problem(
            400, "malformed_gzip", f"The body cannot be unpacked: {error.message}.", hint="Send it again."
        ) from error


def _delete(keys: list[str]) -> None:
    for key in keys:
        try:
            storages["objects"].delete(key)
        except Exception as error:  # noqa: BLE001 - what stays behind costs space, nothing else
            log.warning("a part of an upload stays behind: %s: %r", key, error)


def _bad_range(message: str) -> Problem:
    return Problem(
        400, "bad_range", message, hint="Parts are those of the packed body, in order.", field="Content-Range"
    )
