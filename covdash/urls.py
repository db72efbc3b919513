"""The map of addresses. Each room lists its own; only the order between rooms is decided here."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from covdash import health
from covdash.api import reference

handler404 = "ingest.unknown.not_found"
handler500 = "covdash.outage.failure"

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", include("covdash.accounts.urls")),
    path("api/schema", SpectacularAPIView.as_view(), name="api_schema"),
    path("api/v1/docs", reference.page, name="api_docs"),
    path("", include("ingest.urls")),
    path("api/v1/", include("covdash.api.urls")),
    path("", include("covdash.dashboards.urls")),
]
