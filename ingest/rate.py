"""How many uploads a token may make per minute: counted in Redis, or in this process when Redis is away. Never unlimited."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from covdash.problems import Problem

log = logging.getLogger(__name__)

WINDOW = 60
"""Seconds of one counting window."""


class LocalCounters:
    """Counters of this process for the current window; the fallback while Redis is away."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self._lock = threading.Lock()
        self._window = 0
        self._counts: defaultdict[str, int] = defaultdict(int)

    def add(self, key: str, window: int) -> int:
        """Count one more of `key` in `window`; returns how many there are now."""
        with self._lock:
            if window != self._window:
                self._window = window
                self._counts.clear()
            self._counts[key] += 1
            return self._counts[key]


local = LocalCounters()


def spend(token_id: int) -> None:
    """Count one upload of a token. Raises `Problem` 429 beyond COVDASH_UPLOADS_PER_MINUTE."""
    now = int(time.time())
    window, passed = divmod(now, WINDOW)
    limit = settings.COVDASH_UPLOADS_PER_MINUTE
    if _count(f"uploads:{token_id}", window) > limit:
        wait = WINDOW - passed
        raise Problem(
            429,
            "rate_limited",
            f"This token has sent more than {limit} uploads within a minute.",
            hint=f"Send again in {wait} seconds, or put several reports into one upload.",
            retry_after=wait,
        )


def _count(key: str, window: int) -> int:
    name = f"{key}:{window}"
    try:
        if cache.add(name, 1, timeout=2 * WINDOW):
            return 1
        return cache.incr(name)
    except (RedisError, OSError, ValueError) as error:  # ValueError: it expired between the two calls
        log.warning("counting uploads in this process: %s", error)
        return local.add(key, window)
