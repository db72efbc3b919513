"""C8 quadrant: where is coverage hollow? Files as points on two axes, drawn as SVG with links. PURE.

A place says what a file is, so points are never moved to make room; only those of the very same place are drawn around it, at most
`AROUND` away, since a hundred files with everything covered would else be one. Edges have the colour of the ground, and the smaller
ones are on top.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 960, 560
LEFT, TOP, RIGHT, BOTTOM = 132, 52, 908, 456
"""Where 0 and 100 % are; the panel is `ROOM` wider on each side."""
ROOM = 48
MAX_POINTS = 400
AROUND = 30
"""Pixels that a point may be away from its place."""
CELL = 4
"""Points within so many pixels have the very same place."""
LINES = (50, 200, 800)
"""Files of at most so many lines are points of the first, second and third size, all others of the fourth."""
FEW, MANY = (6, 9, 12, 16), (3, 5, 7, 10)
"""Radii of the four sizes; more than `CROWD` points have the smaller ones."""
CROWD = 80
_GOLDEN = math.pi * (3 - math.sqrt(5))


@dataclass(frozen=True, slots=True)
class Point:
    """A file: `x` and `y` are 0 to 1, `size` its executable lines. `lit` ones are looked at, the others stand back."""

    x: float
    y: float
    size: int
    address: str
    title: str
    lit: bool = True


@dataclass(frozen=True, slots=True)
class Axis:
    """What goes up: its name, marks (0 to 1, text), and where its upper half begins."""

    title: str
    marks: tuple[tuple[float, str], ...]
    split: float = 0.5


@dataclass(frozen=True, slots=True)
class Dot:
    """A point in whole pixels; `large` is 1 to 4 by its lines, `radius` what that means."""

    x: int
    y: int
    large: int
    radius: int
    point: Point


@dataclass(frozen=True, slots=True)
class Mark:
    """A number at an axis, in whole pixels."""

    x: int
    y: int
    text: str


@dataclass(frozen=True, slots=True)
class Quadrant:
    """The picture; `across` and `up` are the marks of its axes, `half` is where it is split (x, y in pixels)."""

    dots: tuple[Dot, ...]
    across: tuple[Mark, ...]
    up: tuple[Mark, ...]
    half: tuple[int, int]
    radii: tuple[int, ...]

    @property
    def crowded(self) -> bool:
        """Whether the points are small."""
        return self.radii == MANY


SHARES = tuple((share / 100, f"{share} %") for share in (0, 25, 50, 75, 100))
"""Marks of an axis of shares."""


def corner(x: float, y: float, split: float) -> int:
    """Return the quarter of a place: 1 and 2 are above (left and right), 3 and 4 below. Half is already the greater half."""
    return 1 + (x >= 0.5) + 2 * (y < split)


def magnitude(number: int, most: int) -> float:
    """Return where a number of 1 to `most` stands on an axis on which each step is ten times the one before."""
    return math.log10(max(number, 1)) / math.log10(max(most, 10))


def build(points: Sequence[Point], axis: Axis) -> Quadrant:
    """Draw `points`, the greatest first."""
    at: dict[tuple[int, int], list[Point]] = {}
    for point in sorted(points, key=lambda point: (-point.size, point.title)):
        at.setdefault((_across(point.x) // CELL, _up(point.y) // CELL), []).append(point)
    radii = MANY if len(points) > CROWD else FEW
    dots = [dot for crowd in at.values() for dot in _around(crowd, radii)]
    dots.sort(key=lambda dot: (-dot.point.size, dot.point.title))
    return Quadrant(
        tuple(dots),
        tuple(Mark(_across(share), BOTTOM + ROOM, text) for share, text in SHARES),
        tuple(Mark(LEFT - ROOM, _up(share), text) for share, text in axis.marks),
        (_across(0.5), _up(axis.split)),
        radii,
    )


def _across(share: float) -> int:
    return LEFT + round(share * (RIGHT - LEFT))


def _up(share: float) -> int:
    return BOTTOM - round(share * (BOTTOM - TOP))


def _around(crowd: Sequence[Point], radii: tuple[int, ...]) -> list[Dot]:
    """Return the points of one place along a spiral, as the seeds of a sunflower lie."""
    step = min(13.0, AROUND / math.sqrt(max(len(crowd) - 1, 1)))
    dots = []
    for number, point in enumerate(crowd):
        away, turn = step * math.sqrt(number), number * _GOLDEN
        large = sum(point.size > lines for lines in LINES)
        x, y = _across(point.x) + away * math.cos(turn), _up(point.y) + away * math.sin(turn)
        dots.append(Dot(round(x), round(y), large + 1, radii[large], point))
    return dots
