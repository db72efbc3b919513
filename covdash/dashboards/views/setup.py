"""The setup page of a project: token, coverage file, upload, and the wait for the first one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from covdash.dashboards.addresses import Place, query_url
from covdash.dashboards.pages import setup as pages
from covdash.dashboards.pages.uploaders import WAYS, Release
from covdash.dashboards.views import words
from covdash.dashboards.views.doors import project_view, reader
from covdash.projects import access, refusals, tokens, upload_tokens
from covdash.projects.facts import ProjectFact
from covdash.reports.facts import UploadFact
from covdash.reports.queries import commits, uploads

TOKEN_NAME = "from the setup page"  # noqa: S105  # the name of a token, not a token


@require_safe
@never_cache
@project_view("upload")
def setup(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """`/-/setup`: how to send a report; `part=first` is the waiting region alone."""
    if request.GET.get("part") == "first":
        refusal = refusals.last(project_id=project.id)
        waiting = pages.first(Place(project.slug), _newest(project), refusal, has_report=_has_report(project))
        return render(request, "dashboards/_first.html", {"first": waiting, "place": Place(project.slug)})
    return _page(request, project)


@require_POST
@never_cache
@project_view("tokens", recent_login=True)
def setup_token(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Make a token and show it in the first step, this once."""
    secret = upload_tokens.make(
        project_id=project.id, name=TOKEN_NAME, created_by=reader(request), lifetime=tokens.LIFETIME
    )
    return _page(request, project, made={"name": TOKEN_NAME, "secret": secret})


def _page(request: HttpRequest, project: ProjectFact, **more: Any) -> HttpResponse:
    place = Place(project.slug)
    tool, no_tool = words.chosen(request, "tool", pages.TOOL_KEYS, pages.TOOL_KEYS[0])
    ci, no_ci = words.chosen(request, "ci", pages.CI_KEYS, pages.CI_KEYS[0])
    way, no_way = words.chosen(request, "way", WAYS, WAYS[0])
    page = pages.build(
        place,
        pages.Chosen(tool, ci, way),
        server=settings.COVDASH_URL,
        release=uploader_release(),
        has_token=any(token.is_usable for token in upload_tokens.listing(project_id=project.id)),
        newest=_newest(project),
        refusal=refusals.last(project_id=project.id),
        has_report=_has_report(project),
    )
    frame = {
        "project": project,
        "place": place,
        "here": "setup",
        "page": page,
        "ignored": no_tool + no_ci + no_way,
        "rights": access.rights(project.role),
        "own_query": query_url("", tool=tool, ci=ci, way=way),
    }
    return render(request, "dashboards/setup.html", frame | more)


def uploader_release() -> Release | None:
    """Return the uploader as this server gives it, None when it gives none.

    The pipe keeps the program, and this end of the house does not import the other: the setting names the function.
    """
    if not settings.UPLOADER_RELEASE:
        return None
    version, sha256 = import_string(settings.UPLOADER_RELEASE)()
    return Release(version, sha256)


def _newest(project: ProjectFact) -> UploadFact | None:
    return next(iter(uploads.listing(project=project).items), None)


def _has_report(project: ProjectFact) -> bool:
    return commits.head(project=project) is not None
