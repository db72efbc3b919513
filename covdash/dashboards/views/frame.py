"""What all pages of the settings stand in: the list of sections at the side, by the rights of the reader."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import settings as pages
from covdash.projects import access
from covdash.projects.facts import ProjectFact


def settings_page(
    request: HttpRequest, project: ProjectFact, section: str, words: dict[str, Any]
) -> HttpResponse:
    """Return the page of a section: the template `settings_<section>.html` with `words`."""
    place, rights = Place(project.slug), access.rights(project.role)
    frame = {
        "project": project,
        "place": place,
        "here": "settings",
        "settings_root": place.settings(""),
        "sections": pages.sections(place, rights, section),
        "rights": rights,
    }
    return render(request, f"dashboards/settings_{section}.html", frame | words)
