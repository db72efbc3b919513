"""Points stand where their numbers say; only those of the very same place are drawn around it, and never far."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.dashboards.charts import quadrant
from covdash.dashboards.charts.quadrant import Axis, Point

SHARES = st.floats(0, 1)
UP = Axis("Arms taken", quadrant.SHARES)


def point(x: float, y: float, size: int = 10, title: str = "a") -> Point:
    return Point(x, y, size, "/x", title)


def place(x: float, y: float) -> tuple[int, int]:
    """Return where a share belongs."""
    return (
        quadrant.LEFT + round(x * (quadrant.RIGHT - quadrant.LEFT)),
        quadrant.BOTTOM - round(y * (quadrant.BOTTOM - quadrant.TOP)),
    )


@given(st.lists(st.tuples(SHARES, SHARES, st.integers(1, 5000)), max_size=80))
def test_every_point_is_drawn_near_its_place_and_inside(found: list[tuple[float, float, int]]) -> None:
    picture = quadrant.build([point(*one, title=f"{number}") for number, one in enumerate(found)], UP)

    assert len(picture.dots) == len(found)
    for dot in picture.dots:
        assert math.dist((dot.x, dot.y), place(dot.point.x, dot.point.y)) <= quadrant.AROUND + 1
        assert dot.x - dot.radius >= quadrant.LEFT - quadrant.ROOM
        assert dot.x + dot.radius <= quadrant.RIGHT + quadrant.ROOM
        assert dot.y - dot.radius >= quadrant.TOP - quadrant.ROOM
        assert dot.y + dot.radius <= quadrant.BOTTOM + quadrant.ROOM


def test_a_point_alone_stands_exactly() -> None:
    picture = quadrant.build([point(0.25, 1), point(0.75, 0.1, title="b")], UP)

    assert [(dot.x, dot.y) for dot in picture.dots] == [place(0.25, 1), place(0.75, 0.1)]


def test_a_crowd_can_be_told_apart() -> None:
    """A hundred files with everything covered: the largest stands exactly, no two at one pixel, the smaller ones on top."""
    picture = quadrant.build([point(1, 1, 1 + size, f"{size}") for size in range(100)], UP)

    assert (picture.dots[0].x, picture.dots[0].y) == place(1, 1)
    assert len({(dot.x, dot.y) for dot in picture.dots}) == 100
    assert [dot.point.size for dot in picture.dots] == list(range(100, 0, -1))


@pytest.mark.parametrize(("size", "large"), [(1, 1), (50, 1), (51, 2), (200, 2), (800, 3), (801, 4)])
def test_size_is_told_in_few_steps(size: int, large: int) -> None:
    (dot,) = quadrant.build([point(0.5, 0.5, size)], UP).dots

    assert dot.large == large


def test_many_points_are_small() -> None:
    few, many = (
        quadrant.build([point(0.5, number / count, 900, f"{number}") for number in range(count)], UP)
        for count in (quadrant.CROWD, quadrant.CROWD + 1)
    )

    assert not few.crowded
    assert many.crowded
    assert many.dots[0].radius < few.dots[0].radius


@pytest.mark.parametrize(
    ("x", "y", "corner"), [(0.49, 0.5, 1), (0.5, 0.5, 2), (0, 0, 3), (0.5, 0.49, 4), (1, 1, 2)]
)
def test_half_is_the_greater_half(x: float, y: float, corner: int) -> None:
    assert quadrant.corner(x, y, 0.5) == corner


def test_each_mark_of_an_axis_of_sizes_is_ten_times_the_one_before() -> None:
    assert [quadrant.magnitude(number, 1000) for number in (0, 1, 10, 100, 1000)] == pytest.approx(
        [0, 0, 1 / 3, 2 / 3, 1]
    )
