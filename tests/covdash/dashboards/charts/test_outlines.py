"""Outlines frame the union of rectangles: an edge that two of them share is not drawn, all others are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.dashboards.charts.outlines import Box, around

SEGMENT = re.compile(r"M(\d+) (\d+)([HV])(\d+)")


def edges(path: str) -> set[tuple[str, int, int]]:
    """Return the steps of one pixel that a path consists of: (direction, x, y)."""
    found = set()
    for x, y, way, end in SEGMENT.findall(path):
        start = int(x if way == "H" else y)
        for at in range(start, int(end)):
            found.add((way, at, int(y)) if way == "H" else (way, int(x), at))
    return found


@pytest.mark.parametrize(
    ("boxes", "path"),
    [
        ([], ""),
        ([(0, 0, 4, 2)], "M0 0H4M0 2H4M0 0V2M4 0V2"),
        ([(0, 0, 4, 2), (4, 0, 3, 2)], "M0 0H7M0 2H7M0 0V2M7 0V2"),
        ([(0, 0, 4, 2), (1, 2, 2, 2)], "M0 0H4M0 2H1M3 2H4M1 4H3M0 0V2M1 2V4M3 2V4M4 0V2"),
        ([(0, 0, 2, 2), (5, 5, 2, 2)], "M0 0H2M0 2H2M5 5H7M5 7H7M0 0V2M2 0V2M5 5V7M7 5V7"),
    ],
)
def test_shared_edges_go(boxes: list[Box], path: str) -> None:
    assert around(boxes) == path


@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=20))
def test_the_outline_is_where_inside_meets_outside(cells: set[tuple[int, int]]) -> None:
    """Of squares of one pixel: each edge has exactly one of them beside it."""
    level = {("H", x, y) for x in range(6) for y in range(7) if ((x, y) in cells) != ((x, y - 1) in cells)}
    upright = {("V", x, y) for x in range(7) for y in range(6) if ((x, y) in cells) != ((x - 1, y) in cells)}

    assert edges(around([(x, y, 1, 1) for x, y in cells])) == level | upright
