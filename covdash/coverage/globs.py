"""Patterns of paths, as people write them in settings: `src/auth/**`, `*.sql`, `!src/auth/tests/**`. PURE.

The dialect is that of `.gitignore` without its escapes: `*` and `?` stay inside one segment, `**` crosses segments, `[a-z]` is one
character. A pattern with a slash inside is anchored at the root of the repository, one without matches a name at any depth; one that
ends with a slash, or names a folder, covers everything below. Of several patterns the last that matches decides; `!` takes away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

MAX_PATTERN = 500


class PatternError(ValueError):
    """A pattern that cannot be used, with the reason."""


def matcher(patterns: Iterable[str]) -> Patterns:
    """Return what tells whether a path is meant by `patterns`. Raises `PatternError`."""
    return Patterns(tuple(patterns))


class Patterns:
    """A list of patterns; `matches` asks it about one path."""

    __slots__ = ("_rules",)

    def __init__(self, patterns: tuple[str, ...]) -> None:
        """Compile the patterns. Raises `PatternError`."""
        self._rules = [
            (not pattern.startswith("!"), compiled(pattern.removeprefix("!"))) for pattern in patterns
        ]

    def matches(self, path: str) -> bool:
        """Say whether the file at `path` (from the root, without a first slash) is meant."""
        return next((wanted for wanted, rule in reversed(self._rules) if rule.match(path)), False)


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return `pattern` as a regular expression that matches in linear time. Raises `PatternError`."""
    if not pattern.strip("/"):
        raise PatternError("a pattern must name something")
    if len(pattern) > MAX_PATTERN:
        raise PatternError(f"a pattern may have {MAX_PATTERN} characters")
    segments = [segment for segment in pattern.strip("/").split("/") if segment]
    anchored = pattern.startswith("/") or len(segments) > 1
    parts = [] if anchored else ["(?:[^/]+/)*"]
    for number, segment in enumerate(segments):
        last = number == len(segments) - 1
        if segment == "**":
            parts.append(".+" if last else "(?:[^/]+/)*")
        else:
            parts.append(_segment(segment) + ("" if last else "/"))
    ends = "" if segments[-1] == "**" else ("/.+" if pattern.endswith("/") else "(?:/.+)?")
    return re.compile(f"{''.join(parts)}{ends}\\Z", re.DOTALL)


def _segment(segment: str) -> str:
    """Translate one segment; `**` inside a segment is `*`."""
    out: list[str] = []
    at = 0
    while at < len(segment):
        char = segment[at]
        end = segment.find("]", at + 2) if char == "[" else -1
        if char == "*":
            if not out or out[-1] != "[^/]*":
                out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif end > 0:
            inner = segment[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            inner = f"^{inner[1:]}" if inner[0] in "!^" else inner
            try:
                re.compile(f"[{inner}]")
            except re.error as error:
                raise PatternError(f"{segment!r}: {error}") from error
            out.append(f"(?!/)[{inner}]")
            at = end
        else:
            out.append(re.escape(char))
        at += 1
    return "".join(out)
