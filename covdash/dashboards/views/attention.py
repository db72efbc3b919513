"""`/p/<slug>/-/attention`: what needs eyes, ranked; and its forms, which hide a row for a while or show it again."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import attention as pages
from covdash.dashboards.review_forms import DismissForm
from covdash.dashboards.views import freshness, scope
from covdash.dashboards.views.doors import project_view, reader
from covdash.dashboards.views.overview import nothing_yet
from covdash.projects.facts import ProjectFact
from covdash.reports import reviewing
from covdash.reports.queries import attention, components


@require_safe
@project_view()
def show(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """The whole list, and what the team hides."""
    seen = scope.read(request, project)
    if seen is None:
        return nothing_yet(request, project)
    now = timezone.now()
    parts = components.of_report(project=project, report=seen.report)
    hidden = attention.dismissals(project=project, today=now.date())
    tag = freshness.tag_of(request, seen, parts.edition, parts.counted, hidden)
    if answer := freshness.unchanged(request, tag):
        return answer
    found = attention.rows(
        project=project,
        report=seen.report,
        branch=seen.branch,
        components=parts,
        now=now,
        hidden=hidden,
    )
    page = pages.build(found, seen.report, seen.context, today=now.date())
    context = {"project": project, "place": seen.place, "here": "overview", "page": page}
    return freshness.stamped(render(request, "dashboards/attention.html", context), tag)


@require_POST
@project_view("upload")
def dismiss(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Hide a row for the team, with a reason and a last day."""
    form, place = DismissForm(request.POST), Place(project.slug)
    if not form.is_valid():
        messages.error(request, "Nothing was hidden. Say why, and give a day from today to a year from now.")
        return redirect(place.attention())
    try:
        reviewing.dismiss(
            project_id=project.id, today=timezone.now().date(), actor=reader(request), **form.cleaned_data
        )
    except reviewing.ReviewError as error:
        messages.error(request, f"Nothing was hidden. {error.message}")
    else:
        until = form.cleaned_data["until"]
        messages.success(
            request, f"Hidden for everybody until {until}; it is listed below and in the review."
        )
    return redirect(place.attention())


@require_POST
@project_view("upload")
def show_again(request: HttpRequest, project: ProjectFact, number: int) -> HttpResponse:
    """Let a hidden row be seen again."""
    if not reviewing.show_again(project_id=project.id, number=number, actor=reader(request)):
        raise Http404
    messages.success(request, "The row is seen again.")
    return redirect(Place(project.slug).attention())
