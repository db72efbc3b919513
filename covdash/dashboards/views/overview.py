"""`/p/<slug>/`: the overview of a project."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from covdash.dashboards import dense
from covdash.dashboards.addresses import Place
from covdash.dashboards.charts import trend
from covdash.dashboards.pages import overview
from covdash.dashboards.views import freshness, scope
from covdash.dashboards.views.doors import project_view
from covdash.projects import access
from covdash.projects.facts import ProjectFact
from covdash.reports.facts import ChangeFact, DirectoryFact, EntryFact, ReportFact
from covdash.reports.queries import attention, compare, components, files, trends
from covdash.reports.review_facts import DismissalFact
from covdash.reports.rule_facts import ComponentsFact

_DEPTH = 6


@require_safe
@project_view()
def show(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """The overview; a project without a report sends those who may upload to the setup."""
    seen = scope.read(request, project)
    if seen is None:
        return nothing_yet(request, project)
    before = scope.report_before(seen)
    parts = components.of_report(project=project, report=seen.report)
    hidden = attention.dismissals(project=project, today=timezone.now().date())
    tag = freshness.tag_of(request, seen, before.root if before else "", parts.edition, hidden)
    return freshness.unchanged(request, tag) or freshness.stamped(
        _page(request, seen, before, parts, hidden), tag
    )


def nothing_yet(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Answer for a project without any report."""
    place = Place(project.slug)
    if "upload" in access.rights(project.role):
        return redirect(place.setup())
    return render(
        request, "dashboards/nothing_yet.html", {"project": project, "place": place, "here": "overview"}
    )


def _page(
    request: HttpRequest,
    seen: scope.Scope,
    before: ReportFact | None,
    parts: ComponentsFact,
    hidden: tuple[DismissalFact, ...],
) -> HttpResponse:
    project, report, place = seen.project, seen.report, seen.place
    span = request.GET.get("range", "")
    span = span if span in overview.RANGES else overview.DEFAULT_RANGE
    days = overview.RANGES[span][1]
    now = timezone.now()
    since = now - timedelta(days=days) if days else None
    branch = seen.branch or project.default_branch
    directory = first_fork(project, report, before)
    points, grain = trends.drawn(
        project=project, branch=branch, flag=place.flag, since=since, most=trend.MAX_POINTS
    )
    facts = overview.OverviewFacts(
        report=report,
        before=before,
        directory=directory,
        drawn=_drawn(project, report, directory),
        points=points,
        grain=grain,
        changed=_changes(project, report, before),
        attention=attention.rows(
            project=project, report=report, branch=seen.branch, components=parts, now=now, hidden=hidden
        ),
        components=parts,
    )
    page = overview.build(facts, seen.context, span=span, sort=request.GET.get("sort", ""))
    rows = dense.entries(page.table, compared=before is not None, footer=page.footer)
    context = {"project": project, "place": place, "here": "overview", "page": page, "rows": rows}
    return render(request, "dashboards/overview.html", context)


def _changes(project: ProjectFact, report: ReportFact, before: ReportFact | None) -> tuple[ChangeFact, ...]:
    if before is None:
        return ()
    return compare.changes(project=project, base=before, head=report, limit=overview.CHANGES + 1)


def _drawn(
    project: ProjectFact, report: ReportFact, directory: DirectoryFact | None
) -> tuple[EntryFact, ...]:
    """Return the files that the small map draws one by one."""
    if directory is None:
        return ()
    return files.greatest(project=project, report=report, path=directory.path, limit=overview.TILES)


def first_fork(
    project: ProjectFact, report: ReportFact, before: ReportFact | None = None
) -> DirectoryFact | None:
    """Return the first directory from the root with more than one measured entry: `src/` beside a README is no map."""
    found = files.directory(project=project, report=report, base=before)
    for _ in range(_DEPTH):
        measured = [entry for entry in found.entries if entry.totals.files] if found else []
        if found is None or found.unplaced or len(measured) != 1 or not measured[0].is_directory:
            break
        found = files.directory(project=project, report=report, path=measured[0].path, base=before)
    return found
