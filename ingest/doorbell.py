"""Ringing for a worker, bounded in time. The row is the truth: when nobody hears the bell, the sweep rings again.

A frozen broker costs one request at most two seconds; then the breaker is open and nobody waits for it.
"""

from __future__ import annotations

import logging
import time

from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from covdash.celery import app

log = logging.getLogger(__name__)

BREAK_SECONDS = 10


class Breaker:
    """Remembers that the broker was away a moment ago."""

    def __init__(self) -> None:
        """Start closed."""
        self._open_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether ringing would only cost time."""
        return time.monotonic() < self._open_until

    def trip(self) -> None:
        """Do not ring for a while."""
        self._open_until = time.monotonic() + BREAK_SECONDS


breaker = Breaker()


def ring(task: str, *words: str | int, priority: int | None = None) -> bool:
    """Send `task` (its name) with ids as arguments; says whether it was heard. Never raises, never waits long.

    `priority` is that of Redis queues: 0 comes first, 9 last.
    """
    if breaker.is_open:
        return False
    try:
        app.send_task(task, args=list(words), priority=priority)
    except (KombuError, RedisError, OSError) as error:
        breaker.trip()
        log.warning("the broker does not answer, the sweep will ring for %s %s: %s", task, words, error)
        return False
    return True
