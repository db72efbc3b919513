"""`/p/<slug>/-/arms` and `/p/<slug>/-/functions`: ways and functions that no test has gone."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from covdash.dashboards.pages import gaps
from covdash.dashboards.views import freshness, scope, words
from covdash.dashboards.views.doors import project_view
from covdash.dashboards.views.overview import nothing_yet
from covdash.projects.facts import ProjectFact
from covdash.reports.queries import arms, functions


@require_safe
@project_view()
def arms_never_taken(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Arms never taken, of lines that ran; `?show=all` adds those of lines that never did, `?file=` leaves one file."""
    seen = scope.read(request, project)
    if seen is None:
        return nothing_yet(request, project)
    tag = freshness.tag_of(request, seen)
    if answer := freshness.unchanged(request, tag):
        return answer
    show, _ = words.chosen(request, "show", ("all",), "")
    after = request.GET.get("after", "")
    only = words.text(request, "file")
    found = arms.never(project=project, report=seen.report, everything=show == "all", after=after, only=only)
    page = gaps.arm_gaps(found, seen.report, seen.context, everything=show == "all", only=only)
    context = {"project": project, "place": seen.place, "here": "arms", "page": page}
    return freshness.stamped(render(request, "dashboards/arms.html", context), tag)


@require_safe
@project_view()
def functions_never_called(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Functions never called; `?file=` leaves one file."""
    seen = scope.read(request, project)
    if seen is None:
        return nothing_yet(request, project)
    tag = freshness.tag_of(request, seen)
    if answer := freshness.unchanged(request, tag):
        return answer
    only = words.text(request, "file")
    after = request.GET.get("after", "")
    found = functions.never(project=project, report=seen.report, after=after, only=only)
    page = gaps.function_gaps(found, seen.report, seen.context, only=only)
    context = {"project": project, "place": seen.place, "here": "functions", "page": page}
    return freshness.stamped(render(request, "dashboards/functions.html", context), tag)
