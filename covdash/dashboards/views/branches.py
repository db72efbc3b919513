"""`/p/<slug>/-/branches`: the git branches of a project."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import branches as pages
from covdash.dashboards.views import freshness, words
from covdash.dashboards.views.doors import project_view
from covdash.projects.facts import ProjectFact
from covdash.reports.queries import branches, divergence


@require_safe
@project_view()
def listing(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """The default branch, then the lately reported ones; `q` filters by name, `state` by age, `part=rows` is the table alone."""
    search = words.text(request, "q")
    state, ignored = words.chosen(request, "state", pages.STATES, "")
    found = branches.listing(project=project, search=search, after=request.GET.get("after", ""), state=state)
    pinned = next((branch for branch in found.items if branch.is_default), None)
    default = pinned or branches.get(project=project, name=project.default_branch)
    place = Place(project.slug)
    apart = divergence.of_branches(project=project, branches=found.items)
    page = pages.build(found, default, place, apart=apart, search=search, state=state, ignored=ignored)
    template = (
        "dashboards/_branch_rows.html" if request.GET.get("part") == "rows" else "dashboards/branches.html"
    )
    return freshness.of_body(
        request,
        render(request, template, {"project": project, "place": place, "here": "branches", "page": page}),
    )
