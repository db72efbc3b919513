"""`/p/<slug>/-/upload/<id>`: one upload and what came of it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import upload
from covdash.dashboards.views.doors import project_view
from covdash.projects.facts import ProjectFact
from covdash.reports.queries import uploads


@require_safe
@project_view()
def show(request: HttpRequest, project: ProjectFact, upload_id: str) -> HttpResponse:
    """The upload; `?part=progress` gives the region that follows its way while it is open."""
    fact = uploads.get(project=project, upload_id=upload_id)
    if fact is None:
        raise Http404
    page = upload.build(fact, Place(project.slug))
    context = {"project": project, "place": page.place, "here": "uploads", "page": page}
    part = request.GET.get("part") == "progress"
    return render(request, "dashboards/_progress.html" if part else "dashboards/upload.html", context)
