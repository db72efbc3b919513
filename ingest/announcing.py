"""`POST /api/v1/uploads` with a manifest: the same address as a delivery in one request, told apart by what the body is.

The book of the native protocol asks `is_manifest` and hands over; the further addresses are in `protocols/exchange.py`.
"""

from __future__ import annotations

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from covdash.problems import Problem
from ingest import envelope as envelopes
from ingest import exchange, manifest, packed, receive, senders
from ingest.delivery import BLOCK, body_of
from ingest.status import page_url, status_url

MAX_KEY = 255


def is_manifest(request: Request) -> bool:
    """Whether the body is a manifest: JSON, and the commit stands neither in the address nor in a header as for a report in JSON."""
    kind = str(request.META.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()
    named = "commit" in request.query_params or "HTTP_COVDASH_COMMIT" in request.META
    return kind == "application/json" and not named


def answer(request: Request) -> Response:
    """Take a manifest; 201 with what is needed, 200 when it is known. Raises `Problem`."""
    senders.check(request)
    receive.room_left(receive.spool_folders())
    key = idempotency_key(request)
    read = body_of(request, limit=manifest.MAX_BYTES)
    try:
        said = manifest.read(
            b"".join(iter(lambda: read(BLOCK), b"")),
            report_bytes=settings.COVDASH_MAX_UNPACKED_BYTES,
            all_bytes=settings.COVDASH_MAX_UNPACKED_BYTES,
        )
    except manifest.ManifestError as error:
        status = 413 if error.code in {"too_large", "too_many_files"} else 400
        raise Problem(status, error.code, error.message, hint=error.hint, field=error.field) from error
    with_fields = checked(said.words())
    try:
        project, envelope = senders.admit(request, said, with_fields)
    except envelopes.FieldError as error:
        raise refused_field(error) from error
    announcement, is_new = exchange.announce(
        project=project,
        manifest=said,
        envelope=envelope,
        key=key or "",
        user_agent=request.headers.get("User-Agent", ""),
    )
    number = announcement.upload_id or announcement.pk
    body = {
        "id": str(announcement.pk),
        "url": page_url(project.slug, number),
        "status_url": status_url(announcement.pk),
        "need": exchange.need_of(announcement).as_json(),
        "limits": {"report_bytes": settings.COVDASH_MAX_UNPACKED_BYTES, "part_bytes": packed.PART_BYTES},
    }
    return Response(body, status=201 if is_new else 200)


def checked(fields: dict[str, list[str]]) -> envelopes.Envelope:
    """Return the envelope of the fields. Raises `Problem` 400 that names the field."""
    try:
        return envelopes.read(fields)
    except envelopes.FieldError as error:
        raise refused_field(error) from error


def refused_field(error: envelopes.FieldError) -> Problem:
    """Return the refusal of a field."""
    sentence = f"The field {error.field} {error.message}."
    if error.message == envelopes.MISSING:
        return Problem(400, "missing_field", sentence, hint=error.hint, field=error.field)
    return Problem(400, "bad_field", sentence, hint=error.hint, field=error.field)


def idempotency_key(request: Request) -> str | None:
    """Return the Idempotency-Key of a request. Raises `Problem` 400 for one that is too long."""
    key: str = request.META.get("HTTP_IDEMPOTENCY_KEY", "").strip()
    if len(key) > MAX_KEY:
        raise Problem(
            400, "bad_field", f"Idempotency-Key is longer than {MAX_KEY} characters.", field="Idempotency-Key"
        )
    return key or None
