"""How the native protocol describes itself in the OpenAPI schema."""

from __future__ import annotations

from typing import Any

from drf_spectacular.plumbing import resolve_type_hint
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema

from covdash.problems import ProblemShape
from ingest import envelope, manifest
from ingest.shapes import AcceptedShape, AnnouncedShape, StatusShape

_WORDS = {
    "commit": "full commit id, 40 or 64 hexadecimal characters",
    "branch": "git branch",
    "parent": "full id of the parent commit",
    "pull": "number of the pull or merge request",
    "base": "git branch or commit that the pull request is compared with",
    "flags": f"up to {envelope.MAX_FLAGS} flags; repeat the field or separate them with commas",
    "job": "name of the CI job; a newer attempt of the same job and flags replaces an older one in the report",
    "build_url": "http or https address of the build",
    "attempt": "number of the attempt of this job, from 1 on",
    "name": "name of the upload, for people",
    "committed_at": "time of the commit, ISO 8601 or seconds since 1970; the time of arrival if left out",
    "message": "commit message",
    "author": "author of the commit",
    "format": "name of the format, if it should not be detected",
    "project": "slug of the project; must be that of the token",
    "slot": "what a newer attempt replaces; the job if left out",
    "adds": "true: some tests were run again, the upload joins the others of its slot",
    "tested": "full id of the commit that was checked out, when it is not `commit`",
    "tree": "id of the git tree that was tested",
    "base_sha": "full id of the commit that the changes are compared with",
    "fork": "owner:branch of an upload from a fork",
    "tag": "name of the release that the commit is",
    "title": "title of the pull or merge request",
    "expect": "number of uploads that this commit will have",
    "complete": "true: all uploads of this commit are sent",
    "filename": "raw body only: name of the report",
}
_TEXT = {"type": ["object", "null"], "properties": {"path": {"type": "string"}, "text": {"type": "string"}}}
_MANIFEST = {
    "type": "object",
    "required": ["version", "fields", "reports"],
    "properties": {
        "version": {"type": "integer", "enum": [manifest.VERSION]},
        "client": {"type": "string", "description": "name, version and platform of the uploader"},
        "project": {
            "type": "string",
            "description": "slug; needed by tokens of groups and by forks without a token",
        },
        "fields": {
            "type": "object",
            "description": "the fields of a form, each a text or a list of texts",
            "additionalProperties": {
                "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
            },
        },
        "ci": {
            "type": "object",
            "description": "facts of the job; `dirty` names files that were changed after the checkout",
        },
        "reports": {
            "type": "array",
            "maxItems": manifest.MAX_REPORTS,
            "items": {
                "type": "object",
                "required": ["path", "size", "sha256"],
                "properties": {
                    "path": {"type": "string"},
                    "size": {"type": "integer", "description": "bytes, unpacked"},
                    "sha256": {"type": "string"},
                    "kind": {"type": "string", "enum": ["coverage", "tests", "mutation"]},
                    "format": {"type": "string", "description": "a guess; the content decides"},
                },
            },
        },
        "tree": {
            "type": ["object", "null"],
            "properties": {"id": {"type": "string"}, "files": {"type": "integer"}},
        },
        "paths": {
            "type": ["object", "null"],
            "description": "beginnings to take off the paths in reports, and a folder to put before them",
            "properties": {
                "strip": {"type": "array", "maxItems": manifest.MAX_STRIP, "items": {"type": "string"}},
                "prefix": {"type": "string"},
            },
        },
        "configuration": _TEXT | {"description": "covdash.toml"},
        "codeowners": _TEXT,
        "diff": {
            "type": ["object", "null"],
            "properties": {"base": {"type": "string"}, "text": {"type": "string"}},
        },
    },
}
_FILES = {
    "file": "one or more reports: plain, gzip, zstd, zip or tar.gz; the part may have any name",
    "sources": "archive (zip or tar.gz) of source texts",
    "source": "one source text; its file name is its path in the repository",
}


def _schema_of(shape: type) -> dict[str, Any]:
    found: dict[str, Any] = resolve_type_hint(shape)  # type: ignore[no-untyped-call]  # the library has no types
    return found


_FORM = {
    "type": "object",
    "required": ["commit", "branch", "file"],
    "properties": {
        **{
            name: {"type": "string", "description": text}
            for name, text in _WORDS.items()
            if name != "filename"
        },
        "files": {
            "type": "string",
            "description": "files of the repository, one a line, for resolving paths",
        },
        **{
            name: {"type": "array", "items": {"type": "string", "format": "binary"}, "description": text}
            for name, text in _FILES.items()
        },
    },
}
_REFUSALS = {
    (status, "application/json"): _schema_of(ProblemShape) for status in (400, 401, 403, 413, 422, 429, 503)
}

of_upload = extend_schema(
    operation_id="uploads_create",
    summary="Send coverage reports",
    description=(
        "Stores the reports durably, answers 202 and processes them in the background. The same reports of the same commit, "
        "job and flags again are the same upload. A form carries fields and files; a raw body is one report, with the fields in "
        "the query string or in headers `Covdash-<Field>`. `Idempotency-Key` makes a retry safe whatever it carries. A body in JSON "
        "without a commit beside it is a manifest: it announces an upload, and the answer names what is to be sent."
    ),
    tags=["uploads"],
    parameters=[
        OpenApiParameter(
            "Idempotency-Key", OpenApiTypes.STR, OpenApiParameter.HEADER, description="up to 255 characters"
        ),
        *(
            OpenApiParameter(name, OpenApiTypes.STR, description=f"raw body: {text}")
            for name, text in _WORDS.items()
        ),
    ],
    request={
        "multipart/form-data": _FORM,
        "application/octet-stream": {"type": "string", "format": "binary"},
        "application/json": _MANIFEST,
    },
    responses={
        (200, "application/json"): _schema_of(AnnouncedShape),
        (201, "application/json"): _schema_of(AnnouncedShape),
        (202, "application/json"): _schema_of(AcceptedShape),
        **_REFUSALS,
    },
    examples=[
        OpenApiExample(
            "accepted",
            response_only=True,
            status_codes=["202"],
            value={
                "id": "3f0c1a52-7e0b-4a52-9a59-0d9c4e0f7a11",
                "status_url": "https://covdash.example/api/v1/uploads/3f0c1a52-7e0b-4a52-9a59-0d9c4e0f7a11",
                "url": "https://covdash.example/p/acme/shop/-/upload/3f0c1a52-7e0b-4a52-9a59-0d9c4e0f7a11",
                "state": "received",
            },
        )
    ],
)
of_status = extend_schema(
    operation_id="uploads_status",
    summary="Ask what became of an upload",
    description="State, progress, one outcome for every contained file, how paths were resolved. Needs a token of the project.",
    tags=["uploads"],
    parameters=[
        OpenApiParameter(
            "upload_id", OpenApiTypes.UUID, OpenApiParameter.PATH, description="id of the upload"
        ),
        OpenApiParameter(
            "gate", OpenApiTypes.STR, enum=["1"], description="1: judge the gates of the commit, too"
        ),
    ],
    responses={
        (200, "application/json"): _schema_of(StatusShape),
        (401, "application/json"): _schema_of(ProblemShape),
        (404, "application/json"): _schema_of(ProblemShape),
    },
)
