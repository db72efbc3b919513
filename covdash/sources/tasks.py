"""The task that highlights a source text. It rings behind everything else: a page without colours is a page."""

from __future__ import annotations

import logging

from django.core.cache import cache
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from covdash.celery import app
from covdash.sources import marking

log = logging.getLogger(__name__)

_LAST = 9
"""The least urgent of the four priorities of the Redis transport: uploads always go first."""
_AGAIN = 60
"""Seconds in which one text is not asked for twice."""


# Acknowledged early: a text that hangs its lexer is killed once, not delivered again and again.
@app.task(name="covdash.sources.tasks.highlight_source", acks_late=False, soft_time_limit=25, time_limit=30)
def highlight_source(project_id: int, blob: str, path: str) -> None:
    """Highlight the text of `blob` (hex) as the language of `path`."""
    marking.mark(project_id=project_id, blob=bytes.fromhex(blob), path=path)


def ask_for_highlighting(*, project_id: int, blob: str, path: str) -> None:
    """Ring for the highlighting of one text; for views, when `SourceFact.pending`. Never raises when the broker is away."""
    try:
        if cache.add(f"highlight:{project_id}:{blob}", 1, _AGAIN):
            highlight_source.apply_async((project_id, blob, path), priority=_LAST)
    except (KombuError, RedisError, OSError) as error:
        log.info("nobody rang for highlighting: %s", error)
