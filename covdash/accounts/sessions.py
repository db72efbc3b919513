"""How long one stays signed in: 14 days without a visit, 90 days at most. Sessions live in the database."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest
from django.http.response import HttpResponseBase

DAY = 24 * 3600
LONGEST = 90 * DAY
BEGAN, SEEN = "began", "seen"


def note_the_beginning(request: HttpRequest, **_signal: Any) -> None:
    """Receive `user_logged_in`: write down when this session began."""
    request.session[BEGAN] = request.session[SEEN] = int(time.time())


class SessionAge:
    """Renews a session once a day while it is used, and ends it 90 days after signing in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Wrap the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; asks the database nothing for somebody without a session."""
        if request.session.session_key is not None and SESSION_KEY in request.session:
            now = int(time.time())
            if now - request.session.get(BEGAN, now) > LONGEST:
                logout(request)
            elif now - request.session.get(SEEN, 0) > DAY:
                # Writing moves the end of the 14 days, which Django counts from the last write.
                request.session[SEEN] = now
        return self.get_response(request)
