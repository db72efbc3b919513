"""A forecast is made of a steady pace, and of nothing else."""

from __future__ import annotations

import pytest

from covdash.coverage.pace import weeks_to
from covdash.coverage.totals import Count


@pytest.mark.parametrize(
    ("covered", "floor", "weeks"),
    [
        ((50, 52, 54, 56, 58), 62, 2),
        ((50, 52, 54, 56, 58), 63, 3),
        ((50, 51, 54, 55, 58), 62, 2),
        ((50, 50, 54, 56, 58), 62, None),  # one week stood still
        ((50, 49, 54, 56, 58), 62, None),
        ((50, 51, 52, 53, 63), 70, None),  # one week did nearly all of it
        ((58, 56, 54, 52, 50), 62, None),
        ((56, 58), 62, None),  # too short
        ((50, 50.5, 51, 51.5), 90, None),  # too far
        ((50, 52, 54, 56, 58), 58, None),  # reached
        ((), 62, None),
    ],
)
def test_the_pace(covered: tuple[float, ...], floor: float, weeks: int | None) -> None:
    assert weeks_to(floor, [Count(int(share * 10), 1000) for share in covered]) == weeks


def test_nothing_to_cover_has_no_pace() -> None:
    assert weeks_to(50, [Count(0, 0)] * 5) is None
