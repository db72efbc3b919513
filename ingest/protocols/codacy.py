"""The Codacy protocol: the reporter's partial and final calls, `/2.0/coverage/{commit}/{language}` and `coverageFinal`.

The reporter reads reports itself and sends lines; of an answer it looks at the JSON alone: `{"success": ...}` or `{"error": ...}`.
The protocol names no git branch: `announce.branch_of` finds one, and the upload says which it was.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator

from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from covdash.problems import Problem
from covdash.projects import refusals
from covdash.projects.models import Commit, Project, UploadToken
from ingest import announce, doorbell, envelope, rate, receive
from ingest.auth import project_for, secret_of, verified
from ingest.delivery import BLOCK, Delivery, Protocol, body_of
from ingest.json_stream import Scanner
from ingest.parsing import ParseError

NAME = "codacy"
_FORMAT = "codacy-json"
_FILES = "fileReports"
_HEADERS = ("HTTP_PROJECT_TOKEN", "HTTP_API_TOKEN")
_PROVIDERS = frozenset({"manual", "gh", "bb", "ghe", "bbe", "gl", "gle"})
_MAX_SHORT = 4096
_SHA = OpenApiParameter("sha", OpenApiTypes.STR, OpenApiParameter.PATH, description="full id of the commit")
_LANGUAGE = OpenApiParameter(
    "language", OpenApiTypes.STR, OpenApiParameter.PATH, description="language of the report"
)
_ANSWERS = {200: OpenApiTypes.OBJECT, 400: OpenApiTypes.OBJECT, 401: OpenApiTypes.OBJECT}


class _Dialect(APIView):
    """A view with the token headers and the refusals of Codacy."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    _token: UploadToken | None = None

    def enter(self, request: Request, repository: str) -> Project:
        """Return the project that the token of a request may write to. Raises `Problem`."""
        address = request.META.get("REMOTE_ADDR") or ""
        rate.refuse_strangers(address)
        sent = (request.META.get(name, "").partition(",")[0].strip() for name in _HEADERS)
        secret = next((text for text in sent if text), "") or secret_of(request) or ""
        if not secret:
            rate.note_stranger(address)
            raise Problem(
                401,
                "token_required",
                "The request carries no token.",
                hint="Set CODACY_PROJECT_TOKEN to an upload token of the project on this server.",
            )
        try:
            self._token = token = verified(request, secret)
        except Problem:
            rate.note_stranger(address)
            raise
        rate.spend(token.pk)
        if token.project is not None:
            return project_for(token)
        head, _, rest = repository.partition("/")
        return project_for(token, slug=rest if head in _PROVIDERS else repository)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer with a sentence under `error`: the reporter prints that."""
        response = super().handle_exception(exc)
        refused = response.data["error"]
        if self._token is not None and self._token.project_id is not None:
            refusals.note(
                project_id=self._token.project_id,
                status=response.status_code,
                message=refused["message"],
                hint=refused.get("hint", ""),
                address=self.request.META.get("REMOTE_ADDR", ""),
            )
        sentence = f"{refused['message']} {refused.get('hint', '')}".strip()
        response.data = {"error": sentence, "code": refused["code"]}
        return response


class CoverageView(_Dialect):
    """Takes the lines of one report."""

    @extend_schema(
        operation_id="codacy_coverage",
        summary="Send coverage as the reporter of Codacy does",
        description='Body: `{"fileReports": [{"filename", "coverage": {"<line>": hits}}]}`. The token is the header `project-token` '
        "or `api-token`. With `partial=true` the commit is complete only after `coverageFinal`. "
        "Also below `/2.0/{provider}/{organisation}/{repository}/commit`, for a token of a group.",
        tags=["other dialects"],
        parameters=[_SHA, _LANGUAGE, OpenApiParameter("partial", OpenApiTypes.BOOL)],
        request={"application/json": {"type": "object"}},
        responses=_ANSWERS,
    )
    def post(self, request: Request, sha: str, language: str, repository: str = "") -> Response:
        """Store the report durably."""
        project = self.enter(request, repository)
        receive.room_left(receive.spool_folders())
        is_partial = request.query_params.get("partial", "").lower() == "true"
        with Delivery() as delivery:
            _spool(request, delivery)
            branch, why = announce.branch_of(project, sha.lower())
            receipt = receive.receive(
                project=project,
                envelope=_envelope(
                    {
                        "commit": sha,
                        "branch": branch,
                        "job": NAME,
                        "name": language[:255],
                        "slot": f"{NAME}/{language}"[:512],
                        "format": _FORMAT,
                        "complete": "" if is_partial else "true",
                    }
                ),
                delivery=delivery,
                user_agent=request.headers.get("User-Agent", ""),
                protocol=NAME,
                declared={"ci": {"name": NAME, "language": language[:255]}, "assumed": {"branch": why}},
            )
        return Response({"success": f"Coverage of {language} received.", "id": str(receipt.upload.pk)})


class FinalView(_Dialect):
    """Says that all reports of a commit were sent."""

    @extend_schema(
        operation_id="codacy_final",
        summary="Say that all reports of a commit were sent",
        tags=["other dialects"],
        parameters=[_SHA],
        request={"application/json": {"type": "object"}},
        responses=_ANSWERS,
    )
    def post(self, request: Request, sha: str, repository: str = "") -> Response:
        """Note that the commit is complete."""
        project = self.enter(request, repository)
        read = body_of(request, limit=_MAX_SHORT)
        while read(BLOCK):
            continue
        if not announce.said_done(project, sha.lower(), by=NAME):
            raise Problem(
                404,
                "unknown_commit",
                f"No report of the commit {sha[:40]!r} has arrived.",
                hint="Send the reports before the final call.",
            )
        number = Commit.objects.values_list("pk", flat=True).get(project=project, sha=sha.lower())
        doorbell.ring("ingest.tasks.assemble_commit", number)
        return Response({"success": "All reports of the commit were received."})


def _spool(request: Request, delivery: Delivery) -> None:
    """Spool the body while its structure is checked. Raises `Problem`."""
    read = body_of(request)
    scanner = Scanner(longest=_MAX_SHORT)
    seen: set[str] = set()

    def passing() -> Iterator[bytes]:
        while block := read(BLOCK):
            seen.update(part.key for part in scanner.feed(block))
            yield block

    try:
        delivery.spool("codacy.json", "report", passing())
        scanner.close()
    except ParseError as error:
        raise Problem(400, error.code, f"The body cannot be used: {error}.") from error
    except OSError as error:
        raise receive.storage_problem(
            "no space is free" if error.errno == errno.ENOSPC else repr(error)
        ) from error
    if _FILES not in seen:
        raise Problem(400, "malformed", f"The body has no key `{_FILES}`.", field=_FILES)


def _envelope(fields: dict[str, str]) -> envelope.Envelope:
    try:
        return envelope.read({name: [text] for name, text in fields.items()})
    except envelope.FieldError as error:
        code = "missing_field" if error.message == envelope.MISSING else "bad_field"
        hint = "Give the reporter the full id: --commit-uuid SHA." if error.field == "commit" else error.hint
        raise Problem(
            400, code, f"The {error.field} {error.message}.", hint=hint, field=error.field
        ) from error


PROTOCOL = Protocol(
    name=NAME,
    title="Codacy",
    urls=(
        path("2.0/coverage/<str:sha>/<str:language>", CoverageView.as_view(), name="codacy_coverage"),
        path("2.0/commit/<str:sha>/coverageFinal", FinalView.as_view(), name="codacy_final"),
        path(
            "2.0/<path:repository>/commit/<str:sha>/coverage/<str:language>",
            CoverageView.as_view(schema=None),
        ),
        path("2.0/<path:repository>/commit/<str:sha>/coverageFinal", FinalView.as_view(schema=None)),
    ),
    addresses=(
        "POST /2.0/coverage/{sha}/{language}",
        "POST /2.0/commit/{sha}/coverageFinal",
        "POST /2.0/{provider}/{owner}/{repo}/commit/{sha}/coverage/{language}",
        "POST /2.0/{provider}/{owner}/{repo}/commit/{sha}/coverageFinal",
    ),
)
