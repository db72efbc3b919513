"""C11 minimap: where in this file? One SVG path per state, at most `HEIGHT` rows, so that its size is bounded. PURE.

It is `aria-hidden`: the list of zones is its twin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from covdash.coverage.lines import Column

HEIGHT = 800
"""Rows of the picture at most; a row that stands for several lines shows the one that most needs eyes."""


@dataclass(frozen=True, slots=True)
class Band:
    """All rows of one state: `name` is the class, `path` the `d` of an SVG path in a box 10 wide."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Minimap:
    """The picture: `rows` high, 10 wide, for a file of `lines` lines."""

    rows: int
    lines: int
    bands: tuple[Band, ...]


def build(states: Column, names: dict[int, str]) -> Minimap:
    """Draw `states` (one small integer per line). `names` lists what is drawn, state -> class, the most important last."""
    lines = len(states)
    rows = min(lines, HEIGHT)
    bands: list[Band] = []
    if rows:
        rank = np.zeros(256, np.uint8)
        for place, state in enumerate(names, start=1):
            rank[state] = place
        starts = (np.arange(rows, dtype=np.int64) * lines) // rows
        worst = np.maximum.reduceat(rank[states], starts)
        for place, name in enumerate(names.values(), start=1):
            bands.append(Band(name, _runs(worst == place)))
    return Minimap(rows, lines, tuple(band for band in bands if band.path))


def _runs(mask: Column) -> str:
    """Return the path of the runs of True in `mask`, each a box of width 10."""
    padded = np.concatenate(([False], mask, [False]))
    edges = np.flatnonzero(padded[1:] != padded[:-1]).tolist()
    return "".join(
        f"M0 {start}h10v{end - start}H0z" for start, end in zip(edges[::2], edges[1::2], strict=True)
    )
