"""`/p/<slug>/-/arms` and `/p/<slug>/-/functions`: ways and functions that no test has gone."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from covdash.coverage.arms import KINDS
from covdash.coverage.components import Owned
from covdash.dashboards.pages import gaps
from covdash.dashboards.views import freshness, narrowing, scope, words
from covdash.dashboards.views.doors import project_view
from covdash.dashboards.views.overview import nothing_yet
from covdash.projects.codeowners import Owners
from covdash.projects.facts import ProjectFact
from covdash.reports.facts import Page
from covdash.reports.findings import FileFunctions, FunctionPile
from covdash.reports.queries import arms, components, functions
from covdash.reports.rule_facts import ComponentsFact

NO_PARTS = ComponentsFact((), counted=True, edition="")
"""For one file, which no component narrows."""


@require_safe
@project_view()
def arms_never_taken(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Arms never taken, of lines that ran; `?show=all` adds those of lines that never did.

    `?component=`, `?owner=` and `?kind=` narrow them, `?file=` leaves one file.
    """
    seen = scope.read(request, project)
    if seen is None:
        return nothing_yet(request, project)
    only, parts, owners = _asked_for(request, seen)
    tag = freshness.tag_of(request, seen, parts.edition, parts.counted, owners.lines.digest)
    if answer := freshness.unchanged(request, tag):
        return answer
    to = narrowing.to_part(request, parts, owners, one_file=bool(only))
    show, bad_show = words.chosen(request, "show", ("all",), "")
    kind, bad_kind = words.chosen(request, "kind", KINDS, "")
    found = arms.never(
        project=project,
        report=seen.report,
        everything=show == "all",
        after=request.GET.get("after", ""),
        only=only,
        kind=kind,
        within=to.within,
    )
    asked = _asked(to, owners, show, only, kind, (*bad_show, *to.ignored, *bad_kind))
    page = gaps.arm_gaps(found, to.totals(seen, parts), seen.context, asked)
    context = {"project": project, "place": seen.place, "here": "arms", "page": page}
    return freshness.stamped(render(request, "dashboards/arms.html", context), tag)


@require_safe
@project_view()
def functions_never_called(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Functions never called, or one of their piles by `?show=`; `?component=` and `?owner=` narrow them, `?file=` leaves one file."""
    seen = scope.read(request, project)
    if seen is None:
        return nothing_yet(request, project)
    only, parts, owners = _asked_for(request, seen)
    tag = freshness.tag_of(request, seen, parts.edition, parts.counted, owners.lines.digest)
    if answer := freshness.unchanged(request, tag):
        return answer
    to = narrowing.to_part(request, parts, owners, one_file=bool(only))
    show, bad_show = words.chosen(request, "show", ("never", *(() if only else functions.PILES)), "never")
    found = called_never(seen, parts, to.within, show=show, only=only, after=request.GET.get("after", ""))
    asked = _asked(to, owners, "" if show == "never" else show, only, "", (*bad_show, *to.ignored))
    page = gaps.function_gaps(found, to.totals(seen, parts), seen.context, asked)
    context = {"project": project, "place": seen.place, "here": "functions", "page": page}
    return freshness.stamped(render(request, "dashboards/functions.html", context), tag)


def called_never(
    seen: scope.Scope, parts: ComponentsFact, within: Owned | None, *, show: str, only: str, after: str
) -> Page[FileFunctions] | FunctionPile:
    """Return functions never called, of the pile `show` or of all."""
    if show not in functions.PILES:
        return functions.never(
            project=seen.project, report=seen.report, after=after, only=only, within=within
        )
    return functions.piled(
        project=seen.project,
        report=seen.report,
        branch=seen.past,
        components=parts,
        now=timezone.now(),
        pile=show,
        after=after,
        within=within,
    )


def _asked_for(request: HttpRequest, seen: scope.Scope) -> tuple[str, ComponentsFact, Owners]:
    """Return the file that is asked for, or the components that others can be narrowed to; and the owners of all."""
    only = words.text(request, "file")
    parts = NO_PARTS if only else components.of_report(project=seen.project, report=seen.report)
    return only, parts, components.owners(project=seen.project, report=seen.report)


def _asked(
    to: narrowing.Narrowed, owners: Owners, show: str, only: str, kind: str, ignored: tuple[str, ...]
) -> gaps.Asked:
    """Return what a page is narrowed to."""
    return gaps.Asked(show, only, to.component, to.names, to.owner, to.owners, kind, ignored, owners.of)
