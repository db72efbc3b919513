"""Addresses of the reading room: a table of contents, kept by hand. How links are made is in `addresses.py`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, register_converter

from covdash.dashboards import converters
from covdash.dashboards.views.help import help_page
from covdash.dashboards.views.projects import new_project, projects

register_converter(converters.Slug, "slugs")
register_converter(converters.Name, "rest")

urlpatterns: list[URLPattern | URLResolver] = [
    path("", projects, name="projects"),
    path("new", new_project, name="new_project"),
    path("help", help_page, name="help"),
]
