"""The JSON document of a Coveralls job, as five kinds of clients wrap it: spooled as a stream while its small facts are read.

The document is a multipart file `json_file` (plain or gzip), a multipart text `json`, a urlencoded `json`, or the body itself. Its
source files, which may have a hundred megabytes, only pass by. What the facts mean is decided in `job_facts.py`.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.conf import settings
from rest_framework.request import Request

from covdash.problems import Problem
from ingest.budget import Stream
from ingest.containers import Entry, entries
from ingest.delivery import BLOCK, Delivery, body_of
from ingest.job_facts import KEYS, SECRET
from ingest.json_stream import Part, Scanner
from ingest.multipart import Multipart, MultipartError, PartHead, boundary_of
from ingest.parsing import Limits, ParseError
from ingest.receive import storage_problem
from ingest.urlencoded import Urlencoded

MAX_FIELDS = 1000
MAX_FIELD = 64 * 1024
"""Bytes of a field beside the document."""
MAX_FACT = 1024 * 1024
"""Bytes of one fact; the longest is the commit message in `git`."""
ESCAPES = 3
"""A urlencoded body may be so many times as long as the document that it carries."""
DOCUMENT = ("json", "json_file")
FILES = "source_files"
_object = msgspec.json.Decoder(dict[str, Any])
_GZIP = b"\x1f\x8b"
_TOO_MUCH = ("too_large", "decompression_limit")
_HOW = "Send the document as the file `json_file` or the field `json`, as the clients of Coveralls do."

Fields = Iterable[tuple[PartHead, Iterator[bytes]]]


@dataclass(slots=True)
class JobDocument:
    """What a job says beside its source files: `facts` by key as JSON values, `fields` of the form around it."""

    facts: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)


def read(request: Request, delivery: Delivery) -> JobDocument:
    """Spool the document of a request into `delivery`, without its token, and return what it says. Raises `Problem`."""
    document = JobDocument()
    try:
        for head, blocks in _fields(request):
            if head.name not in DOCUMENT:
                document.fields[head.name] = _short(head.name, blocks)
                if len(document.fields) > MAX_FIELDS:
                    raise _problem(
                        413, "too_many_fields", f"The body has more than {MAX_FIELDS} fields.", _HOW
                    )
            elif delivery.files:
                raise _problem(400, "several_documents", "The body holds more than one document.", _HOW)
            else:
                _spool(blocks, delivery, document)
    except MultipartError as error:
        raise _problem(400, error.code, error.message, _HOW) from error
    except ParseError as error:
        sentence = f"The document cannot be used: {error}."
        raise _problem(413 if error.code in _TOO_MUCH else 400, error.code, sentence, _HOW) from error
    except OSError as error:
        raise storage_problem("no space is free" if error.errno == errno.ENOSPC else repr(error)) from error
    if not delivery.files:
        raise _problem(400, "missing_field", "The body holds no document.", _HOW)
    return document


def small(request: Request) -> dict[str, Any]:
    """Return a body without a document: the fields of a form, or the keys of a JSON object. Raises `Problem`."""
    read_body = body_of(request, limit=MAX_FACT)
    try:
        if _kind(request) == "application/json":
            body = b"".join(iter(lambda: read_body(BLOCK), b""))
            return _object.decode(body or b"{}")
        found: dict[str, Any] = {}
        for head, blocks in _fields(request, MAX_FACT):
            found[head.name] = _short(head.name, blocks)
            if len(found) > MAX_FIELDS:
                raise _problem(413, "too_many_fields", f"The body has more than {MAX_FIELDS} fields.", "")
    except MultipartError as error:
        raise _problem(400, error.code, error.message, "") from error
    except (msgspec.DecodeError, ParseError, RecursionError, UnicodeDecodeError) as error:
        raise _problem(400, "malformed", f"The body is no JSON object: {error}.", "") from error
    return found


def _kind(request: Request) -> str:
    kind: str = request.META.get("CONTENT_TYPE", "")
    return kind.partition(";")[0].strip().lower()


def _fields(request: Request, limit: int | None = None) -> Fields:
    kind = _kind(request)
    if kind.startswith("multipart/"):
        return Multipart(body_of(request, limit=limit), boundary_of(request.META["CONTENT_TYPE"]))
    if kind == "application/x-www-form-urlencoded":
        return Urlencoded(body_of(request, limit=limit or ESCAPES * settings.COVDASH_MAX_UPLOAD_BYTES))
    body = body_of(request, limit=limit)
    return [(PartHead(DOCUMENT[0], None), iter(lambda: body(BLOCK), b""))]


def _short(name: str, blocks: Iterator[bytes]) -> str:
    text = b""
    for block in blocks:
        text += block
        if len(text) > MAX_FIELD:
            sentence = f"The field {name[:80]!r} is longer than {MAX_FIELD} bytes."
            raise _problem(413, "fields_too_large", sentence, _HOW)
    return text.decode("utf-8", "replace")


def _spool(blocks: Iterator[bytes], delivery: Delivery, document: JobDocument) -> None:
    scanner = Scanner(longest=MAX_FACT)
    seen: set[str] = set()
    secrets: list[tuple[int, int]] = []

    def passing() -> Iterator[bytes]:
        for block in _bounded(_unpacked(_bounded(blocks, settings.COVDASH_MAX_UPLOAD_BYTES)), Limits().entry):
            for part in scanner.feed(block):
                seen.add(part.key)
                if part.key == SECRET:
                    secrets.append((part.start, part.end))
                if part.key in KEYS:
                    document.facts[part.key] = _value(part)
            yield block

    delivery.spool("coveralls.json", "report", passing())
    scanner.close()
    if FILES not in seen:
        raise ParseError("malformed", f"it has no key `{FILES}`")
    if secrets:
        delivery.blank(len(delivery.files) - 1, secrets)


def _value(part: Part) -> Any:
    if part.value is None:
        raise ParseError("too_large", f"`{part.key}` is longer than {MAX_FACT} bytes", f"byte {part.start}")
    try:
        return msgspec.json.decode(part.value)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ParseError("malformed", f"`{part.key}` is not valid JSON", f"byte {part.start}") from error


def _unpacked(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Undo gzip, told by its first bytes: clients do not say in the headers what they send."""
    stream = Stream(blocks)
    if stream.peek(2) != _GZIP:
        yield from stream
        return
    limits = Limits(unpacked=settings.COVDASH_MAX_UNPACKED_BYTES, ratio=settings.COVDASH_MAX_RATIO)
    for entry in entries("coveralls.json", stream, limits):
        if not isinstance(entry, Entry) or entry.inside:
            raise ParseError("nested_archive", "an archive is packed into it")
        yield from entry.chunks


def _bounded(blocks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """Refuse a document of more than `limit` bytes."""
    size = 0
    for block in blocks:
        size += len(block)
        if size > limit:
            raise ParseError("too_large", f"it has more than {limit} bytes")
        yield block


def _problem(status: int, code: str, message: str, hint: str) -> Problem:
    return Problem(status, code, message, hint=hint)
