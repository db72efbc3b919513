"""`/p/<slug>/-/map/<path>/`: a directory as a map of tiles."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from covdash.dashboards.addresses import path_url
from covdash.dashboards.charts.treemap import MAX_TILES
from covdash.dashboards.pages import code_map as pages
from covdash.dashboards.pages import map_frame, quadrant
from covdash.dashboards.views import freshness, scope, words
from covdash.dashboards.views.doors import project_view
from covdash.dashboards.views.not_here import not_here, not_in_flag
from covdash.dashboards.views.overview import first_fork, nothing_yet
from covdash.projects.facts import ProjectFact
from covdash.reports import ages
from covdash.reports.facts import ReportFact
from covdash.reports.queries import commits, components, files
from covdash.reports.rule_facts import ComponentsFact

MOST = 1000
"""Entries of a directory whose age is told."""


@require_safe
@project_view()
def show(request: HttpRequest, project: ProjectFact, path: str = "") -> HttpResponse:
    """The map of the directory at `path`, and for "" that of the first with more than one entry, as areas or as a quadrant.

    `?size=` and `?color=` say what area and colour mean, `?base=` what changes are told against, `?y=` what goes up in a
    quadrant, `?overlay=` what is outlined, `?band=`, `?corner=`, `?component=` and `?show=` what stands out, `?as=table` shows the
    numbers alone.
    """
    if path and not path.endswith("/"):
        return redirect(f"{request.path}/?{request.META['QUERY_STRING']}".rstrip("?"))
    seen = scope.read(request, project)
    if seen is None:
        return nothing_yet(request, project)
    options, ignored = _options(request)
    base = None
    if options.color == "change" and options.view == "tiles":
        base = _base(seen, options.base)
        if base is None and options.base:
            ignored += (f"base={options.base[:60]}",)
            options = replace(options, base="")
            base = scope.report_before(seen)
    parts = components.of_report(project=project, report=seen.report) if options.view == "tiles" else None
    if parts is not None:
        options, nobody = _of_components(request, options, parts)
        ignored += nobody
    made_of = (parts.edition, parts.counted) if parts else ()
    tag = freshness.tag_of(request, seen, base.root if base else "", *made_of)
    return freshness.unchanged(request, tag) or freshness.stamped(
        _page(request, seen, path, options, base, parts, ignored), tag
    )


def _of_components(
    request: HttpRequest, options: map_frame.Options, parts: ComponentsFact
) -> tuple[map_frame.Options, tuple[str, ...]]:
    """Return the options with what is asked of components; without any there is nothing to outline."""
    names = {part.name for part in parts.components}
    name, ignored = words.chosen(request, "component", names, "")
    if options.overlay and not names:
        return replace(options, overlay=""), (f"overlay={options.overlay}", *ignored)
    return replace(options, component=name), ignored


def _page(
    request: HttpRequest,
    seen: scope.Scope,
    path: str,
    options: map_frame.Options,
    base: ReportFact | None,
    parts: ComponentsFact | None,
    ignored: tuple[str, ...],
) -> HttpResponse:
    project, report = seen.project, seen.report
    if not path and (fork := first_fork(project, report)) and fork.path:
        return redirect(
            f"{seen.place.root}-/map/{path_url(fork.path)}?{request.META['QUERY_STRING']}".rstrip("?")
        )
    directory = files.directory(project=project, report=report, path=path, base=base)
    if directory is None:
        state = options.state()
        return not_in_flag(
            request, seen, path, seen.place, lambda place: place.map(path, **state), here="map"
        ) or not_here(request, seen, path)
    y = quadrant.chosen(options.y, directory.totals) if options.view == "quadrant" else ""
    drawn = files.greatest(
        project=project,
        report=report,
        path=directory.path,
        limit=MAX_TILES,
        by=quadrant.KINDS[y] if y else options.size,
        base=base,
    )
    outlined = parts is not None and bool(parts.components)
    frame = map_frame.frame(seen.context, directory.path, options, base, ignored, y, outlined=outlined)
    found = parts if options.overlay or options.component else None
    since = None
    if options.color == "age" and not y:
        paths = dict.fromkeys(entry.path for entry in (*drawn, *directory.entries[:MOST]))
        since = ages.of_files(project=project, report=report, branch=seen.past, paths=paths)
    page = (
        quadrant.build(directory, drawn, frame, y)
        if y
        else pages.build(directory, drawn, frame, found, since)
    )
    context = {"project": project, "place": seen.place, "here": "map", "page": page}
    return render(request, "dashboards/map.html", context)


def _base(seen: scope.Scope, ref: str) -> ReportFact | None:
    """Return the report of the git branch or commit `ref`, for "" the one before, through the flag that is looked at."""
    if not ref:
        return scope.report_before(seen)
    return commits.named(project=seen.project, ref=ref, flag=seen.place.flag)


def _options(request: HttpRequest) -> tuple[map_frame.Options, tuple[str, ...]]:
    """Return what the address asks for, and what of it makes no sense."""
    said: dict[str, str] = {}
    ignored: tuple[str, ...] = ()
    for word, (_, values) in map_frame.WORDS.items():
        value, bad = words.chosen(request, word, values, next(iter(values)))
        said["as_" if word == "as" else word] = value
        ignored += bad
    return map_frame.Options(**said, base=words.text(request, "base")), ignored
