"""ETags of pages: an unchanged page is not made again, and nobody else's page is ever taken for one's own.

A tag is made of what the page is made of: the digest of the report, the state of its uploads, the address, and the reader. Times are
printed relative to now, so a tag is good for `MINUTES` only. A page that delivers a message has a tag that no page without one has, so
that no message is seen again.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response

from covdash.dashboards.views.scope import Scope
from covdash.projects.facts import ProjectFact

Answer = TypeVar("Answer", bound=HttpResponseBase)

MINUTES = 5


def _edition() -> str:
    """Return a mark of the templates and the code that make pages, so that an update of covdash makes all tags new."""
    folders = (settings.BASE_DIR / "templates", Path(__file__).parents[1], settings.BASE_DIR / "static")
    marks = sorted(
        (str(path.relative_to(settings.BASE_DIR)), path.stat().st_mtime_ns)
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix in {".html", ".py", ".css", ".js"}
    )
    return hashlib.sha256(repr(marks).encode()).hexdigest()


EDITION = _edition()


def tag_of(request: HttpRequest, scope: Scope, *more: object) -> str:
    """Return the weak ETag of a page of `scope` for the reader of `request`; `more` is what else the page is made of."""
    report = scope.report
    seen = (
        report.root,
        report.updated_at,
        report.processed,
        report.failed,
        report.waiting,
        report.commit,
        report.carried,
    )
    return tag_for(request, scope.project, seen, scope.branches, scope.flags, scope.unreported, *more)


def tag_for(request: HttpRequest, project: ProjectFact, *made_of: object) -> str:
    """Return the weak ETag of a page of a project for the reader of `request`; the `repr` of `made_of` says what it is made of."""
    user = request.user
    reader = (user.pk, user.get_username(), project, request.session.session_key)
    theme = request.COOKIES.get("covdash-theme", "")
    said = len(get_messages(request))
    age = int(timezone.now().timestamp() // (MINUTES * 60))
    whole = (EDITION, reader, theme, said, request.get_full_path(), made_of, age)
    digest = hashlib.sha256(repr(whole).encode("utf-8", "surrogatepass")).hexdigest()
    return f'W/"{digest[:32]}"'


def unchanged(request: HttpRequest, tag: str) -> HttpResponse | None:
    """Return 304 when the reader has this very page; None when it must be made. A waiting message is always delivered."""
    if len(get_messages(request)):
        return None
    answer = get_conditional_response(request, etag=tag)
    return stamped(answer, tag) if isinstance(answer, HttpResponse) else None


def stamped(response: Answer, tag: str) -> Answer:
    """Return `response` with its tag, to be kept by the reader's browser alone and asked about each time."""
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    return response
