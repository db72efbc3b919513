"""ETags of pages: an unchanged page is not made again, and nobody else's page is ever taken for one's own.

A tag is made of what the page is made of: the digest of the report, the state of its uploads, the address, and the reader. Times are
printed relative to now, so a tag is good for `MINUTES` only. A page that delivers a message has a tag that no page without one has, so
that no message is seen again. Where all that is as much work as the page, the tag is made of the finished page: it saves the way only.

Browsers ask each time whether their page still holds, but for a page of one commit that is long finished: that one they keep for some
minutes. They keep it under the cookies it came with, so that it is not shown after signing out, nor after a form that they sent.
"""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple, TypeVar

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers

from covdash.dashboards.views.scope import Scope
from covdash.headers import KEPT
from covdash.projects.facts import ProjectFact
from covdash.reports.facts import ReportFact

Answer = TypeVar("Answer", bound=HttpResponseBase)

MINUTES = 5
QUIET = timedelta(hours=1)
"""A report that did not change for so long is finished: uploads that are late, and corrections, mostly come before."""
_MASKED = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"')
"""The same secret, written in another way each time."""


class Tag(NamedTuple):
    """The ETag of a page; a `lasting` page is kept without asking."""

    text: str
    lasting: bool = False


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


def tag_of(request: HttpRequest, scope: Scope, *more: object) -> Tag:
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
    tag = tag_for(request, scope.project, seen, scope.branches, scope.flags, scope.unreported, *more)
    pinned = request.GET.get("commit") == scope.place.commit != ""
    return tag._replace(lasting=pinned and lasts(request, report))


def lasts(request: HttpRequest, report: ReportFact) -> bool:
    """Say whether a page of a report may be kept: nothing more is expected, nothing came for a while, no message is delivered."""
    quiet = timezone.now() - report.updated_at > QUIET
    return quiet and not report.is_so_far and not len(get_messages(request))


def tag_for(request: HttpRequest, project: ProjectFact, *made_of: object) -> Tag:
    """Return the weak ETag of a page of a project for the reader of `request`; the `repr` of `made_of` says what it is made of."""
    user = request.user
    reader = (user.pk, user.get_username(), project, request.session.session_key)
    theme = request.COOKIES.get("covdash-theme", "")
    said = len(get_messages(request))
    age = int(timezone.now().timestamp() // (MINUTES * 60))
    whole = (EDITION, reader, theme, said, request.get_full_path(), made_of, age)
    digest = hashlib.sha256(repr(whole).encode("utf-8", "surrogatepass")).hexdigest()
    return Tag(f'W/"{digest[:32]}"')


def unchanged(request: HttpRequest, tag: Tag) -> HttpResponse | None:
    """Return 304 when the reader has this very page; None when it must be made. A waiting message is always delivered."""
    if len(get_messages(request)):
        return None
    answer = get_conditional_response(request, etag=tag.text)
    return stamped(answer, tag) if isinstance(answer, HttpResponse) else None


def stamped(response: Answer, tag: Tag) -> Answer:
    """Return `response` with its tag, to be kept by the reader's browser alone and, unless it lasts, asked about each time."""
    response["ETag"] = tag.text
    response["Cache-Control"] = f"private, max-age={KEPT}" if tag.lasting else "private, no-cache"
    patch_vary_headers(response, ["Cookie"])
    return response


def of_body(request: HttpRequest, page: HttpResponse, *, lasting: bool = False) -> HttpResponse:
    """Return a finished page with a tag of all that it says, or 304 to the reader who has it. What is no page stays as it is."""
    if page.status_code != HTTPStatus.OK:
        return page
    body, forms = _MASKED.subn(b"", page.content)
    secret = request.META.get("CSRF_COOKIE", "") if forms else ""
    digest = hashlib.sha256(body + secret.encode()).hexdigest()
    tag = Tag(f'W/"{digest[:32]}"', lasting)
    answer = get_conditional_response(request, etag=tag.text, response=stamped(page, tag))
    return answer if isinstance(answer, HttpResponse) else page
