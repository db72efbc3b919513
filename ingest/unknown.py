"""The answer to an address that there is not: for programs 404 as JSON that names what is supported, for people the page."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import page_not_found

from covdash.problems import Problem
from ingest.protocols import PROTOCOLS

SENTENCE = "covdash has no such address."
HINT = "Check the address that the client was given: it wants that of covdash itself. `supported` lists what is taken."

_OF_PROGRAMS = re.compile(r"/(?:api|upload|2\.0|webhook)(?:/|$)")
_READING = ("GET", "HEAD")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer where no address matches (`handler404`), and where a page that there is found nothing.

    The sentence stands where the clients of each dialect look for it: under `error` as text (Codacy), under `detail` or in the whole
    body (Codecov), under `message` or in the status line (Coveralls), under `error` with a code (our own).
    """
    foreign = request.method not in _READING or _OF_PROGRAMS.match(request.path_info)
    if request.resolver_match is not None or not foreign:
        return page_not_found(request, exception)
    said = f"{SENTENCE} {HINT}"
    refused = Problem(404, "no_such_address", SENTENCE, hint=HINT).body()["error"]
    error = said if request.path_info.startswith("/2.0/") else refused
    supported = [address for protocol in PROTOCOLS for address in protocol.addresses]
    body = {"detail": said, "message": said, "error": error, "supported": supported}
    return JsonResponse(body, status=404, reason=said)
