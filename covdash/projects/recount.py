"""Ringing for a new count of components and flags after their rules changed.

The task itself is the pipe's (`ingest/components.py`).
"""

from __future__ import annotations

import logging

from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from covdash.celery import app

log = logging.getLogger(__name__)

TASK = "ingest.tasks.recount_project"
_BEHIND = 6
"""Of the priorities of the Redis transport, 0 to 9: uploads go first, colours of source texts come after."""


def ask(*, project_id: int) -> None:
    """Ring for a new count of a project. Never raises when the broker is away: the sweep finds what is out of date."""
    try:
        app.send_task(TASK, args=[project_id], priority=_BEHIND)
    except (KombuError, RedisError, OSError) as error:
        log.info("nobody rang for a new count, the sweep will: %s", error)
