"""Addresses of the reading room: a table of contents, kept by hand. How links are made is in `addresses.py`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, register_converter

from covdash.dashboards import converters
from covdash.dashboards.views import branch, commits, file, overview, tree, upload
from covdash.dashboards.views.help import help_page
from covdash.dashboards.views.projects import new_project, projects

register_converter(converters.Slug, "slugs")
register_converter(converters.Name, "rest")

urlpatterns: list[URLPattern | URLResolver] = [
    path("", projects, name="projects"),
    path("new", new_project, name="new_project"),
    path("help", help_page, name="help"),
    path("p/<slugs:slug>/", overview.show, name="overview"),
    path("p/<slugs:slug>/-/tree/", tree.show, name="tree_root"),
    path("p/<slugs:slug>/-/tree/<rest:path>", tree.show, name="tree"),
    path("p/<slugs:slug>/-/file/<rest:path>", file.show, name="file"),
    path("p/<slugs:slug>/-/branch/<rest:name>", branch.show, name="branch"),
    path("p/<slugs:slug>/-/commits", commits.listing, name="commits"),
    path("p/<slugs:slug>/-/commit/<str:sha>", commits.show, name="commit"),
    path("p/<slugs:slug>/-/upload/<str:upload_id>", upload.show, name="upload"),
]
