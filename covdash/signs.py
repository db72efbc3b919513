"""Signs of life for the page of operators: which workers are up, and which pages were slow today.

Both are kept in the cache, so that all processes see them, and end by themselves. Two that write at once may lose a sign; the next one
comes soon.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from django.core.cache import cache
from django.http import HttpRequest
from django.http.response import HttpResponseBase

log = logging.getLogger(__name__)

SLOW = 1.0
"""Seconds from which on a page is slow: nothing that people ask for should take so long."""
ALIVE = 30
"""Seconds for which a worker that said nothing counts as up."""
_EVERY = 10.0
_DAY = 86_400
_said = -_EVERY


class Slowness:
    """Notes each answer that took `SLOW` seconds: by the name of its view, since an address may be a secret."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Wrap the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, and note how long it took."""
        start = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - start
        if seconds >= SLOW and request.method == "GET" and (match := request.resolver_match):
            _note(match.view_name or "", seconds)
        return response


def slow_pages() -> tuple[tuple[str, int, float], ...]:
    """Return the views that were slow since midnight (UTC), how often, and the longest in seconds; the slowest first."""
    known: dict[str, tuple[int, float]] = cache.get(_today()) or {}
    rows = ((view, times, longest) for view, (times, longest) in known.items())
    return tuple(sorted(rows, key=lambda row: -row[2]))


def workers() -> tuple[str, ...]:
    """Return the names of the workers that are up."""
    known: dict[str, float] = cache.get("workers") or {}
    return tuple(sorted(name for name, at in known.items() if time.time() - at < ALIVE))


def alive(worker: str) -> None:
    """Note that a worker is up; called every other second in each, and heard every tenth."""
    global _said  # noqa: PLW0603 - one worker, one process
    if time.monotonic() - _said < _EVERY:
        return
    _said = time.monotonic()
    known: dict[str, float] = cache.get("workers") or {}
    fresh = {name: at for name, at in known.items() if time.time() - at < ALIVE}
    cache.set("workers", fresh | {worker: time.time()}, ALIVE)


def _note(view: str, seconds: float) -> None:
    log.warning("slow page", extra={"view": view, "seconds": round(seconds, 2)})
    known: dict[str, tuple[int, float]] = cache.get(_today()) or {}
    times, longest = known.get(view, (0, 0.0))
    cache.set(_today(), known | {view: (times + 1, max(longest, seconds))}, _DAY)


def _today() -> str:
    return f"slow:{datetime.now(UTC):%Y-%m-%d}"
