"""The answer when something broke: 503 with a time to come back when it is the database, else the page of the 500."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader

from covdash import logs

RETRY_AFTER = 5
SENTENCE = "The database does not answer at the moment."
HINT = f"Send the request again in {RETRY_AFTER} seconds."


def failure(request: HttpRequest) -> HttpResponse:
    """Answer for an exception that no view caught (`handler500`); asks the database nothing."""
    away = isinstance(sys.exception(), OperationalError | InterfaceError)
    api = request.path.startswith("/api/")
    if not away and not api:
        # Django's own view would ask for a session, and so for the database.
        page = loader.get_template("500.html").render({"request_id": logs.REQUEST.get()})
        return HttpResponse(page, status=500)
    code, message, hint = (
        ("unavailable", SENTENCE, HINT) if away else ("internal", "Something broke here.", "Try again.")
    )
    status = 503 if away else 500
    response: HttpResponse
    if api:
        problem = {"code": code, "message": message, "hint": hint, "field": None}
        response = JsonResponse({"error": problem}, status=status)
    else:
        text = f"{message} {hint}\nRequest {logs.REQUEST.get()}\n"
        response = HttpResponse(text, content_type="text/plain", status=status)
    if away:
        response["Retry-After"] = str(RETRY_AFTER)
    return response
