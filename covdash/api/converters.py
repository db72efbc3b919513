"""How slugs, commits and the rest of a path stand in the addresses of the read API.

The slug has any number of segments, so it ends at the first place where what follows is a known address: `/commits`, `/trend`,
`/branches`, `/uploads`, `/review`, alone or with what belongs behind it. A lone `-` segment ends it as on the pages: who has a group
called `commits` writes `projects/acme/commits/-/trend`. No slug holds a lone `-` (`projects/registry.py`).
"""

from __future__ import annotations

from django.urls import register_converter

_SEGMENT = r"(?!-(?:/|$))[A-Za-z0-9._-]+"


class _Text:
    """A part of the path that is taken as it is."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        """Return the part, already percent-decoded by Django."""
        return value

    def to_url(self, value: str) -> str:
        """Return the part; Django encodes it."""
        return value


class ShortestSlug(_Text):
    """The fewest segments with which the address is known."""

    regex = rf"{_SEGMENT}(?:/{_SEGMENT})*?"


class Sha(_Text):
    """A commit, or the first eight or more digits of one."""

    regex = "[0-9a-fA-F]{8,64}"


class Rest(_Text):
    """All of the rest: the path of a file."""

    regex = r"(?:.|\n)+"


register_converter(ShortestSlug, "shortest_slug")
register_converter(Sha, "sha")
register_converter(Rest, "file_path")
