"""Source texts that an upload names and nobody sent: which they are, and taking them in as they come, by git blob id.

A text is kept only when its id is its own and the upload measured the file, so nobody can fill the store with anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction

from covdash.coverage.tree import walk
from covdash.problems import Problem
from covdash.reports import comparisons
from covdash.reports.loading import loader
from covdash.reports.models import Upload
from covdash.sources import store
from ingest import claim, doorbell
from ingest.budget import Stream

MAX_ASKED = 5_000
MAX_BYTES = 100 * 1024**2
MAX_TEXT = 2 * 1024**2
MAX_REJECTED = 100
_HOLD = 8 * 1024**2
_HEAD = re.compile(rb"([0-9a-f]{40}|[0-9a-f]{64}) ([0-9]{1,9})")
_LONGEST_HEAD = 80
"""More than an id, a size and their line end have."""
_BINARY_HEAD = 8000
_PROCESS = "ingest.tasks.process_upload"


@dataclass(slots=True)
class Taken:
    """What came of the texts of one body: how many are kept now, and (id, why) of those that are not."""

    stored: int = 0
    rejected: list[dict[str, str]] = field(default_factory=list)


def lacking(upload: Upload) -> list[str]:
    """Return the git blob ids of measured files whose text is not kept, at most `MAX_ASKED`."""
    if upload.root is None:
        return []
    entries = walk(loader(upload.project_id), bytes(upload.root))
    named = dict.fromkeys(entry.source for _, entry in entries if entry.digest and entry.source)
    kept = store.known(project_id=upload.project_id, blobs=list(named))
    return [blob.hex() for blob in named if blob not in kept][:MAX_ASKED]


def take(upload: Upload, chunks: Iterable[bytes]) -> Taken:
    """Keep the texts of a body; uploads that waited for them are processed again. Raises `Problem` for a body that is no frames."""
    wanted = {bytes.fromhex(blob) for blob in lacking(upload)}
    taken = Taken()
    waiting: dict[bytes, bytes] = {}
    try:
        for number, (blob, text) in enumerate(_frames(chunks)):
            if number >= MAX_ASKED:
                raise Problem(
                    413,
                    "too_many_texts",
                    f"The body has more than {MAX_ASKED} texts.",
                    hint="Send the rest next.",
                )
            if why := _refusal(blob, text, wanted):
                if len(taken.rejected) < MAX_REJECTED:
                    taken.rejected.append({"id": blob.hex(), "why": why})
                continue
            waiting[blob] = text or b""
            if sum(map(len, waiting.values())) > _HOLD:
                taken.stored += store.keep(project_id=upload.project_id, texts=waiting)
                waiting = {}
    finally:  # what is whole is kept, whatever comes behind it
        taken.stored += store.keep(project_id=upload.project_id, texts=waiting)
        if taken.stored:
            comparisons.texts_came(project_id=upload.project_id)
            _read_again(upload)
    return taken


def _refusal(blob: bytes, text: bytes | None, wanted: set[bytes]) -> str:
    if blob not in wanted:
        return "not_needed"
    if text is None:
        return "too_large"
    if store.blob_id(text, size=len(blob)) != blob:
        return "digest_mismatch"
    return "binary" if b"\0" in text[:_BINARY_HEAD] else ""


def _frames(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bytes | None]]:
    """Yield (blob id, text) of frames: a line with id and size, then the bytes; None for a text that is too long to be kept."""
    stream = Stream(chunks)
    while line := stream.peek(_LONGEST_HEAD):
        if line.startswith(b"\n"):  # as git cat-file --batch divides them
            stream.read(1)
            continue
        head, found, _ = line.partition(b"\n")
        match = _HEAD.fullmatch(head)
        if not found or match is None:
            raise _bad_frame(f"No line like '<git blob id> <size>' stands at {stream.place()} of the body.")
        stream.read(len(head) + 1)
        size = int(match[2])
        text = stream.read(size) if size <= MAX_TEXT else None
        left = size - len(text) if text is not None else _skip(stream, size)
        if left:
            raise _bad_frame(f"The body ends {left} bytes before the text of {match[1].decode()} does.")
        yield bytes.fromhex(match[1].decode()), text


def _skip(stream: Stream, size: int) -> int:
    """Read `size` bytes past; returns how many of them were not there."""
    while size and (block := stream.read(min(size, _HOLD))):
        size -= len(block)
    return size


def _read_again(upload: Upload) -> None:
    """Let the uploads of the commit that know only what ran be read again, now that there are texts to read lines from."""
    with transaction.atomic():
        waiting = Upload.objects.filter(
            commit_id=upload.commit_id, fork=upload.fork, needs_sources=True, state=Upload.State.PROCESSED
        )
        again: list[UUID] = claim.wait_again(waiting.values_list("pk", flat=True))
    for upload_id in again:
        doorbell.ring(_PROCESS, str(upload_id))


def _bad_frame(message: str) -> Problem:
    return Problem(
        400,
        "bad_frame",
        message,
        hint="Texts before it were kept; ask for the state to see what is still needed.",
    )
