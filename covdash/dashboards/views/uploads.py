"""`/p/<slug>/-/uploads`: what CI jobs sent to a project."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import uploads as pages
from covdash.dashboards.views import words
from covdash.dashboards.views.doors import project_view
from covdash.projects.facts import ProjectFact
from covdash.reports.facts import Page, UploadFact
from covdash.reports.queries import announcements, uploads

NONE: Page[UploadFact] = Page(())


@require_safe
@project_view()
def listing(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Newest first; `state` filters, `part=rows` is the table alone, which follows unfinished work."""
    state, ignored = words.chosen(request, "state", pages.STATES, "")
    after = request.GET.get("after", "")
    found = NONE if state == "announced" else uploads.listing(project=project, state=state, after=after)
    waiting = announcements.open_ones(project=project) if state in ("", "announced") and not after else ()
    place = Place(project.slug)
    page = pages.build(found, place, state=state, after=after, ignored=ignored, announced=waiting)
    template = "dashboards/_uploads.html" if request.GET.get("part") == "rows" else "dashboards/uploads.html"
    return render(request, template, {"project": project, "place": place, "here": "uploads", "page": page})
