"""`/p/<slug>/-/settings/retention`: what is kept for how long, what that takes, and what the next sweep removes."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import retention as pages
from covdash.dashboards.rule_forms import RetentionForm
from covdash.dashboards.views.doors import project_view, reader
from covdash.dashboards.views.settings_frame import page, saved
from covdash.projects import keeping, wishes
from covdash.projects.configuration import ConfigurationError
from covdash.projects.facts import ProjectFact
from covdash.reports import retention as sweeps
from covdash.reports.queries import retention


@require_safe
@project_view("settings")
def show(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """The numbers, the bytes now and after, and the form."""
    return _page(request, project)


@require_POST
@project_view("settings", recent_login=True)
def save(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Save for how long things are kept, and count what the next sweep removes then."""
    form = RetentionForm(request.POST, defaults=keeping.by_default())
    if form.is_valid():
        try:
            wishes.write_section(
                project_id=project.id, actor=reader(request), section=keeping.SECTION, said=form.said()
            )
        except ConfigurationError as error:
            name = error.where.partition(".")[2]
            form.add_error(name if name in form.fields else None, f"{error.message}, or 0 for ever.")
        else:
            sweeps.ask(project.id, is_dry=True)
            return saved(
                request,
                project,
                "retention",
                "Saved. Nothing is removed before the next sweep, at most a day from now.",
            )
    return _page(request, project, form)


@require_POST
@project_view("settings")
def count(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Count again what is kept and what the next sweep removes."""
    sweeps.ask(project.id, is_dry=True)
    return saved(request, project, "retention", "It is being counted; look again in a moment.")


def _page(request: HttpRequest, project: ProjectFact, form: RetentionForm | None = None) -> HttpResponse:
    policy, said = keeping.read(project.id)
    form = form or RetentionForm(initial=said, defaults=keeping.by_default())
    numbers = retention.numbers(project=project, policy=policy)
    swept, counted = retention.last(project=project)
    built = pages.build(
        Place(project.slug),
        due=(numbers.commits_due, numbers.uploads_due),
        done=(numbers.commits_gone, numbers.uploads_gone),
        counted=counted,
        swept=swept,
        longer=policy.longer,
        now=timezone.now(),
    )
    change = wishes.last_change(project_id=project.id, section=keeping.SECTION)
    return page(request, project, "retention", {"page": built, "form": form, "change": change})
