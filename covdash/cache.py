"""The cache: Redis or Valkey, and the memory of this process for as long as that does not answer.

What is counted here are rate limits. While the broker is away each process counts for itself: less exact, never unlimited.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

import redis
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

# Seconds for which a server that failed is not asked again; each question would cost its time limit.
REST = 5.0
_METHODS = (
    "add", "get", "set", "touch", "delete", "incr", "decr", "has_key", "get_many", "set_many", "delete_many",
)  # fmt: skip


class FallbackCache(RedisCache):
    """A `RedisCache` that falls back to the memory of the process when the server does not answer."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        rest = {name: value for name, value in params.items() if name != "OPTIONS"}
        self._memory = LocMemCache("fallback", rest)
        self._away_until = 0.0

    def clear(self) -> None:
        """Forget what this cache holds, and nothing else: the broker may live in the same database of the server."""
        self._memory.clear()
        try:
            client = self._cache.get_client(None, write=True)
            for key in client.scan_iter(match=f"{self.key_prefix}:*", count=1000):
                client.unlink(key)
        except (redis.ConnectionError, redis.TimeoutError):
            self._away_until = time.monotonic() + REST


def _guarded(name: str) -> Callable[..., Any]:
    asked = getattr(RedisCache, name)

    @functools.wraps(asked)
    def method(self: FallbackCache, *args: Any, **options: Any) -> Any:
        if time.monotonic() >= self._away_until:
            try:
                return asked(self, *args, **options)
            except (redis.ConnectionError, redis.TimeoutError):
                self._away_until = time.monotonic() + REST
        return getattr(self._memory, name)(*args, **options)

    return method


for _name in _METHODS:
    setattr(FallbackCache, _name, _guarded(_name))
