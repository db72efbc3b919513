"""Addresses of the pipe: whatever the protocols answer, and the end of a token."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from ingest.protocols import PROTOCOLS
from ingest.revoke import RevokeView

urlpatterns: list[URLPattern | URLResolver] = [
    *(url for protocol in PROTOCOLS for url in protocol.urls),
    path("api/v1/tokens/revoke", RevokeView.as_view(), name="token_revoke_self"),
]
