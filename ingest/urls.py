"""Addresses of the pipe: whatever the protocols answer."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from ingest.protocols import PROTOCOLS

urlpatterns: list[URLPattern | URLResolver] = [url for protocol in PROTOCOLS for url in protocol.urls]
