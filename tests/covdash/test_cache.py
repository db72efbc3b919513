"""The cache goes on without its server."""

from __future__ import annotations

import time
from pathlib import Path

from django.conf import settings

from covdash.cache import FallbackCache


def test_without_a_server_the_process_counts_for_itself(tmp_path: Path) -> None:
    """A rate limit that cannot be counted in Valkey is counted here, and does not become unlimited."""
    cache = FallbackCache(f"unix://{tmp_path}/nobody.sock", {"OPTIONS": {"socket_timeout": 0.2}})

    assert cache.add("uploads", 1, 60) is True
    assert cache.incr("uploads") == 2
    assert cache.add("uploads", 1, 60) is False
    assert cache.get("uploads") == 2


def test_a_dead_server_is_not_asked_every_time(tmp_path: Path) -> None:
    cache = FallbackCache(f"unix://{tmp_path}/nobody.sock", {"OPTIONS": {"socket_timeout": 0.2}})
    cache.set("a", 1)
    started = time.perf_counter()
    for _ in range(200):
        cache.get("a")

    assert time.perf_counter() - started < 0.2


def test_with_a_server_nothing_stays_in_the_process() -> None:
    """Two caches of the same server see the same values."""
    entry = settings.CACHES["default"]
    one, two = (FallbackCache(entry["LOCATION"], dict(entry)) for _ in range(2))
    one.set("shared", "here", 10)

    assert two.get("shared") == "here"


def test_clearing_leaves_the_broker_alone() -> None:
    """Queued tasks live beside the cache; they are no business of it."""
    entry = settings.CACHES["default"]
    mine = FallbackCache(entry["LOCATION"], dict(entry))
    server = mine._cache.get_client(None, write=True)
    server.set("not-of-the-cache", 1, ex=30)
    mine.set("of-the-cache", 1, 30)

    mine.clear()

    assert mine.get("of-the-cache") is None
    assert server.get("not-of-the-cache") is not None
