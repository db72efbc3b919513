"""Addresses of the reading room: a table of contents, kept by hand. How links are made is in `addresses.py`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, register_converter

from covdash.dashboards import converters
from covdash.dashboards.views.help import help_page

register_converter(converters.Slug, "slugs")
register_converter(converters.Name, "rest")

urlpatterns: list[URLPattern | URLResolver] = [
    path("help", help_page, name="help"),
]
