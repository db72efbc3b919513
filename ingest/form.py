"""An upload request as fields and spooled files: multipart parts, the query string, `Covdash-*` headers, or a raw body.

Here bytes become a `Delivery`; what the fields mean is the envelope's business.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Sequence

from rest_framework.request import Request

from covdash.problems import Problem
from ingest.delivery import BLOCK, Delivery, Role, body_of
from ingest.multipart import Multipart, MultipartError, boundary_of, parameters
from ingest.receive import storage_problem

MAX_FIELDS = 1000
MAX_FIELD_BYTES = 1024**2
"""All text fields of one request together; `files` does not count, it may be as long as a body."""
MAX_NAME = 4096

_ROLES: dict[str, Role] = {"sources": "sources", "source": "source", "files": "files"}
"""The role of a part by its name; a file part of any other name is a report."""


def read(request: Request, delivery: Delivery, names: Sequence[str]) -> None:
    """Fill `delivery` from `request`, with the fields in `names` only. Raises `Problem`."""
    for name in names:
        header = request.META.get(f"HTTP_COVDASH_{name.upper()}")
        values = [str(value) for value in request.query_params.getlist(name)] + ([header] if header else [])
        if values:
            delivery.fields[name] = values
    body = body_of(request)
    try:
        if request.META.get("CONTENT_TYPE", "").lower().startswith("multipart/"):
            _read_parts(body, request.META["CONTENT_TYPE"], delivery, names)
        else:
            delivery.spool(_raw_name(request, delivery), "report", iter(lambda: body(BLOCK), b""))
    except MultipartError as error:
        raise Problem(
            400,
            error.code,
            error.message,
            hint="Send the request again, for example with curl -F file=@report.xml.",
        ) from error
    except OSError as error:
        raise storage_problem("no space is free" if error.errno == errno.ENOSPC else repr(error)) from error


def _raw_name(request: Request, delivery: Delivery) -> str:
    shown = parameters(request.META.get("HTTP_CONTENT_DISPOSITION", "")).get("filename", "")
    return _name(next(iter(delivery.fields.get("filename", ())), shown) or "report")


def _name(text: str) -> str:
    """A name is shown and never used as a path; NUL cannot be stored."""
    return text.replace("\x00", "\N{SYMBOL FOR NULL}")[:MAX_NAME].encode("utf-8", "replace").decode()


def _read_parts(
    body: Callable[[int], bytes], content_type: str, delivery: Delivery, names: Sequence[str]
) -> None:
    fields = used = 0
    for head, blocks in Multipart(body, boundary_of(content_type)):
        if head.filename is not None or head.name == "files":
            delivery.spool(_name(head.filename or head.name), _ROLES.get(head.name, "report"), blocks)
            continue
        fields += 1
        if fields > MAX_FIELDS:
            raise Problem(
                413,
                "too_many_fields",
                f"The body has more than {MAX_FIELDS} fields.",
                hint="Send only the fields that /api/v1/docs names.",
            )
        text = b"".join(_bounded(blocks, MAX_FIELD_BYTES - used, head.name))
        used += len(text)
        if head.name not in names:
            continue
        try:
            delivery.fields.setdefault(head.name, []).append(text.decode())
        except UnicodeDecodeError as error:
            raise Problem(
                400, "bad_field", f"The field {head.name} is not valid UTF-8.", field=head.name
            ) from error


def _bounded(blocks: Iterator[bytes], limit: int, name: str) -> Iterator[bytes]:
    seen = 0
    for block in blocks:
        seen += len(block)
        if seen > limit:
            raise Problem(
                413,
                "fields_too_large",
                f"The text fields are longer than {MAX_FIELD_BYTES} bytes at {name[:80]!r}.",
                hint="A report is a file part: use -F file=@report.xml, not -F file=<report.xml.",
                field=name[:80],
            )
        yield block
