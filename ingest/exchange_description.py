"""How the exchange with our own uploader describes itself in the OpenAPI schema."""

from __future__ import annotations

from typing import Any

from drf_spectacular.plumbing import resolve_type_hint
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema

from covdash.problems import ProblemShape
from ingest.shapes import AcceptedShape, BlobsShape, StepShape

_UPLOAD = OpenApiParameter(
    "upload_id", OpenApiTypes.UUID, OpenApiParameter.PATH, description="id of the announced upload"
)
_PACKED = OpenApiParameter(
    "Content-Encoding", OpenApiTypes.STR, OpenApiParameter.HEADER, description="gzip, or nothing"
)
_RANGE = OpenApiParameter(
    "Content-Range",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description=(
        "for bodies above part_bytes: `bytes first-last/total` of the packed body, in order; `bytes */total` with an empty body "
        "asks how far it goes"
    ),
)
_BYTES = {"application/octet-stream": {"type": "string", "format": "binary"}}


def schema_of(shape: type) -> dict[str, Any]:
    """Return the schema of a typed dictionary."""
    found: dict[str, Any] = resolve_type_hint(shape)  # type: ignore[no-untyped-call]  # the library has no types
    return found


def _refusals(*statuses: int) -> dict[tuple[int, str], Any]:
    return {(status, "application/json"): schema_of(ProblemShape) for status in (401, 404, *statuses, 503)}


of_tree = extend_schema(
    operation_id="uploads_tree",
    summary="Send the list of files",
    description=(
        "The body is what `git ls-tree -r -z --full-tree <tree>` prints for the announced tree. It is checked against the id of the "
        "tree, and kept for all uploads of that tree."
    ),
    tags=["uploads"],
    parameters=[_UPLOAD, _PACKED, _RANGE],
    request=_BYTES,
    responses={
        (200, "application/json"): schema_of(StepShape),
        (202, "application/json"): schema_of(StepShape),
        **_refusals(400, 409, 413, 415),
    },
)
of_report = extend_schema(
    operation_id="uploads_report",
    summary="Send a report that was announced",
    description="The SHA-256 in the address is that of the unpacked bytes. A report that is known already is answered at once.",
    tags=["uploads"],
    parameters=[
        _UPLOAD,
        OpenApiParameter(
            "digest", OpenApiTypes.STR, OpenApiParameter.PATH, description="SHA-256 of the report, in hex"
        ),
        _PACKED,
        _RANGE,
    ],
    request=_BYTES,
    responses={
        (200, "application/json"): schema_of(StepShape),
        (201, "application/json"): schema_of(StepShape),
        (202, "application/json"): schema_of(StepShape),
        **_refusals(400, 409, 413, 415),
    },
)
of_done = extend_schema(
    operation_id="uploads_done",
    summary="Say that everything is sent",
    description="The upload is processed from now on. Said again, it is the same upload; 409 names in `need` what is missing.",
    tags=["uploads"],
    parameters=[_UPLOAD],
    request=None,
    responses={(202, "application/json"): schema_of(AcceptedShape), **_refusals(409, 429)},
)
of_blobs = extend_schema(
    operation_id="uploads_blobs",
    summary="Send source texts",
    description=(
        "The texts that `need.blobs` of the state names, one after the other: a line `<git blob id> <size>`, then the bytes. Up to "
        "5,000 texts of 2 MB, 100 MB together. Each is checked against its id."
    ),
    tags=["uploads"],
    parameters=[_UPLOAD, _PACKED],
    request=_BYTES,
    responses={(200, "application/json"): schema_of(BlobsShape), **_refusals(400, 413, 415)},
)
