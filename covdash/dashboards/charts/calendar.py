"""C12 calendar: do we upload regularly? A cell for each of the last 371 days, and its table by week. PURE.

The strength of a cell is its number of reports in four bands; an edge says that uploads failed. Its twin is the table by week.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from covdash.dashboards import figures
from covdash.reports.timeline_facts import DayFact

WEEKS = 53
STEP, CELL, HEAD = 14, 12, 16
"""Pixels from cell to cell, of a cell, and of the row of the months."""
BANDS = (1, 2, 4, 8)
"""Least reports of each band; less than the first is an empty cell."""


@dataclass(frozen=True, slots=True)
class DayCell:
    """A day: `band` 0 to 4, `failed` uploads, `title` in words, `address` of the day ("" where nothing is)."""

    x: int
    y: int
    band: int
    failed: int
    title: str
    address: str


@dataclass(frozen=True, slots=True)
class WeekRow:
    """A row of the table: a week from Monday."""

    start: date
    days: int
    reports: int
    failed: int
    address: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """The picture, `width` by `height`; `months` are (x, name)."""

    summary: str
    cells: tuple[DayCell, ...]
    months: tuple[tuple[int, str], ...]
    weeks: tuple[WeekRow, ...]
    width: int = WEEKS * STEP
    height: int = 7 * STEP + HEAD


def build(days: Sequence[DayFact], today: date, address: Callable[[date, date], str]) -> Calendar | None:
    """Draw the 53 weeks that end with that of `today`; `address` leads to the days from one to another. None without any day."""
    monday = today - timedelta(days=today.weekday())
    first = monday - timedelta(weeks=WEEKS - 1)
    known = {fact.day: fact for fact in days if first <= fact.day <= today}
    if not known:
        return None
    cells: list[DayCell] = []
    months: list[tuple[int, str]] = []
    weeks: list[WeekRow] = []
    for week in range(WEEKS):
        start = first + timedelta(weeks=week)
        if start.day <= 7:
            months.append((week * STEP, f"{start:%b}"))
        in_week = [start + timedelta(days=number) for number in range(7)]
        cells.extend(_cell(day, known.get(day), week, address) for day in in_week if day <= today)
        found = [known[day] for day in in_week if day in known]
        if found:
            reports, failed = sum(fact.reports for fact in found), sum(fact.failed for fact in found)
            active = sum(fact.reports > 0 for fact in found)
            weeks.append(
                WeekRow(start, active, reports, failed, address(start, in_week[-1]) if reports else "")
            )
    return Calendar(_summary(list(known.values())), tuple(cells), tuple(months), tuple(reversed(weeks)))


def _cell(day: date, fact: DayFact | None, week: int, address: Callable[[date, date], str]) -> DayCell:
    reports, failed = (fact.reports, fact.failed) if fact else (0, 0)
    title = f"{day}: {figures.counted(reports, 'report')}"
    if failed:
        title += f", {figures.counted(failed, 'failed upload')}"
    band = sum(reports >= least for least in BANDS)
    return DayCell(
        week * STEP, HEAD + day.weekday() * STEP, band, failed, title, address(day, day) if reports else ""
    )


def _summary(days: Sequence[DayFact]) -> str:
    listed = sorted(days, key=lambda fact: fact.day)
    reported = [fact for fact in listed if fact.reports]
    text = f"Reports on {figures.counted(len(reported), 'day')} of the last 53 weeks"
    if reported:
        text += f", the last on {reported[-1].day}"
    failed = sum(fact.failed for fact in listed)
    return f"{text}; {figures.counted(failed, 'upload')} failed." if failed else f"{text}."
