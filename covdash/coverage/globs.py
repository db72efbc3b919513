"""Patterns of paths, as people write them in settings: `src/auth/**`, `*.sql`, `!src/auth/tests/**`. PURE.

The dialect is that of `.gitignore` without its escapes: `*` and `?` stay inside one segment, `**` crosses segments, `[a-z]` is one
character and `[!a-z]` any other. A pattern with a slash inside or before it is anchored at the root of the repository, one without
matches a name at any depth; one that names a folder covers everything below, and one that ends with a slash means folders only. Of
several patterns the last that matches decides; `!` takes away.

What matches a folder matches everything below it: that is what lets a walk of a tree stop at a folder (`Patterns.under`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

MAX_PATTERN = 500
_WILD = re.compile(r"[*?\[]")
_ANY_FOLDERS = "(?:[^/]+/)*?"


class PatternError(ValueError):
    """A pattern that cannot be used, with the reason."""


class Rule(NamedTuple):
    """One pattern: `expression` matches paths, `covers` folders of which all that lies below is meant.

    `fixed` are the folders that every path it matches begins with, as far as the pattern names them.
    """

    wanted: bool
    expression: re.Pattern[str]
    covers: re.Pattern[str]
    fixed: tuple[str, ...]

    def reaches(self, folders: list[str]) -> bool:
        """Say whether a path below `folders` could match at all."""
        return all(own == given for own, given in zip(self.fixed, folders, strict=False))


def matcher(patterns: Iterable[str]) -> Patterns:
    """Return what tells whether a path is meant by `patterns`. Raises `PatternError`."""
    return Patterns(rule_of(pattern) for pattern in patterns)


class Patterns:
    """A list of patterns; `matches` asks it about one path, `under` about everything below a folder."""

    __slots__ = ("_rules",)

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Keep the rules in the order in which they were written."""
        self._rules = tuple(rules)

    def matches(self, path: str) -> bool:
        """Say whether the file at `path` (from the root, without a first slash) is meant."""
        return next((rule.wanted for rule in reversed(self._rules) if rule.expression.match(path)), False)

    def under(self, folder: str) -> bool | Patterns:
        """Return True when everything below `folder` is meant, False when nothing is, else the patterns that decide there."""
        folders = folder.split("/")
        kept: list[Rule] = []
        for rule in reversed(self._rules):
            if not rule.reaches(folders):
                continue
            if rule.covers.match(folder):  # then it matches all below, and no rule before it has a say
                if not kept:
                    return rule.wanted
                kept.append(rule)
                break
            kept.append(rule)
        if not any(rule.wanted for rule in kept):
            return False
        return self if len(kept) == len(self._rules) else Patterns(reversed(kept))


@lru_cache(maxsize=4096)
def rule_of(pattern: str) -> Rule:
    """Return the rule that `pattern` is, with its `!`. Raises `PatternError`."""
    bare = pattern.removeprefix("!")
    segments = _segments(bare)
    fixed: list[str] = []
    if _is_anchored(bare, segments):
        for segment in segments:
            if _WILD.search(segment):
                break
            fixed.append(segment)
    return Rule(not pattern.startswith("!"), compiled(bare), _covering(bare, segments), tuple(fixed))


def name_of(pattern: str) -> str | None:
    """Return the regular expression of the name that `pattern` means at any depth; None for one that means paths.

    Raises `PatternError`.
    """
    segments = _segments(pattern)
    return None if _is_anchored(pattern, segments) or segments == ["**"] else _segment(segments[0])


