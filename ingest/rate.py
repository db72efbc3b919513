"""How many uploads a sender may make: counted in the cache, which counts in this process while Redis is away."""

from __future__ import annotations

import hashlib
import time

from django.conf import settings
from django.core.cache import cache

from covdash.problems import Problem

MAX_STRANGERS = 30
WINDOW = 60
"""Seconds of one counting window."""
HOUR = 3600
ADDRESS_PER_HOUR = 120
"""Requests of one address that announce something without a token."""
FORK_PER_HOUR = 20
"""Uploads of one git branch of a fork."""
FORKS_PER_HOUR = 500
"""Uploads of all forks of a project together."""


def spend(token_id: int) -> None:
    """Count one upload of a token. Raises `Problem` 429 beyond COVDASH_UPLOADS_PER_MINUTE."""
    limit = settings.COVDASH_UPLOADS_PER_MINUTE
    _spend(
        f"uploads:{token_id}",
        limit,
        WINDOW,
        f"This token has sent more than {limit} uploads within a minute.",
    )


def spend_address(address: str) -> None:
    """Count one request without a token. Raises `Problem` 429."""
    sentence = f"This address has sent more than {ADDRESS_PER_HOUR} uploads without a token within an hour."
    _spend(f"address:{address}", ADDRESS_PER_HOUR, HOUR, sentence)


def spend_fork(project_id: int, branch: str) -> None:
    """Count one upload of a fork without a token. Raises `Problem` 429."""
    name = hashlib.sha256(branch.encode()).hexdigest()[:32]
    sentence = f"This git branch of a fork has sent more than {FORK_PER_HOUR} uploads within an hour."
    _spend(f"fork:{project_id}:{name}", FORK_PER_HOUR, HOUR, sentence)
    sentence = f"The forks of this project have sent more than {FORKS_PER_HOUR} uploads within an hour."
    _spend(f"forks:{project_id}", FORKS_PER_HOUR, HOUR, sentence)


def _spend(name: str, limit: int, seconds: int, sentence: str) -> None:
    window, passed = divmod(int(time.time()), seconds)
    if _count(f"{name}:{window}", 2 * seconds) > limit:
        wait = seconds - passed
        raise Problem(
            429,
            "rate_limited",
            sentence,
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
    _count(f"strangers:{address}:{int(time.time()) // WINDOW}", 2 * WINDOW)


def _count(name: str, lifetime: int) -> int:
    if cache.add(name, 1, timeout=lifetime):
        return 1
    try:
        return cache.incr(name)
    except ValueError:  # forgotten between the two calls
        return 1
