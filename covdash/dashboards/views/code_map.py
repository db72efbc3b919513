"""`/p/<slug>/-/map/<path>/`: a directory as a map of tiles."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from covdash.dashboards.addresses import path_url
from covdash.dashboards.charts.treemap import MAX_TILES
from covdash.dashboards.pages import code_map as pages
from covdash.dashboards.pages import map_frame
from covdash.dashboards.views import freshness, scope, words
from covdash.dashboards.views.doors import project_view
from covdash.dashboards.views.not_here import not_here, not_in_flag
from covdash.dashboards.views.overview import first_fork, nothing_yet
from covdash.projects.facts import ProjectFact
from covdash.reports.queries import files


@require_safe
@project_view()
def show(request: HttpRequest, project: ProjectFact, path: str = "") -> HttpResponse:
    """The map of the directory at `path`, and for "" that of the first with more than one entry.

    `?size=` and `?color=` say what area and colour mean, `?as=table` shows the numbers alone.
    """
    if path and not path.endswith("/"):
        return redirect(f"{request.path}/?{request.META['QUERY_STRING']}".rstrip("?"))
    seen = scope.read(request, project)
    if seen is None:
        return nothing_yet(request, project)
    tag = freshness.tag_of(request, seen)
    return freshness.unchanged(request, tag) or freshness.stamped(_page(request, seen, path), tag)


def _page(request: HttpRequest, seen: scope.Scope, path: str) -> HttpResponse:
    project, report = seen.project, seen.report
    if not path and (fork := first_fork(project, report)) and fork.path:
        return redirect(
            f"{seen.place.root}-/map/{path_url(fork.path)}?{request.META['QUERY_STRING']}".rstrip("?")
        )
    directory = files.directory(project=project, report=report, path=path)
    options, ignored = _options(request)
    if directory is None:
        state = options.state()
        return not_in_flag(
            request, seen, path, seen.place, lambda place: place.map(path, **state), here="map"
        ) or not_here(request, seen, path)
    drawn = files.greatest(
        project=project,
        report=report,
        path=directory.path,
        limit=MAX_TILES,
        missed=options.size == "missed",
    )
    frame = map_frame.frame(seen.context, directory.path, options, ignored)
    page = pages.build(directory, drawn, frame)
    context = {"project": project, "place": seen.place, "here": "map", "page": page}
    return render(request, "dashboards/map.html", context)


def _options(request: HttpRequest) -> tuple[map_frame.Options, tuple[str, ...]]:
    """Return what the address asks for, and what of it makes no sense."""
    said: dict[str, str] = {}
    ignored: tuple[str, ...] = ()
    for word, (_, values) in map_frame.WORDS.items():
        value, bad = words.chosen(request, word, values, next(iter(values)))
        said["as_" if word == "as" else word] = value
        ignored += bad
    return map_frame.Options(**said), ignored
