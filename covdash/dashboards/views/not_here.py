"""What stands at an address that the report has nothing for: a quiet page where another flag has it, else 404 with ways on."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from covdash.dashboards.addresses import Place
from covdash.dashboards.views import scope
from covdash.reports.queries import slices


def not_here(request: HttpRequest, seen: scope.Scope, path: str) -> HttpResponse:
    """Answer 404 for a path that this report does not have, with the ways to where it may be."""
    context = {
        "project": seen.project,
        "place": seen.place,
        "here": "files",
        "context_bar": seen.context,
        "path": path,
    }
    return render(request, "dashboards/not_here.html", context, status=404)


def not_in_flag(
    request: HttpRequest,
    seen: scope.Scope,
    path: str,
    place: Place,
    address: Callable[[Place], str],
    *,
    here: str = "files",
) -> HttpResponse | None:
    """Say that the flag, or none of several, has anything of a file or a directory which the commit has; None for all else.

    A directory has a slash at the end of `path`. `address` is that of the page at another place: `place`, with each flag that has it.
    """
    through = place.flags or seen.report.seen_through
    if not through or request.GET.get("part"):
        return None
    flags = slices.flags_with(project=seen.project, report=seen.report, path=path)
    if "" not in flags:
        return None
    context = {
        "project": seen.project,
        "place": seen.place,
        "here": here,
        "context_bar": seen.context,
        "path": path,
        "through": through,
        "is_directory": path.endswith("/"),
        "of_flag": seen.place.map() if here == "map" else seen.place.tree(),
        "choices": [(flag or "all uploads", address(place.flagged(flag))) for flag in flags],
    }
    return render(request, "dashboards/not_in_flag.html", context)
