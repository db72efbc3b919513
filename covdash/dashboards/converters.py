"""Path converters: how slugs, git branches and files of a repository stand in an address. Registered by `urls.py`.

The other direction, from a name to an address, is `addresses.py`; a test holds the two together.
"""

from __future__ import annotations

_SLUG_SEGMENT = r"(?!-(?:/|$))[A-Za-z0-9._~-]+"


class _Text:
    """A part of the path that is taken as it is."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        """Return the part, already percent-decoded by Django."""
        return value

    def to_url(self, value: str) -> str:
        """Return the part; Django encodes it."""
        return value


class Slug(_Text):
    """The slug of a project with any number of subgroups; a lone `-` is never one of its segments, since it ends the slug."""

    regex = rf"{_SLUG_SEGMENT}(?:/{_SLUG_SEGMENT})*"


class Name(_Text):
    """All of the rest: the path of a file or the name of a git branch. Unlike Django's `path` it may hold a line break."""

    regex = r"(?:.|\n)+"
