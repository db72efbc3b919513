"""Words of the query string: unknown ones are ignored, bad values give the default and a quiet note that says so."""

from __future__ import annotations

from collections.abc import Container

from django.http import HttpRequest

LONGEST = 400


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
