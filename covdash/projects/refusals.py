"""The last upload request that a project refused, for an hour: its setup page shows it to whoever waits for the first upload.

Kept in the cache, because it is news and not a record; without a cache there is no such news, and nothing fails.
"""

from __future__ import annotations

import logging
from dataclasses import asdict

from django.core.cache import cache
from django.utils import timezone
from redis.exceptions import RedisError

from covdash.projects.facts import RefusalFact

log = logging.getLogger(__name__)

LIFETIME = 3600


def note(*, project_id: int, status: int, message: str, hint: str, address: str) -> None:
    """Remember that a request from `address` was refused, in place of the one before."""
    fact = RefusalFact(status, message[:1000], hint[:1000], address, timezone.now())
    try:
        cache.set(_key(project_id), asdict(fact), LIFETIME)
    except (RedisError, OSError) as error:
        log.warning("a refused upload is not shown on the setup page: %s", error)


def last(*, project_id: int) -> RefusalFact | None:
    """Return the last refusal of the last hour, if any. No SQL statement."""
    try:
        kept = cache.get(_key(project_id))
    except (RedisError, OSError):
        return None
    return RefusalFact(**kept) if kept else None


def _key(project_id: int) -> str:
    return f"refusal:{project_id}"
