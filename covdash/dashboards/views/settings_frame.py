"""The frame of every settings page: its place in the list at the side, and what is said after something was saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import settings as pages
from covdash.projects import access
from covdash.projects.facts import ProjectFact


def page(
    request: HttpRequest, project: ProjectFact, section: str, words: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """Answer the settings page `section` with `words` for its template."""
    place, rights = Place(project.slug), access.rights(project.role)
    frame = {
        "project": project,
        "place": place,
        "here": "settings",
        "settings_root": place.settings(""),
        "sections": pages.sections(place, rights, section),
        "rights": rights,
    }
    return render(request, f"dashboards/settings_{section}.html", {**frame, **words}, status=status)


def saved(request: HttpRequest, project: ProjectFact, section: str, said: str) -> HttpResponse:
    """Go back to a settings page and say there what was done."""
    messages.success(request, said)
    return redirect(Place(project.slug).settings(section))
