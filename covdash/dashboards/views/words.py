"""Words of the query string: unknown ones are ignored, bad values give the default and a quiet note that says so."""

from __future__ import annotations

from collections.abc import Container
from datetime import date

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

LONGEST = 400
YEARS = (1970, 9000)
"""Days of the query string are within these: far from any commit, and with room to count weeks on both sides."""


def chosen(
    request: HttpRequest, word: str, allowed: Container[str], default: str
) -> tuple[str, tuple[str, ...]]:
    """Return the value of `word` when it is one of `allowed`, else `default`, and what was ignored: `("sort=foo",)`."""
    value = request.GET.get(word, "")
    if not value or value in allowed:
        return value or default, ()
    return default, (f"{word}={value[:60]}",)


def text(request: HttpRequest, word: str) -> str:
    """Return the text of `word`, without outer space and without NUL, which no database text holds."""
    return request.GET.get(word, "").replace("\0", "").strip()[:LONGEST]


def day(request: HttpRequest, word: str, ignored: list[str]) -> date | None:
    """Return the day that `word` names (`2026-08-21`); None without one, and for nonsense, which is added to `ignored`."""
    said = text(request, word)
    if not said:
        return None
    try:
        found = date.fromisoformat(said)
    except ValueError:
        found = date.max
    if YEARS[0] <= found.year <= YEARS[1]:
        return found
    ignored.append(f"{word}={said[:60]}")
    return None


def back(request: HttpRequest) -> str:
    """Return the page that a form wants to be followed by, one of this server; the list of projects for anything else."""
    said = request.POST.get("back", "")
    return said if said.startswith("/") and url_has_allowed_host_and_scheme(said, allowed_hosts=None) else "/"


def server() -> str:
    """Return what is put before addresses that are read elsewhere."""
    return settings.COVDASH_URL.rstrip("/")
