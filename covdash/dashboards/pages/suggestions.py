"""Components that a project may want: code where a hole costs most, found by the names of folders and files. PURE.

Only shown; nothing is a component before somebody adds it and saves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

MAX_PATTERNS = 8
"""Places that are named one by one; of more, the name itself is the pattern."""
_APART = frozenset({"test", "tests", "spec", "specs", "docs", "doc", "examples", "vendor", "node_modules"})
_PARTS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of code with the words that give it away."""

    name: str
    weight: int
    why: str
    words: frozenset[str]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


KINDS = (
    Kind(
        "Authentication",
        10,
        "who gets in, and as whom",
        _words(
            "auth authentication authorization login signin oauth oauth2 oidc sso saml session sessions password passwords "
            "permission permissions acl rbac iam jwt mfa totp credentials"
        ),
    ),
    Kind(
        "Payments",
        10,
        "money that changes hands",
        _words(
            "payment payments pay billing checkout invoice invoices invoicing subscription subscriptions refund refunds stripe "
            "paypal ledger pricing payout payouts"
        ),
    ),
    Kind(
        "Encryption",
        10,
        "keys, signatures, secrets",
        _words(
            "crypto cryptography encryption encrypt decrypt cipher ciphers tls signing signature signatures secrets vault hmac "
            "keyring"
        ),
    ),
    Kind(
        "Migrations",
        5,
        "changes of stored data that run once",
        _words("migration migrations migrate alembic"),
    ),
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A component to consider: its patterns, and how many files of the newest report they mean."""

    name: str
    weight: int
    why: str
    patterns: tuple[str, ...]
    files: int


def suggest(paths: Iterable[str], *, taken: Iterable[str] = ()) -> tuple[Suggestion, ...]:
    """Return what the names of `paths` suggest; `taken` are names of components that exist."""
    have = {name.casefold() for name in taken}
    places: dict[str, dict[str, int]] = {kind.name: {} for kind in KINDS}
    for path in paths:
        for kind in KINDS:
            place = _place(path, kind.words)
            if place:
                places[kind.name][place] = places[kind.name].get(place, 0) + 1
    return tuple(
        Suggestion(kind.name, kind.weight, kind.why, _patterns(found), sum(found.values()))
        for kind in KINDS
        if (found := places[kind.name]) and kind.name.casefold() not in have
    )


def _place(path: str, words: frozenset[str]) -> str:
    """Return the first folder on the way to `path` that has such a name, or the file itself, "" for neither."""
    *folders, name = path.split("/")
    for depth, folder in enumerate(folders):
        lower = folder.lower()
        if lower in _APART:
            return ""
        if lower in words:
            return f"{'/'.join(folders[: depth + 1])}/**"
    parts = [part for part in _PARTS.split(name.lower()) if part]
    return path if not words.isdisjoint(parts[:-1]) else ""


def _patterns(places: dict[str, int]) -> tuple[str, ...]:
    if len(places) <= MAX_PATTERNS:
        return tuple(sorted(_plain(place) for place in places))
    names = {place.removesuffix("/**").rpartition("/")[2] for place in places}
    return tuple(sorted(_plain(name) for name in names))


def _plain(place: str) -> str:
    """Return a path as a pattern that means it alone: what is special stands in brackets."""
    tail = "/**" if place.endswith("/**") else ""
    return re.sub(r"[*?\[]", r"[\g<0>]", place.removesuffix("/**")) + tail
