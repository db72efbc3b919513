"""Components on a map: an outline around what each of them has, its name with how it stands, and its row in the legend. PURE."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace

from covdash.dashboards.charts import outlines, treemap
from covdash.dashboards.pages import components
from covdash.dashboards.pages.map_frame import Frame
from covdash.reports.rule_facts import ComponentFact, ComponentsFact

DASHES = 6
"""Dashes that tell outlines apart; of more components the names do."""
_EDGE = treemap.GAP // 2
_ROOM = (80, 64)
"""A box smaller than this has no room for a name below those of its tiles; the legend has it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A component: the `d` of its outline with the number of its `dash`, and its row in the legend.

    `told` says how it stands; `tiles` belong to it, and are looked at alone at `address`. The lines of `label` are written from `x`,
    `y` on where there is room. Without any tile of its own all of these are empty.
    """

    name: str
    told: str
    dash: int
    tiles: int
    address: str
    selected: bool
    path: str = ""
    label: tuple[str, ...] = ()
    x: int = 0
    y: int = 0


def build(found: ComponentsFact, picture: treemap.Treemap, frame: Frame) -> tuple[Part, ...]:
    """Return the components in the order of their rules."""
    tiles = Counter(tile.node.owner for tile in picture.tiles)
    boxes: dict[str, list[outlines.Box]] = defaultdict(list)
    for owner, box in picture.owned:
        boxes[owner].append(box)
    return tuple(
        _part(fact, number % DASHES, tiles[fact.name], boxes[fact.name], frame, counted=found.counted)
        for number, fact in enumerate(found.components)
    )


def _part(
    fact: ComponentFact, dash: int, tiles: int, boxes: list[outlines.Box], frame: Frame, *, counted: bool
) -> Part:
    number, word = components.told(fact, counted=counted)
    address, selected = frame.door("component", fact.name, tiles)
    part = Part(fact.name, f"{number}, {word}" if number else word, dash, tiles, address, selected)
    if not boxes:
        return part
    x, y, width, height = max(boxes, key=lambda box: box[2] * box[3])
    fits = width >= _ROOM[0] and height >= _ROOM[1]
    return replace(
        part,
        path=outlines.around([_drawn(*box) for box in boxes]),
        label=(treemap.cut(fact.name, width - 12), treemap.cut(word, width - 12)) if fits else (),
        x=x + 6,
        y=y + height - 22,
    )


def _drawn(x: int, y: int, width: int, height: int) -> outlines.Box:
    """Return the box out to the middle of the gaps around it, and not beyond the picture."""
    left, top = max(x - _EDGE, _EDGE), max(y - _EDGE, _EDGE)
    return left, top, x + width + _EDGE - left, y + height + _EDGE - top
