"""Addresses of the pipe: whatever the protocols answer, the uploader to fetch, and the end of a token."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from ingest import downloads
from ingest.protocols import PROTOCOLS
from ingest.revoke import RevokeView

urlpatterns: list[URLPattern | URLResolver] = [
    path("upload.py", downloads.program, {"name": downloads.PYTHON}, name="upload_py"),
    path("upload.py.sha256", downloads.digest, {"name": downloads.PYTHON}, name="upload_py_sha256"),
    path("upload.sh", downloads.program, {"name": downloads.SHELL}, name="upload_sh"),
    path("upload.sh.sha256", downloads.digest, {"name": downloads.SHELL}, name="upload_sh_sha256"),
    *(url for protocol in PROTOCOLS for url in protocol.urls),
    path("api/v1/tokens/revoke", RevokeView.as_view(), name="token_revoke_self"),
]
