"""The strip below the trends: the whole history as a shape, and which part of it is shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from covdash.coverage.totals import Totals
from covdash.dashboards.charts import strip
from covdash.reports.timeline_facts import DayFact

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def of(*covered: int | None, apart: int = 10) -> list[DayFact]:
    """Days so many apart, with so many of a hundred lines covered; None are days whose last report is not told."""
    days = []
    for place, number in enumerate(covered):
        at = START + timedelta(days=apart * place)
        totals = (
            None
            if number is None
            else Totals.from_dict({"files": 1, "lines": {"covered": number, "total": 100}})
        )
        days.append(DayFact(at.date(), 1, 0, None if totals is None else (at, totals)))
    return days


def test_it_is_stepped_over_the_whole_width_in_its_own_range() -> None:
    found = strip.build([*of(50, 60, None, 70), DayFact(date(2026, 5, 1), 0, 3)], "lines", None, None)

    assert found is not None
    assert found.path == "M0 40H0V37H333V20H1000V3V40Z"
    assert found.points == (
        ("2026-03-01", 0, "1 Mar 2026, 50.0 %"),
        ("2026-03-11", 333, "11 Mar 2026, 60.0 %"),
        ("2026-03-31", 1000, "31 Mar 2026, 70.0 %"),
    )
    assert found.summary == (
        "The whole history of lines covered: 1 Mar 2026, 50.0 %, to 31 Mar 2026, 70.0 %."
    )


@pytest.mark.parametrize(
    ("since", "until", "ends"),
    [
        (None, None, (0, 4)),
        (START + timedelta(days=5), None, (1, 4)),
        (START + timedelta(days=10), START + timedelta(days=31), (1, 3)),
        (START + timedelta(days=90), None, (3, 4)),
        (None, START - timedelta(days=90), (0, 1)),
        (START + timedelta(days=12), START + timedelta(days=13), (2, 3)),
    ],
)
def test_two_points_at_least_are_shown(
    since: datetime | None, until: datetime | None, ends: tuple[int, int]
) -> None:
    found = strip.build(of(1, 2, 3, 4, 5), "lines", since, until)

    assert found is not None
    assert (found.first, found.last) == ends
    assert found.shades == ((0, 250 * ends[0]), (250 * ends[1], 1000 - 250 * ends[1]))


@pytest.mark.parametrize("days", [[], of(1), of(1, 2), of(1, None, 2)])
def test_of_two_points_there_is_nothing_to_choose(days: list[DayFact]) -> None:
    assert strip.build(days, "lines", None, None) is None


def test_what_no_report_measures_is_left_out() -> None:
    assert strip.build(of(1, 2, 3), "branches", None, None) is None


def test_a_level_line_is_level() -> None:
    found = strip.build(of(80, 80, 80), "lines", None, None)

    assert found is not None
    assert found.path == "M0 40H0V37H500V37H1000V37V40Z"
