"""`/p/<slug>/-/arms` and `/p/<slug>/-/functions`: ways and functions that no test has gone."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from covdash.coverage.arms import KINDS
from covdash.coverage.components import Owned
from covdash.dashboards.pages import arm_lists, gaps
from covdash.dashboards.views import freshness, narrowing, scope, words
from covdash.dashboards.views.doors import project_view
from covdash.dashboards.views.overview import nothing_yet
from covdash.projects.codeowners import Owners
from covdash.projects.facts import ProjectFact
from covdash.reports.facts import Page
from covdash.reports.findings import ArmsAsked, FileFunctions, FunctionPile
from covdash.reports.queries import arms, components, functions
from covdash.reports.rule_facts import ComponentsFact

NO_PARTS = ComponentsFact((), counted=True, edition="")
"""For one file, which no component narrows."""


@require_safe
@project_view()
def arms_never_taken(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Arms never taken, of lines that ran; `?show=all` adds those of lines that never did, `lost` and `flaky` compare reports.

    `?component=`, `?owner=` and `?kind=` narrow them, `?file=` leaves one file, `?since=` those that a report did not know.
    `?group=kind` puts them together by kind.
    """
    seen = scope.read(request, project)
    if seen is None:
        return nothing_yet(request, project)
    only, parts, owners = _asked_for(request, seen)
    of_past = any(request.GET.get(word) for word in ("since", "base", "show", "file"))
    tag = freshness.tag_of(request, seen, parts.edition, parts.counted, owners.lines.digest)
    if not of_past and (answer := freshness.unchanged(request, tag)):
        return answer
    to = narrowing.to_part(request, parts, owners, one_file=bool(only))
    wish, ignored = arms_asked(request, only=only, within=to.within)
    found = arms.listed(
        project=project,
        report=seen.report,
        branch=seen.past,
        asked=wish,
        after=request.GET.get("after", ""),
    )
    group, bad_group = words.chosen(request, "group", ("file", "kind"), "file")
    asked = gaps.Asked(
        show="" if wish.show == "never" else wish.show,
        only=only,
        component=to.component,
        components=to.names,
        owner=to.owner,
        owners=to.owners,
        owner_of=owners.of,
        kind=wish.kind,
        ignored=(*ignored, *to.ignored, *bad_group, *found.ignored),
        since="" if found.ignored else wish.since,
        base="" if found.ignored else wish.base,
        group="" if group == "file" else group,
    )
    page = gaps.arm_gaps(found, to.totals(seen, parts), seen.context, asked)
    lists = arm_lists.build(found, page)
    context = {"project": project, "place": seen.place, "here": "arms", "page": page, "lists": lists}
    answer = render(request, "dashboards/arms.html", context)
    return freshness.of_body(request, answer) if of_past else freshness.stamped(answer, tag)


def arms_asked(request: HttpRequest, *, only: str, within: Owned | None) -> tuple[ArmsAsked, tuple[str, ...]]:
    """Return what arms the address asks for, and what of it was ignored: `since` goes with arms never taken, `base` with lost ones."""
    show, ignored = words.chosen(request, "show", arms.SHOWS, "never")
    kind, bad_kind = words.chosen(request, "kind", KINDS, "")
    said = {word: words.text(request, word) for word in ("since", "base")}
    kept = {"lost": "base", "flaky": ""}.get(show, "since")
    aside = tuple(f"{word}={value[:60]}" for word, value in said.items() if value and word != kept)
    wish = ArmsAsked(show, kind=kind, only=only, within=within, **{kept: said[kept]} if kept else {})
    return wish, (*ignored, *bad_kind, *aside)


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
