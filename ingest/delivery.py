"""A delivery as a protocol reads it: fields as they were sent, and files, spooled to disk while they came in.

A file is written to a nameless temporary file, so a killed process leaves nothing to sweep, and hashed on the way.
Which part plays which role is the protocol's business; what is stored where is decided in `receive.py`.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Literal, Self

from django.conf import settings
from django.http.request import UnreadablePostError
from django.urls import URLPattern
from rest_framework.request import Request

from covdash.problems import Problem

Role = Literal["report", "sources", "source", "files", "configuration", "diff", "paths"]
"""A report (or an archive of reports), an archive of source texts, one source text, a list of repository files, `covdash.toml`,
the changes since the base, and what the job does to the paths in its reports (`manifest.Paths`)."""
COMPANIONS = frozenset({"configuration", "diff"})
"""Roles of what comes along: two deliveries that differ in nothing else are the same."""

MAX_PARTS = 100
MAX_SECONDS = 600
"""A body that takes longer than this to arrive is given up."""
BLOCK = 64 * 1024
_AGAIN = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Protocol:
    """A book of the shelf of protocols: an HTTP dialect with the addresses it answers; `addresses` are the same in words."""

    name: str
    title: str
    urls: tuple[URLPattern, ...]
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class File:
    """One spooled file. `name` is what the client calls it and never a path on our disk; `digest` is its SHA-256."""

    name: str
    role: Role
    content: IO[bytes]
    size: int
    digest: bytes


@dataclass(slots=True)
class Delivery:
    """What arrived in one request. Use it as a context manager: leaving it gives the spooled files back."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self.files:
            file.content.close()

    def spool(self, name: str, role: Role, blocks: Iterable[bytes]) -> None:
        """Write `blocks` to a temporary file while hashing. Raises `Problem` when there are too many files."""
        if len(self.files) >= MAX_PARTS:
            raise Problem(
                413,
                "too_many_parts",
                f"The body has more than {MAX_PARTS} files.",
                hint="Put the reports into one zip or tar.gz archive.",
            )
        folder = Path(settings.SPOOL_ROOT)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        content = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed with the delivery
        try:
            seen, size = hashlib.sha256(), 0
            for block in blocks:
                content.write(block)
                seen.update(block)
                size += len(block)
            content.flush()
        except BaseException:
            content.close()
            raise
        self.files.append(File(name, role, content, size, seen.digest()))

    def blank(self, number: int, spans: Iterable[tuple[int, int]]) -> None:
        """Overwrite stretches (start, end) of a spooled file with asterisks in quotes, so that a secret in JSON is never stored."""
        file = self.files[number]
        for start, end in spans:
            file.content.seek(start)
            file.content.write(b'"' + b"*" * (end - start - 2) + b'"' if end - start > 1 else b"0")
        file.content.flush()
        file.content.seek(0)
        seen = hashlib.sha256()
        while block := file.content.read(_AGAIN):
            seen.update(block)
        self.files[number] = replace(file, digest=seen.digest())


def body_of(request: Request, *, limit: int | None = None) -> Callable[[int], bytes]:
    """Return a function that reads the body of `request` in blocks, b"" at its end.

    It raises `Problem`: more than `limit` bytes (COVDASH_MAX_UPLOAD_BYTES), cut short, or too slow.
    """
    limit = settings.COVDASH_MAX_UPLOAD_BYTES if limit is None else limit
    declared = request.META.get("CONTENT_LENGTH") or ""
    if declared and int(declared) > limit:
        raise _too_large(limit, int(declared))
    if declared:
        source: IO[bytes] | Request = request
    elif request.META.get("wsgi.input_terminated"):
        source = request.META["wsgi.input"]  # a chunked body: the server knows its end, Django does not
    else:
        source = io.BytesIO()  # without a length and without chunks a request has no body
    expected = int(declared) if declared else None
    deadline = time.monotonic() + MAX_SECONDS
    seen = 0

    def read(size: int) -> bytes:
        nonlocal seen
        try:
            block = source.read(min(size, BLOCK))
        except (UnreadablePostError, OSError) as error:
            raise Problem(
                400,
                "truncated_body",
                f"The body ended after {seen} bytes: {error}.",
                hint="Send the request again.",
            ) from error
        seen += len(block)
        if seen > limit:
            raise _too_large(limit, seen)
        if time.monotonic() > deadline:
            raise Problem(
                408,
                "too_slow",
                f"The body did not arrive within {MAX_SECONDS} seconds.",
                hint="Send fewer or compressed reports.",
            )
        if not block and expected is not None and seen < expected:
            raise Problem(
                400,
                "truncated_body",
                f"The body ended after {seen} of {expected} bytes.",
                hint="Send the request again.",
            )
        return block

    return read


def _too_large(limit: int, seen: int) -> Problem:
    return Problem(
        413,
        "too_large",
        f"The body has {seen} bytes or more, the limit is {limit}.",
        hint="Compress the reports (gzip or zstd), send them in several uploads, "
        "or ask the operator to raise COVDASH_MAX_UPLOAD_BYTES.",
    )
