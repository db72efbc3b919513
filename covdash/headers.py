"""What every answer carries beside the headers of Django and django-csp, and the refusal of cross-site writes and of NUL."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseForbidden, JsonResponse
from django.http.response import HttpResponseBase

from covdash import logs

PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"
KEPT = 300
"""Seconds that a browser keeps a page of a finished commit without asking."""
WROTE = "covdash-wrote"
DATA_POLICY = "default-src 'none'; sandbox"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# What a page loads rather than opens: the policy for data would change nothing there.
_PAGE_PARTS = ("text/html", "text/css", "text/javascript", "application/javascript", "font/")


class RequestId:
    """Gives each request an id, which stands in its answer and in every line of the log that is written for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Wrap the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with the id."""
        token = logs.REQUEST.set(secrets.token_hex(6))
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = logs.REQUEST.get()
        finally:
            logs.REQUEST.reset(token)
        return response


class SecurityHeaders:
    """Adds the headers of every response; a view that set one of them itself keeps its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Wrap the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with headers."""
        response = self.get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        content_type = response.headers.get("Content-Type", "text/html")
        if content_type.startswith("text/html"):
            # A page may hold a private project: no shared cache keeps it, and the reader's own asks again.
            response.headers.setdefault("Cache-Control", "private, no-cache")
        if not content_type.startswith(_PAGE_PARTS):
            response.headers.setdefault("Content-Security-Policy", DATA_POLICY)
        return response


class SameSiteWrites:
    """Refuses unsafe methods that a browser marks as coming from another site, before anything reads the cookie.

    Requests with an `Authorization` header to `/api/` are let through: those views ignore cookies.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Wrap the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer 403 to a cross-site write, else go on."""
        if request.method in SAFE_METHODS or request.headers.get("Sec-Fetch-Site") not in {
            "cross-site",
            "same-site",
        }:
            return self.get_response(request)
        if request.path.startswith("/api/") and "Authorization" in request.headers:
            return self.get_response(request)
        return HttpResponseForbidden(
            "This form was sent from another site. Open the page here and send it again.\n",
            content_type="text/plain",
        )


class OwnWrites:
    """Marks a browser that sent a form with a cookie, as long as it keeps pages: kept under other cookies, none of them is shown.

    So whoever changes something sees it on every page at once.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Wrap the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with the cookie after a write."""
        response = self.get_response(request)
        if request.method not in SAFE_METHODS and settings.SESSION_COOKIE_NAME in request.COOKIES:
            response.set_cookie(
                WROTE,
                secrets.token_hex(4),
                KEPT,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response


class NoNul:
    """Refuses addresses with a NUL: no name has one, and PostgreSQL would answer any question that has one with an error."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Wrap the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer 400 to such an address, else go on."""
        query = request.META.get("QUERY_STRING", "")
        if "\0" not in request.path and "\0" not in query and "%00" not in query:
            return self.get_response(request)
        message = "The address holds a NUL character, which no name has."
        if request.path.startswith("/api/"):
            return JsonResponse({"error": {"code": "bad_address", "message": message}}, status=400)
        return HttpResponseBadRequest(f"{message}\n", content_type="text/plain")
