"""The one shape in which the API refuses: `{"error": {"code", "message", "hint", "field"}}`. For the ingest and the read API alike.

What is refused and why is decided in the rooms; here it only becomes an answer. Nothing here is about pages.
"""

from __future__ import annotations

import logging
from typing import Any, TypedDict

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404
from psycopg_pool import PoolTimeout
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.status import HTTP_401_UNAUTHORIZED
from rest_framework.views import set_rollback

log = logging.getLogger(__name__)

RETRY_SECONDS = 5
"""What `Retry-After` says when a store is away: most restarts are over by then."""

_PLAIN = (
    (exceptions.MethodNotAllowed, "method_not_allowed", "See the list of addresses at /api/v1/docs."),
    (exceptions.UnsupportedMediaType, "unsupported_media_type", "See what is accepted at /api/v1/docs."),
    (exceptions.NotAcceptable, "not_acceptable", "Ask for application/json."),
    (exceptions.ParseError, "malformed_request", "See what is accepted at /api/v1/docs."),
    (exceptions.Throttled, "rate_limited", "Wait as long as Retry-After says."),
    (
        exceptions.NotAuthenticated,
        "not_authenticated",
        "Sign in, or send a token in the Authorization header.",
    ),
    (exceptions.AuthenticationFailed, "not_authenticated", "Sign in, or send a valid token."),
    (exceptions.PermissionDenied, "forbidden", "Ask an owner of the project for the right."),
    (
        exceptions.NotFound,
        "not_found",
        "Check the address; private projects are only found when you are signed in.",
    ),
)


class _ProblemDetail(TypedDict, total=False):
    """Why a request is refused: a stable code, a sentence, what to do, and what it is about."""

    code: str
    message: str
    hint: str
    field: str


class ProblemShape(TypedDict):
    """A refused request."""

    error: _ProblemDetail


class Problem(exceptions.APIException):
    """A request that is refused: HTTP `status`, stable `code`, a sentence, the way out (`hint`), and the `field` it is about."""

    def __init__(
        self, status: int, code: str, message: str, *, hint: str = "", field: str = "", retry_after: int = 0
    ) -> None:
        """`retry_after` in seconds, for 429 and 503."""
        super().__init__(message, code)
        self.status_code = status
        self.code, self.message, self.hint, self.field = code, message, hint, field
        self.retry_after = retry_after
        self.auth_header = 'Bearer realm="covdash"' if status == HTTP_401_UNAUTHORIZED else ""

    def body(self) -> dict[str, dict[str, str]]:
        """Return the JSON body; an empty hint or field is left out."""
        error = {"code": self.code, "message": self.message, "hint": self.hint, "field": self.field}
        return {"error": {key: text for key, text in error.items() if text}}


def answer(error: Exception, _context: dict[str, Any]) -> Response | None:
    """Turn whatever a view raised into a response; None hands an unknown error to Django (`EXCEPTION_HANDLER` of DRF)."""
    problem = _problem(error)
    if problem is None:
        return None
    set_rollback()
    headers = {}
    if problem.retry_after:
        headers["Retry-After"] = str(problem.retry_after)
    if challenge := getattr(error, "auth_header", ""):
        headers["WWW-Authenticate"] = challenge
    return Response(problem.body(), status=problem.status_code, headers=headers)


def _problem(error: Exception) -> Problem | None:
    if isinstance(error, Problem):
        return error
    if isinstance(error, (OperationalError, InterfaceError, PoolTimeout)):
        log.warning("the database is away: %s", error)
        return Problem(
            503,
            "unavailable",
            "The database is not available right now.",
            hint="Nothing was lost or kept; send the request again.",
            retry_after=RETRY_SECONDS,
        )
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.ValidationError):
        field, message = _first(error.detail)
        return Problem(400, "invalid", message, field=field)
    for kind, code, hint in _PLAIN:
        if isinstance(error, kind):
            wait = int(getattr(error, "wait", None) or 0)
            return Problem(error.status_code, code, str(error.detail), hint=hint, retry_after=wait)
    return None


def _first(detail: Any, field: str = "") -> tuple[str, str]:
    """Return the first field with its message out of DRF's nested detail."""
    if isinstance(detail, dict):
        name, inner = next(iter(detail.items()), ("", ""))
        return _first(inner, "" if name == "non_field_errors" else str(name))
    if isinstance(detail, list):
        return _first(detail[0] if detail else "", field)
    return field, str(detail)
