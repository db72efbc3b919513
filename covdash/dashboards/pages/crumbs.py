"""Breadcrumbs: where the reader is, each step a link that keeps the git branch, the commit and the flag. PURE."""

from __future__ import annotations

from typing import NamedTuple

from covdash.dashboards.addresses import Place


class Crumb(NamedTuple):
    """One step; `address` is "" for the page itself."""

    text: str
    address: str = ""


def path_crumbs(place: Place, path: str) -> tuple[Crumb, ...]:
    """Return the steps from the project to `path`; a path that ends with a slash, and the root, is a directory."""
    steps = [Crumb(place.slug, place.overview()), Crumb("Files", place.tree())]
    parts = [part for part in path.split("/") if part]
    for depth, part in enumerate(parts[:-1], start=1):
        steps.append(Crumb(part, place.tree("/".join(parts[:depth]))))
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
