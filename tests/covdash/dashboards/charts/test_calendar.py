"""The calendar: 53 weeks that end with this one, a day for a cell, the same numbers by week."""

from __future__ import annotations

from datetime import date

from covdash.dashboards.charts import calendar
from covdash.reports.timeline_facts import DayFact

TODAY = date(2026, 8, 20)  # a Thursday


def draw(*days: DayFact) -> calendar.Calendar | None:
    return calendar.build(days, TODAY, lambda first, last: f"{first}..{last}")


def test_each_day_of_53_weeks_is_a_cell() -> None:
    found = draw(
        DayFact(date(2026, 8, 20), 3, 1), DayFact(date(2026, 8, 17), 1, 0), DayFact(date(2024, 1, 1), 9, 9)
    )

    assert found is not None
    assert len(found.cells) == 53 * 7 - 3, "the days to come are not drawn"
    last = found.cells[-1]
    assert (last.band, last.failed, last.address) == (2, 1, "2026-08-20..2026-08-20")
    assert last.title == "2026-08-20: 3 reports, 1 failed upload"
    assert sum(cell.band > 0 for cell in found.cells) == 2
    assert [(week.start, week.days, week.reports, week.failed) for week in found.weeks] == [
        (date(2026, 8, 17), 2, 4, 1)
    ]
    assert found.summary == "Reports on 2 days of the last 53 weeks, the last on 2026-08-20; 1 upload failed."
    assert len({(cell.x, cell.y) for cell in found.cells}) == len(found.cells)


def test_a_day_with_failures_only_has_an_edge_and_no_link() -> None:
    found = draw(DayFact(TODAY, 0, 2))

    assert found is not None
    assert (found.cells[-1].band, found.cells[-1].failed, found.cells[-1].address) == (0, 2, "")


def test_nothing_in_a_year_is_no_calendar() -> None:
    assert draw() is None
    assert draw(DayFact(date(2025, 1, 1), 1, 0)) is None
