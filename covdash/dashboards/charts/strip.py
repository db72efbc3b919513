"""The strip below the trends: one metric over the whole history, as a shape in which the range that is shown stands out. PURE.

Two handles choose another range where there is a script; without one it is a picture, and two fields of the form do the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from covdash.dashboards import figures, plots
from covdash.reports.timeline_facts import DayFact

WIDTH, HEIGHT, EDGE = 1000, 40, 3
_LEAST = 2.0
"""Percentage points that the height spans at least, so that noise does not look like news."""


@dataclass(frozen=True, slots=True)
class Strip:
    """The shape: `path` is its outline. `points` are (day, place across, in words); those from `first` to `last` are shown now."""

    path: str
    points: tuple[tuple[str, int, str], ...]
    first: int
    last: int
    summary: str

    @property
    def shades(self) -> tuple[tuple[int, int], ...]:
        """What is not shown, before and after: (place, width)."""
        start, end = self.points[self.first][1], self.points[self.last][1]
        return (0, start), (end, WIDTH - end)


def build(days: Sequence[DayFact], kind: str, since: datetime | None, until: datetime | None) -> Strip | None:
    """Draw a metric of the last reports of days; None with fewer than three, where there is no choice."""
    lasts = [fact.last for fact in days if fact.last]
    known = [(at, count) for at, totals in lasts if (count := plots.count_of(totals, kind))]
    if len(known) <= 2:
        return None
    start, span = known[0][0], (known[-1][0] - known[0][0]).total_seconds()
    shares = [plots.share(count) for _, count in known]
    low = min(shares)
    room = max(max(shares) - low, _LEAST)
    path = f"M0 {HEIGHT}"
    listed: list[tuple[str, int, str]] = []
    for (at, count), share in zip(known, shares, strict=True):
        place = round((at - start).total_seconds() / span * WIDTH)
        path += f"H{place}V{HEIGHT - EDGE - round((share - low) / room * (HEIGHT - 2 * EDGE))}"
        listed.append((f"{at:%Y-%m-%d}", place, f"{plots.day(at)}, {figures.percent(count)}"))
    first = sum(since is not None and at < since for at, _ in known)
    last = sum(until is None or at <= until for at, _ in known) - 1
    first = min(first, len(known) - 2)
    summary = f"The whole history of {figures.unit(kind)} covered: {listed[0][2]}, to {listed[-1][2]}."
    return Strip(f"{path}V{HEIGHT}Z", tuple(listed), first, max(last, first + 1), summary)
