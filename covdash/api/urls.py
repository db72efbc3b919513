"""Addresses of the read API, under `/api/v1/`. Where a slug ends is told in `converters.py`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from covdash.api import converters as converters  # noqa: PLC0414 - registers the converters that are named below
from covdash.api.doors import ReadView
from covdash.api.views import arms, history, projects, reports, reviews

_OF_A_PROJECT: dict[str, type[ReadView]] = {
    "/commits": reports.Commits,
    "/commits/<sha:sha>": reports.Commit,
    "/commits/<sha:sha>/components": reports.Components,
    "/commits/<sha:sha>/gates": reports.Gates,
    "/commits/<sha:sha>/lcov.info": reports.Lcov,
    "/commits/<sha:sha>/cobertura.xml": reports.Cobertura,
    "/commits/<sha:sha>/tree": reports.Tree,
    "/commits/<sha:sha>/files/<file_path:path>": reports.File,
    "/commits/<sha:sha>/arms": arms.Arms,
    "/commits/<sha:sha>/attention": reviews.Attention,
    "/review": reviews.Review,
    "/trend": history.Trend,
    "/branches": projects.Branches,
    "/uploads": history.Uploads,
    "/uploads/<uuid:upload_id>": history.Upload,
    "/": projects.Project,
}

urlpatterns: list[URLPattern | URLResolver] = [
    path("projects", projects.Projects.as_view()),
    *(path(f"projects/<shortest_slug:slug>{rest}", view.as_view()) for rest, view in _OF_A_PROJECT.items()),
    # The same with a lone `-` behind the slug; the schema names each address once.
    *(
        path(f"projects/<shortest_slug:slug>/-{rest}", view.as_view(schema=None))
        for rest, view in _OF_A_PROJECT.items()
    ),
    path("projects/<shortest_slug:slug>", projects.Project.as_view(schema=None)),
    path("projects/<shortest_slug:slug>/-", projects.Project.as_view(schema=None)),
]
