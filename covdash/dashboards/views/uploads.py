"""`/p/<slug>/-/uploads`: what CI jobs sent to a project."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import uploads as pages
from covdash.dashboards.views import freshness, words
from covdash.dashboards.views.doors import project_view
from covdash.projects.facts import ProjectFact
from covdash.reports.facts import Page, UploadFact
from covdash.reports.queries import announcements, uploads

NONE: Page[UploadFact] = Page(())


@require_safe
@project_view()
def listing(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Newest first; `state` and the days `from` and `to` filter, `part=rows` is the table alone, which follows unfinished work."""
    state, bad = words.chosen(request, "state", (*pages.STATES, *pages.KEPT), "")
    after, ignored = request.GET.get("after", ""), list(bad)
    since, until = words.day(request, "from", ignored), words.day(request, "to", ignored)
    asked = pages.Asked(state, since, until, tuple(ignored))
    found = (
        NONE
        if state == "announced"
        else uploads.listing(project=project, state=state, after=after, since=since, until=until)
    )
    # What never came has no day on which it came.
    expected = state == "announced" or not (state or asked.is_dated)
    waiting = announcements.open_ones(project=project) if expected and not after else ()
    place = Place(project.slug)
    page = pages.build(found, place, asked, after=after, announced=waiting)
    template = "dashboards/_uploads.html" if request.GET.get("part") == "rows" else "dashboards/uploads.html"
    return freshness.of_body(
        request,
        render(request, template, {"project": project, "place": place, "here": "uploads", "page": page}),
    )