def is_plain(pattern: str) -> bool:
    """Say whether a pattern has no character that stands for others."""
    return not _WILD.search(pattern)


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return `pattern`, without `!`, as a regular expression. Raises `PatternError`.

    Its pieces are atomic: what stands between two stars is matched as early as possible and never tried again, so that the time is
    bounded by the length of the path times that of the pattern, whatever somebody writes.
    """
    segments = _segments(pattern)
    if not _is_anchored(pattern, segments) and segments[0] != "**":
        segments.insert(0, "**")
    ends = "/.+\\Z" if pattern.endswith("/") else "(?:/.+)?\\Z"
    out: list[str] = []
    runs = _runs(segments)
    for number, run in enumerate(runs):
        last = number == len(runs) - 1
        text = "/".join(_segment(segment) for segment in run)
        if not run:
            text = ".+\\Z" if last else ""
        else:
            text += ends if last else "/"
        out.append(f"(?>{_ANY_FOLDERS}{text})" if number and run else text)
    return re.compile("".join(out), re.DOTALL)


def _covering(pattern: str, segments: list[str]) -> re.Pattern[str]:
    """Return what matches the folders below which everything is meant: `src/` and `src/**` mean all that is in `src`."""
    named = segments[:-1] if segments[-1] == "**" else segments
    if not named:
        return compiled("**")
    return compiled(f"/{'/'.join(named)}" if _is_anchored(pattern, segments) else named[0])


def _segments(pattern: str) -> list[str]:
    """Return the segments of a pattern; several `**` in a row are one. Raises `PatternError`."""
    if len(pattern) > MAX_PATTERN:
        raise PatternError(f"a pattern may have {MAX_PATTERN} characters, this has {len(pattern)}")
    if pattern != pattern.strip():
        raise PatternError("a pattern must not begin or end with a space")
    if "\\" in pattern:
        raise PatternError(f"{pattern!r}: write / between folders, and [*] for a star; there is no backslash")
    if any(ord(letter) < 32 or 0xD800 <= ord(letter) < 0xE000 for letter in pattern):
        raise PatternError(f"{pattern!r} holds a character that no path has")
    found: list[str] = []
    for segment in pattern.removeprefix("./").split("/"):
        if segment in {".", ".."}:
            raise PatternError(
                f"{pattern!r}: a pattern starts at the root of the repository, without . and .."
            )
        if segment and not (segment == "**" and found[-1:] == ["**"]):
            found.append(segment)
    if not found:
        raise PatternError("a pattern must name something")
    return found


def _is_anchored(pattern: str, segments: list[str]) -> bool:
    return pattern.startswith(("/", "./")) or len(segments) > 1


def _runs(segments: list[str]) -> list[list[str]]:
    """Return the segments between the `**`: the first run stands before any of them."""
    runs: list[list[str]] = [[]]
    for segment in segments:
        if segment == "**":
            runs.append([])
        else:
            runs[-1].append(segment)
    return runs


def _segment(segment: str) -> str:
    """Translate one segment; `**` inside a segment is `*`."""
    pieces = [""]
    at = 0
    while at < len(segment):
        char = segment[at]
        end = _end_of_class(segment, at) if char == "[" else 0
        if char == "*":
            pieces.append("")
        elif char == "?":
            pieces[-1] += "[^/]"
        elif end:
            pieces[-1] += _class(segment, at, end)
            at = end
        else:
            pieces[-1] += re.escape(char)
        at += 1
    first, *rest = pieces
    if not rest:
        return first
    middle = "".join(f"(?>[^/]*?{piece})" for piece in rest[:-1] if piece)
    return f"{first}{middle}[^/]*{rest[-1]}"


def _end_of_class(segment: str, at: int) -> int:
    """Return where the class that opens at `at` closes, 0 when it does not; a `]` in first place is one of its characters."""
    start = at + 2 if segment[at + 1 : at + 2] in {"!", "^"} else at + 1
    return max(0, segment.find("]", start + 1))


def _class(segment: str, at: int, end: int) -> str:
    """Translate the class from `at` to `end`. Raises `PatternError`."""
    inner = segment[at + 1 : end]
    inverse = inner[0] in "!^"
    inner = inner[1:] if inverse else inner
    out: list[str] = []
    place = 0
    while place < len(inner):
        low = inner[place]
        if inner[place + 1 : place + 2] == "-" and place + 2 < len(inner):
            high = inner[place + 2]
            if low > high:
                raise PatternError(f"{segment!r}: {low}-{high} is a range from the end to the start")
            out.append(f"{_escaped(low)}-{_escaped(high)}")
            place += 3
        else:
            out.append(_escaped(low))
            place += 1
    return f"(?!/)[{'^' if inverse else ''}{''.join(out)}]"


def _escaped(char: str) -> str:
    return f"\\{char}" if char in "[]^-&~|\\" else char
