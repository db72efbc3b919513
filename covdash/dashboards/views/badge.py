"""Badges: one number of a project as a picture, at our own address and at those of Codecov and Coveralls; the page that makes them.

Nobody is told whether a project is there: unknown, private and without its token, all look alike. Who is signed in is not asked, so
that any cache may keep the answer.
"""

from __future__ import annotations

import hashlib
import json

from django.conf import settings as configured
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from covdash.dashboards.addresses import Place
from covdash.dashboards.charts import badge as chart
from covdash.dashboards.pages import badges as pages
from covdash.dashboards.views.doors import project_view
from covdash.dashboards.views.settings_frame import page as settings_page
from covdash.projects import badge_tokens
from covdash.projects.facts import ProjectFact
from covdash.reports.queries import badges, branches

FORGES = (
    "gh", "github", "gl", "gitlab", "bb", "bitbucket", "ghe", "github_enterprise", "gle", "gitlab_enterprise", "bbs",
    "bitbucket_server",
)  # fmt: skip
"""What stands first in the addresses of other services; it is not looked at."""
_COVERALLS = (*FORGES, "stash", "manual")
SECONDS = 60


@require_safe
def picture(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Our own badge; `?metric= branch= flag= component= label= token=`."""
    badge, is_public = _found(slug, pages.Wish.of(request.GET.dict()))
    return _svg(request, badge, is_public=is_public)


@require_safe
def endpoint(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The same for the "endpoint" badge of shields.io."""
    badge, is_public = _found(slug, pages.Wish.of(request.GET.dict()))
    return _answer(request, json.dumps(chart.shields(badge)), "application/json", is_public=is_public)


@require_safe
def codecov(
    request: HttpRequest, slug: str, form: str, branch: str | None = None, **_service: str
) -> HttpResponseBase:
    """Codecov's address; `?token= flag= component= precision=`."""
    words = request.GET.dict()
    wish = pages.Wish.of({**words, "branch": branch or "", "metric": "lines", "label": "codecov"})
    badge, is_public = _found(slug, wish)
    if form == "txt":
        return _answer(request, badge.value.replace(" ", ""), "text/plain", is_public=is_public)
    return _svg(request, badge, is_public=is_public)


@require_safe
def coveralls(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Coveralls' address, with or without a service before the slug; `?branch= t=`."""
    words = request.GET.dict()
    wish = pages.Wish.of(
        {
            "branch": words.get("branch", ""),
            "token": words.get("t") or words.get("token", ""),
            "label": "coverage",
        }
    )
    service, _, rest = slug.partition("/")
    if service in _COVERALLS and "/" in rest:
        slug = rest
    badge, is_public = _found(slug, wish)
    return _svg(request, badge, is_public=is_public)


@require_safe
@project_view("settings")
def settings(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Choose what a badge shows, see it, and copy it."""
    wish = pages.Wish.of(request.GET.dict())
    page = pages.build(
        Place(project.slug),
        wish,
        choices=badges.choices(project=project, branch=wish.branch),
        branches=branches.names(project=project),
        token="" if project.is_public else badge_tokens.token_of(project.id),
        host=configured.COVDASH_URL,
    )
    return settings_page(request, project, "badges", {"page": page})


def _found(slug: str, wish: pages.Wish) -> tuple[chart.Badge, bool]:
    """Return the badge, and whether anybody may see it: whoever may not gets the same as for a project that is not there."""
    project = badge_tokens.find(slug=slug, token=wish.token)
    if project is None:
        return pages.unknown(wish), True
    found = badges.number(
        project=project, metric=wish.metric, branch=wish.branch, flag=wish.flag, component=wish.component
    )
    return pages.badge(wish, found), project.is_public


def _svg(request: HttpRequest, badge: chart.Badge, *, is_public: bool) -> HttpResponseBase:
    return _answer(request, chart.svg(badge), "image/svg+xml", is_public=is_public)


def _answer(request: HttpRequest, text: str, kind: str, *, is_public: bool) -> HttpResponseBase:
    body = text.encode()
    etag = quote_etag(hashlib.sha256(body).hexdigest()[:32])
    response = HttpResponse(body, content_type=f"{kind}; charset=utf-8")
    answer = get_conditional_response(request, etag=etag, response=response) or response
    answer.headers["ETag"] = etag
    answer.headers["Cache-Control"] = f"{'public' if is_public else 'private'}, max-age={SECONDS}"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer
