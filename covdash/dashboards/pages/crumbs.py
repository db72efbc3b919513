"""Breadcrumbs: where the reader is, from all projects on; steps in a project keep the git branch, the commit and the flag. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from covdash.dashboards.addresses import Place, State, group_url

LONG = 7
"""So many steps are shown without folding any."""


class Crumb(NamedTuple):
    """One step; `address` is "" for the page itself."""

    text: str
    address: str = ""


class Folded(NamedTuple):
    """Steps in three parts: those that are shown first, the folded ones, those that are shown last."""

    first: tuple[Crumb, ...]
    middle: tuple[Crumb, ...]
    last: tuple[Crumb, ...]


def folded(steps: Sequence[Crumb]) -> Folded:
    """Return `steps` with the middle of a long way folded: up to the project they stay, and the last three."""
    start, end = (3, len(steps) - 3) if len(steps) > LONG else (0, 0)
    return Folded(tuple(steps[:start]), tuple(steps[start:end]), tuple(steps[end:]))


def project_crumbs(place: Place) -> tuple[Crumb, ...]:
    """Return the steps to the project: all projects, those of its owner, and the rest of its slug."""
    owner, slash, name = place.slug.partition("/")
    above = (Crumb(owner, group_url(owner)),) if slash else ()
    return (Crumb("Projects", "/"), *above, Crumb(name or owner, place.overview()))


def path_crumbs(place: Place, path: str, **state: State | tuple[str, ...]) -> tuple[Crumb, ...]:
    """Return the steps to `path`; a path that ends with a slash, and the root, is a directory.

    Directories on the way are listed as `state` says.
    """
    steps = [*project_crumbs(place), Crumb("Files", place.tree("", **state))]
    parts = [part for part in path.split("/") if part]
    for depth, part in enumerate(parts[:-1], start=1):
        steps.append(Crumb(part, place.tree("/".join(parts[:depth]), **state)))
    if parts:
        steps.append(Crumb(parts[-1]))
    else:
        steps[-1] = Crumb("Files")
    return tuple(steps)


def page_crumbs(place: Place, *steps: tuple[str, str]) -> tuple[Crumb, ...]:
    """Return the steps to the project and on through `steps` (text, address)."""
    return (*project_crumbs(place), *(Crumb(text, address) for text, address in steps))


def map_crumbs(place: Place, path: str, **state: str) -> tuple[Crumb, ...]:
    """Return the steps to the map of the directory `path`; maps on the way are drawn as `state` says."""
    parts = [part for part in path.split("/") if part]
    steps = [*project_crumbs(place), Crumb("Map", place.map(**state) if parts else "")]
    for depth, part in enumerate(parts, start=1):
        above = place.map("/".join(parts[:depth]), **state) if depth < len(parts) else ""
        steps.append(Crumb(part, above))
    return tuple(steps)
