"""Outlines on a map: rectangles that belong together are framed along their outer edges, by one path. PURE."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

Box = tuple[int, int, int, int]
"""x, y, width, height."""


def around(boxes: Sequence[Box]) -> str:
    """Return the `d` of an SVG path around the union of `boxes`, which do not overlap: an edge that two of them share is not drawn."""
    level: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    upright: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for x, y, width, height in boxes:
        for place, sign in ((y, 1), (y + height, -1)):
            level[place].append((x, x + width, sign))
        for place, sign in ((x, 1), (x + width, -1)):
            upright[place].append((y, y + height, sign))
    lines = [f"M{start} {y}H{end}" for y in sorted(level) for start, end in _left(level[y])]
    lines += [f"M{x} {start}V{end}" for x in sorted(upright) for start, end in _left(upright[x])]
    return "".join(lines)


def _left(edges: Iterable[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """Return the stretches of a line that are an edge of one side only: those of both sides take each other away."""
    steps: dict[int, int] = defaultdict(int)
    for start, end, sign in edges:
        steps[start] += sign
        steps[end] -= sign
    found: list[tuple[int, int]] = []
    side = since = 0
    for place in sorted(steps):
        after = side + steps[place]
        if after == side:
            continue
        if side:
            found.append((since, place))
        side, since = after, place
    return found
