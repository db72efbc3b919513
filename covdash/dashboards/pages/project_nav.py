"""The pages of a project that stand in its bar, in order. PURE."""

from __future__ import annotations

from typing import NamedTuple

from covdash.dashboards.addresses import Place


class Door(NamedTuple):
    """A page: the word by which keys and the page itself know it, its title and its address."""

    word: str
    title: str
    address: str


def doors(place: Place, role: str) -> tuple[Door, ...]:
    """Return the pages that somebody with `role` has; they keep the git branch, commit and flag that are looked at."""
    found = [
        Door("overview", "Overview", place.overview()),
        Door("map", "Map", place.map()),
        Door("files", "Files", place.tree()),
        Door("arms", "Code branches", place.arms()),
        Door("functions", "Functions", place.functions()),
        Door("branches", "Git branches", place.branches()),
        Door("commits", "Commits", place.commits()),
        Door("pulls", "Pulls", place.pulls()),
        Door("trends", "Trends", place.trends()),
        Door("review", "Review", place.review()),
        Door("uploads", "Uploads", place.uploads()),
    ]
    if role:
        found.append(Door("setup", "Setup", place.setup()))
    if role in ("owner", "maintainer"):
        found.append(Door("settings", "Settings", place.settings()))
    return tuple(found)
