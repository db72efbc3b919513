"""C3 map: where are the holes? A squarified treemap as rectangles in whole pixels, drawn as SVG with links. PURE.

Source: M. Bruls, K. Huizing, J. van Wijk, "Squarified treemaps", 2000. Colours are the seven fixed bands of coverage, so that two maps
of different months or projects compare; exactly 0 % is cross-hatched, "not measured" hatched: never colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from covdash.coverage.totals import Count

Box = tuple[int, int, int, int]
"""x, y, width, height."""
WIDTH, HEIGHT = 1200, 640
GAP = 2
"""Pixels of page colour between tiles."""
HEAD = 18
"""Height of the name of a group above its tiles."""
MAX_TILES = 400
_LABEL = (56, 18)
"""A tile smaller than this has no room for a name; its title and its row in the table have it."""
_CHARACTER, _DIGIT = 7.2, 6.7
"""Width of a character of a label, about, and of one of a figure, which is never cut."""

BANDS = ("0 %", "up to 50 %", "50 to 70 %", "70 to 85 %", "85 to 95 %", "95 % and more", "100 %")
"""Names of the bands 1 to 7; band 0 is "not measured"."""
CHANGES = (
    "fell by 10 pp or more",
    "fell by 1 to 10 pp",
    "fell by less than 1 pp",
    "as before",
    "rose by less than 1 pp",
    "rose by 1 to 10 pp",
    "rose by 10 pp or more",
)
"""Names of the bands 1 to 7 of a change; band 0 is "nothing to compare"."""
AGES = (
    "over 2 years",
    "1 to 2 years",
    "6 to 12 months",
    "3 to 6 months",
    "1 to 3 months",
    "1 to 4 weeks",
    "up to a week",
)
"""Names of the bands 1 to 7 of an age; band 0 is "not known"."""
_EDGES = (50, 70, 85, 95)
_DAYS = (7, 30, 91, 182, 365, 730)


@dataclass(frozen=True, slots=True)
class Node:
    """What is drawn: `size` is its area, `band` (0 to 7) its colour, `figure` that in few characters, `said` in words.

    `lit` ones are looked at, the others stand back. A node with `children` is a group around them. `owner` is whose it is as a whole.
    """

    name: str
    path: str
    size: int
    band: int
    figure: str
    said: str
    address: str
    lit: bool = True
    children: tuple[Node, ...] = ()
    owner: str = ""

    @property
    def title(self) -> str:
        """`src/pay/charge.py: 50.0 %, 20 / 40 lines`."""
        return f"{self.path}: {self.said}"


@dataclass(frozen=True, slots=True)
class Tile:
    """The rectangle of a node. `label` is cut to its width, "" where there is no room, and so is `figure`."""

    x: int
    y: int
    width: int
    height: int
    label: str
    figure: str
    node: Node


@dataclass(frozen=True, slots=True)
class Group:
    """The frame of a directory: a head with its name, a link, and the rectangle around its tiles."""

    x: int
    y: int
    width: int
    height: int
    label: str
    address: str
    title: str


@dataclass(frozen=True, slots=True)
class Treemap:
    """The picture, `width` by `height`; `bands` counts the tiles of each band from 0 on.

    `owned` are (owner, box) of all that has one: of a group that has, its own box instead of those in it.
    """

    width: int
    height: int
    groups: tuple[Group, ...]
    tiles: tuple[Tile, ...]
    bands: tuple[int, ...] = field(default=(0,) * 8)
    owned: tuple[tuple[str, Box], ...] = ()


def band(count: Count | None) -> int:
    """Return the band of a count: 0 when there is nothing to measure, 1 for exactly none, 7 for exactly all, 2 to 6 between."""
    if count is None or count.total <= 0:
        return 0
    if count.covered <= 0:
        return 1
    if count.covered >= count.total:
        return 7
    return 2 + sum(count.covered * 100 >= edge * count.total for edge in _EDGES)


def change_band(before: Count | None, after: Count | None) -> int:
    """Return the band of a change: 0 when there is nothing to compare, 4 for exactly equal, 1 to 3 for a fall, 5 to 7 for a rise."""
    if not before or not after or before.total <= 0 or after.total <= 0:
        return 0
    change = after.covered * before.total - before.covered * after.total
    whole = after.total * before.total
    steps = (change != 0) + (100 * abs(change) >= whole) + (10 * abs(change) >= whole)
    return 4 + steps if change > 0 else 4 - steps


def age_band(days: int | None) -> int:
    """Return the band of an age: 0 when it is not known, 7 for up to a week, 1 for more than two years."""
    return 0 if days is None else 7 - sum(days > edge for edge in _DAYS)


def build(nodes: Sequence[Node], *, width: int = WIDTH, height: int = HEIGHT) -> Treemap:
    """Lay out `nodes`, the greatest first. Nodes of size 0 are left out."""
    groups: list[Group] = []
    tiles: list[Tile] = []
    owned: list[tuple[str, Box]] = []
    for node, box in _placed(nodes, 0, 0, width, height):
        x, y, wide, high = box
        inner: list[tuple[Node, Box]] = []
        if node.children and wide > 40 and high > HEAD + 12:
            groups.append(Group(x, y, wide, high, cut(f"{node.name}/", wide - 8), node.address, node.title))
            inner = _placed(node.children, x + GAP, y + HEAD, wide - 2 * GAP, high - HEAD - GAP)
            tiles.extend(_tile(child, box) for child, box in inner)
        else:
            tiles.append(_tile(node, box))
        owned.extend((one.owner, at) for one, at in ([(node, box)] if node.owner else inner) if one.owner)
    counts = [0] * 8
    for tile in tiles:
        counts[tile.node.band] += 1
    return Treemap(width, height, tuple(groups), tuple(tiles), tuple(counts), tuple(owned))


def _tile(node: Node, box: Box) -> Tile:
    x, y, width, height = box
    room = width >= _LABEL[0] and height >= _LABEL[1]
    below = room and height >= 2 * _LABEL[1] and len(node.figure) * _DIGIT <= width - 4
    return Tile(
        x,
        y,
        width,
        height,
        cut(node.name, width - 8) if room else "",
        node.figure if below else "",
        node,
    )


def cut(name: str, width: int) -> str:
    """Return what of a name has room in so many pixels, "" when that is too little to read."""
    room = int(width / _CHARACTER)
    return name if len(name) <= room else f"{name[: max(room - 1, 0)]}…" if room > 3 else ""


def _placed(nodes: Sequence[Node], x: int, y: int, width: int, height: int) -> list[tuple[Node, Box]]:
    """Return each node with its box: rows are filled along the shorter side as long as tiles get squarer."""
    rest = sorted((node for node in nodes if node.size > 0), key=lambda node: (-node.size, node.name))
    found: list[tuple[Node, Box]] = []
    left, top, wide, high = float(x), float(y), float(width), float(height)
    area = sum(node.size for node in rest)
    while rest:
        wide, high = max(wide, 1.0), max(high, 1.0)  # the last ones may share less than a pixel
        scale = wide * high / area
        short = min(wide, high)
        row = 1
        while row < len(rest) and _worst(rest[: row + 1], scale, short) <= _worst(rest[:row], scale, short):
            row += 1
        taken = sum(node.size for node in rest[:row])
        depth = taken * scale / short
        at = 0.0
        for node in rest[:row]:
            length = node.size * scale / depth
            if wide >= high:
                found.append((node, _box(left, top + at, depth, length)))
            else:
                found.append((node, _box(left + at, top, length, depth)))
            at += length
        if wide >= high:
            left, wide = left + depth, wide - depth
        else:
            top, high = top + depth, high - depth
        area -= taken
        rest = rest[row:]
    return found


def _worst(row: Sequence[Node], scale: float, short: float) -> float:
    """Return the greatest ratio of sides in a row along a side of `short` pixels."""
    total = sum(node.size for node in row) * scale
    return max(
        max(short * short * node.size * scale / total**2, total**2 / (short * short * node.size * scale))
        for node in (row[0], row[-1])
    )


def _box(x: float, y: float, width: float, height: float) -> Box:
    """Return whole pixels that share their edges with the neighbours, less the gap."""
    left, top = round(x), round(y)
    return left, top, max(round(x + width) - left - GAP, 1), max(round(y + height) - top - GAP, 1)
