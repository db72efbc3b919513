"""The uploader to fetch: `/upload.py` and `/upload.sh`, with this server written in, and their digests. Public: they hold no secret.

Without a version the newest is served, to be asked for again by its ETag; with the version of this server it never changes; any other
version is not here, and a recipe that pins it must hear that.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from ingest import uploader

PYTHON, SHELL = "covdash-upload.py", "covdash-upload.sh"
_SHELL_TEXT = Path(__file__).parent / "client" / "upload.sh"
_TYPES = {PYTHON: "text/x-python; charset=utf-8", SHELL: "text/x-shellscript; charset=utf-8"}


@lru_cache(maxsize=8)
def _file(name: str, server: str) -> tuple[bytes, str]:
    """Return the bytes of a program and their SHA-256 in hex."""
    if name == PYTHON:
        made = uploader.program(server=server)
        return made.body, made.sha256
    text = _SHELL_TEXT.read_text(encoding="ascii")
    # Between single quotes in a shell nothing but a quote is special, and an address has none: settings check it.
    body = text.replace("@SERVER@", server).replace("@VERSION@", uploader.VERSION).encode("ascii")
    return body, hashlib.sha256(body).hexdigest()


def release() -> tuple[str, str]:
    """Return version and SHA-256 of the uploader as this server gives it: what recipes pin (`settings.UPLOADER_RELEASE`)."""
    return uploader.VERSION, _file(PYTHON, settings.COVDASH_URL)[1]


@require_safe
def program(request: HttpRequest, name: str) -> HttpResponse:
    """Serve a program; `v` is the version that is wanted."""
    wanted = request.GET.get("v", "")
    if wanted and wanted != uploader.VERSION:
        return _absent(wanted)
    body, sha256 = _file(name, settings.COVDASH_URL)
    response = HttpResponse(body, content_type=_TYPES[name])
    response.headers["ETag"] = quote_etag(sha256)
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if wanted else "public, no-cache"
    )
    return get_conditional_response(request, etag=quote_etag(sha256), response=response) or response


@require_safe
def digest(request: HttpRequest, name: str) -> HttpResponse:
    """Serve the digest of a program, as `sha256sum --check` reads it."""
    wanted = request.GET.get("v", "")
    if wanted and wanted != uploader.VERSION:
        return _absent(wanted)
    _body, sha256 = _file(name, settings.COVDASH_URL)
    response = HttpResponse(f"{sha256}  {name}\n", content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "public, no-cache"
    return response


def _absent(wanted: str) -> HttpResponse:
    sentence = (
        f"This covdash has the uploader {uploader.VERSION}, not {wanted[:40]!a}. "
        f"Pin version {uploader.VERSION} and its SHA-256 (see /upload.py.sha256), or keep the old file in your repository.\n"
    )
    return HttpResponse(sentence, status=404, content_type="text/plain; charset=utf-8")
