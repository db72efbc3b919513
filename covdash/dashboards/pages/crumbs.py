"""Breadcrumbs: where the reader is, each step a link that keeps the git branch, the commit and the flag. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from covdash.dashboards.addresses import Place

LONG = 6
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
    """Return `steps` with the middle of a long way folded: two stay before it, three after it."""
    start, end = (2, len(steps) - 3) if len(steps) > LONG else (0, 0)
    return Folded(tuple(steps[:start]), tuple(steps[start:end]), tuple(steps[end:]))


def path_crumbs(place: Place, path: str, columns: tuple[str, ...] = ()) -> tuple[Crumb, ...]:
    """Return the steps from the project to `path`; a path that ends with a slash, and the root, is a directory.

    Directories on the way have the optional `columns`.
    """
    steps = [Crumb(place.slug, place.overview()), Crumb("Files", place.tree(col=columns))]
    parts = [part for part in path.split("/") if part]
    for depth, part in enumerate(parts[:-1], start=1):
        steps.append(Crumb(part, place.tree("/".join(parts[:depth]), col=columns)))
    if parts:
        steps.append(Crumb(parts[-1]))
    else:
        steps[-1] = Crumb("Files")
    return tuple(steps)


def page_crumbs(place: Place, *steps: tuple[str, str]) -> tuple[Crumb, ...]:
    """Return the steps from the project through `steps` (text, address)."""
    return (Crumb(place.slug, place.overview()), *(Crumb(text, address) for text, address in steps))


def map_crumbs(place: Place, path: str, **state: str) -> tuple[Crumb, ...]:
    """Return the steps from the project to the map of the directory `path`; maps on the way are drawn as `state` says."""
    parts = [part for part in path.split("/") if part]
    steps = [Crumb(place.slug, place.overview()), Crumb("Map", place.map(**state) if parts else "")]
    for depth, part in enumerate(parts, start=1):
        above = place.map("/".join(parts[:depth]), **state) if depth < len(parts) else ""
        steps.append(Crumb(part, above))
    return tuple(steps)
