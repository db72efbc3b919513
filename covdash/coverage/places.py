"""The words of path resolution: a reported path made plain, the place it gets, and the files of the repository. PURE.

How one becomes the other is in `placing.py` and `lookup.py`.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote

MAX_PATH = 4096
"""Bytes of UTF-8."""
KINDS = ("matched", "rewritten", "ambiguous", "unmatched", "ignored")
UNKNOWN = "it is none of the files of the repository"
OUTSIDE = "it lies outside the repository"

_WINDOWS = re.compile(r"^(?:[A-Za-z]:[\\/]|\\\\|[^/]*\\[^/]*$)")
_DRIVE = re.compile(r"^(?://\?/)?[A-Za-z]:/")
_SCHEME = re.compile(r"^(?:file|webpack|webpack-internal|ng)://+(?:localhost/)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reported path belongs: `path` in the repository, or None with the `reason`, or the `candidates` it could be.

    `how` says in words what made `path` of it, "" when it is as reported. `ignored`: a rule leaves it out, `reason` says which.
    """

    path: str | None
    reason: str = ""
    candidates: tuple[str, ...] = ()
    how: str = ""
    ignored: bool = False

    def kind(self, reported: str) -> str:
        """Return which of `KINDS` became of a reported path."""
        if self.path is not None:
            return "matched" if self.path == reported else "rewritten"
        return "ignored" if self.ignored else "ambiguous" if self.candidates else "unmatched"


@dataclass(slots=True)
class Known:
    """The files of the repository, indexed for lookups. Comparison is by NFC; what is returned is as listed."""

    exact: dict[str, str] = field(default_factory=dict)
    folded: dict[str, list[str]] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    """Last name -> how many files have it."""
    deepest: int = 0
    backwards: list[str] = field(default_factory=list)
    """All paths read backwards, sorted: those with one ending lie side by side."""

    @classmethod
    def of(cls, paths: Iterable[str]) -> Known:
        """Index a list of repository files."""
        known = cls()
        for path in sorted(set(paths)):
            key = unicodedata.normalize("NFC", path)
            if key in known.exact:
                continue
            known.exact[key] = path
            known.folded.setdefault(key.casefold(), []).append(key)
            name = key.rpartition("/")[2]
            known.names[name] = known.names.get(name, 0) + 1
            known.deepest = max(known.deepest, key.count("/") + 1)
            known.backwards.append(key[::-1])
        known.backwards.sort()
        return known

    def ending(self, tail: str, most: int) -> list[str]:
        """Return the keys that end with `tail` after a slash, sorted, at most `most` of them."""
        wanted = f"/{tail}"[::-1]
        at = bisect_left(self.backwards, wanted)
        found: list[str] = []
        while at < len(self.backwards) and self.backwards[at].startswith(wanted) and len(found) < most:
            found.append(self.backwards[at][::-1])
            at += 1
        return sorted(found)


@dataclass(frozen=True, slots=True)
class Named:
    """A reported path made ready for looking it up: `key` is what to look for; `rule` is the rewriting that made it, in words."""

    reported: str
    key: str
    rule: str = ""


def plain(path: str) -> str:
    """Return a POSIX path without scheme, drive, `./`, `a/../` and doubled slashes; absolute ones keep their first slash."""
    path = path.rstrip("\r\n ")
    stripped = _SCHEME.sub("", path)
    if stripped != path:
        path = unquote(stripped)
        path = path if path.startswith(".") or _WINDOWS.match(path) else f"/{path}"
    if _WINDOWS.match(path):
        path = path.replace("\\", "/")
    path = _DRIVE.sub("/", path)
    if not path:
        return ""
    made = posixpath.normpath(path)
    made = f"/{made.lstrip('/')}" if made.startswith("/") else made
    return "" if made in {".", "/"} else made


def problem(reported: str) -> str:
    """Return why a reported path can be no path at all, or ""."""
    made = plain(reported)
    if "\0" in reported or "\0" in made:
        return "it holds a NUL character"
    if len(reported.encode("utf-8", "surrogatepass")) > MAX_PATH:
        return f"it is longer than {MAX_PATH} bytes"
    return "" if made else "it is empty"
