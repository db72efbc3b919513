"""How many uploads a token may make per minute: counted in the cache, which counts in this process while Redis is away."""

from __future__ import annotations

import time

from django.conf import settings
from django.core.cache import cache

from covdash.problems import Problem

MAX_STRANGERS = 30
WINDOW = 60
"""Seconds of one counting window."""


def spend(token_id: int) -> None:
    """Count one upload of a token. Raises `Problem` 429 beyond COVDASH_UPLOADS_PER_MINUTE."""
    window, passed = divmod(int(time.time()), WINDOW)
    limit = settings.COVDASH_UPLOADS_PER_MINUTE
    if _count(f"uploads:{token_id}:{window}") > limit:
        wait = WINDOW - passed
        raise Problem(
            429,
            "rate_limited",
            f"This token has sent more than {limit} uploads within a minute.",
            hint=f"Send again in {wait} seconds, or put several reports into one upload.",
            retry_after=wait,
        )


def refuse_strangers(address: str) -> None:
    """Raise `Problem` 429 when `address` has shown wrong tokens again and again: nothing more is read from there for a while.

    For dialects that carry the token inside the document, which has to be read before anybody knows who sent it.
    """
    window, passed = divmod(int(time.time()), WINDOW)
    if (cache.get(f"strangers:{address}:{window}") or 0) >= MAX_STRANGERS:
        wait = WINDOW - passed
        raise Problem(
            429,
            "rate_limited",
            f"{MAX_STRANGERS} jobs without a valid token came from this address within a minute.",
            hint=f"Check the token, and send again in {wait} seconds.",
            retry_after=wait,
        )


def note_stranger(address: str) -> None:
    """Count a request from `address` that had no valid token."""
    _count(f"strangers:{address}:{int(time.time()) // WINDOW}")


def _count(name: str) -> int:
    if cache.add(name, 1, timeout=2 * WINDOW):
        return 1
    try:
        return cache.incr(name)
    except ValueError:  # forgotten between the two calls
        return 1
