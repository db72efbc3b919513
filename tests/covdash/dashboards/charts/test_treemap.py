"""A treemap shares its area by size, keeps every tile inside and apart, and never draws a false 0 or 100 %."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.totals import Count
from covdash.dashboards.charts import treemap
from covdash.dashboards.charts.treemap import Node


def nodes(sizes: list[int]) -> list[Node]:
    return [
        Node(f"n{place}", f"n{place}", size, 3, "50.0 %", "50.0 %, 1 / 2 lines", "/x")
        for place, size in enumerate(sizes)
    ]


@given(st.lists(st.integers(1, 50_000), min_size=1, max_size=60))
def test_tiles_stay_inside_and_do_not_overlap(sizes: list[int]) -> None:
    picture = treemap.build(nodes(sizes))

    tiles = [(tile.x, tile.y, tile.width, tile.height) for tile in picture.tiles]
    assert len(tiles) == len(sizes)
    for x, y, width, height in tiles:
        assert x >= 0
        assert y >= 0
        assert x + width <= picture.width + 1
        assert y + height <= picture.height + 1
    large = [box for box in tiles if box[2] > 3 and box[3] > 3]
    for number, (x, y, width, height) in enumerate(large):
        for other in large[number + 1 :]:
            apart = (
                x + width <= other[0]
                or other[0] + other[2] <= x
                or y + height <= other[1]
                or other[1] + other[3] <= y
            )
            assert apart, (large[number], other)


@given(st.lists(st.integers(200, 5_000), min_size=2, max_size=20))
def test_area_follows_size(sizes: list[int]) -> None:
    picture = treemap.build(nodes(sizes))
    whole = picture.width * picture.height
    by_title = {
        tile.node.title: (tile.width + treemap.GAP) * (tile.height + treemap.GAP) for tile in picture.tiles
    }

    for place, size in enumerate(sizes):
        share = size / sum(sizes) * whole
        assert by_title[f"n{place}: 50.0 %, 1 / 2 lines"] == pytest.approx(share, rel=0.2)


@pytest.mark.parametrize(
    ("count", "band"),
    [
        (None, 0),
        (Count(0, 0), 0),
        (Count(0, 9), 1),
        (Count(1, 5000), 2),
        (Count(1, 2), 3),
        (Count(7, 10), 4),
        (Count(85, 100), 5),
        (Count(95, 100), 6),
        (Count(4999, 5000), 6),
        (Count(9, 9), 7),
    ],
)
def test_bands_are_fixed_and_exact_at_the_ends(count: Count | None, band: int) -> None:
    assert treemap.band(count) == band


@pytest.mark.parametrize(
    ("before", "after", "band"),
    [
        (None, Count(1, 2), 0),
        (Count(1, 2), None, 0),
        (Count(0, 0), Count(1, 2), 0),
        (Count(1, 2), Count(5, 10), 4),
        (Count(1, 3), Count(3333, 10_000), 3),
        (Count(1, 3), Count(3334, 10_000), 5),
        (Count(50, 100), Count(51, 100), 6),
        (Count(50, 100), Count(49, 100), 2),
        (Count(500, 1000), Count(599, 1000), 6),
        (Count(50, 100), Count(60, 100), 7),
        (Count(50, 100), Count(40, 100), 1),
        (Count(9, 9), Count(0, 9), 1),
    ],
)
def test_bands_of_changes_are_exact(before: Count | None, after: Count | None, band: int) -> None:
    assert treemap.change_band(before, after) == band


def test_a_group_frames_its_tiles() -> None:
    inner = tuple(nodes([10, 20, 30]))
    group = Node("src", "src/", 60, 3, "50.0 %", "50.0 %", "/src", children=inner)

    picture = treemap.build([group, *nodes([40])])

    (frame,) = picture.groups
    inside = [tile for tile in picture.tiles if tile.x >= frame.x and tile.x < frame.x + frame.width]
    assert frame.label == "src/"
    assert len(inside) >= 3
    assert all(
        tile.y >= frame.y + treemap.HEAD for tile in inside if tile.x + tile.width <= frame.x + frame.width
    )


def test_nothing_measured_draws_nothing() -> None:
    assert treemap.build([Node("a", "a", 0, 0, "", "not measured", "/a")]).tiles == ()


def test_a_figure_is_whole_or_not_there() -> None:
    """The words of a tile have it all the same."""
    for width, figure in ((70, ""), (75, "2026-08-20")):
        node = Node("a.py", "a.py", 1, 3, "2026-08-20", "changed 2026-08-20", "/a")
        (tile,) = treemap.build([node], width=width, height=80).tiles
        assert tile.figure == figure
        assert tile.label == "a.py"
