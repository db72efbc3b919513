"""`/p/<slug>/-/upload/<id>`: one upload and what came of it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from covdash.coverage.places import KINDS
from covdash.dashboards.addresses import Place
from covdash.dashboards.correction_forms import KINDS as RULES
from covdash.dashboards.pages import announced, upload
from covdash.dashboards.views import freshness, words
from covdash.dashboards.views.doors import project_view
from covdash.projects import access, wishes
from covdash.projects.configuration import rules_of
from covdash.projects.facts import ProjectFact
from covdash.reports.queries import announcements, paths, uploads


@require_safe
@project_view()
def show(request: HttpRequest, project: ProjectFact, upload_id: str) -> HttpResponse:
    """The upload; `?part=progress` gives the region that follows its way while it is open; `kind` and `q` look through its paths."""
    fact = uploads.get(project=project, upload_id=upload_id)
    if fact is None:
        return _announced(request, project, upload_id)
    kind, _ = words.chosen(request, "kind", KINDS, "")
    names = paths.names(project=project, upload_id=fact.id) if kind == "matched" else None
    page = upload.build(
        fact,
        Place(project.slug),
        rules=rules_of(wishes.in_force(project_id=project.id).paths).digest,
        kind=kind,
        search=words.text(request, "q"),
        names=[name for group in names.groups for name in group.names] if names else (),
    )
    context = {
        "project": project,
        "place": page.place,
        "here": "uploads",
        "page": page,
        "rights": access.rights(project.role),
        "rules": RULES,
    }
    part = request.GET.get("part") == "progress"
    return freshness.of_body(
        request, render(request, "dashboards/_progress.html" if part else "dashboards/upload.html", context)
    )


def _announced(request: HttpRequest, project: ProjectFact, number: str) -> HttpResponse:
    """An upload that is not there yet, or that turned out to be one that is known."""
    fact = announcements.get(project=project, number=number)
    if fact is None:
        raise Http404
    place = Place(project.slug)
    if fact.upload:
        return redirect(place.upload(fact.upload))
    page = announced.build(fact, place)
    return render(
        request,
        "dashboards/announced.html",
        {"project": project, "place": place, "here": "uploads", "page": page},
    )
