"""C1 trend: is it getting better, and when did it change? A Chart.js config, a sentence, and the same points as a table. PURE.

The config is data only (no callbacks), so that it fits into a JSON block; a series names the token of its colour, and `charts.js`
looks that up again when the theme changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor
from typing import Any

from covdash.coverage.totals import KINDS, Count
from covdash.dashboards import figures
from covdash.reports.facts import TrendPoint

MAX_POINTS = 400
"""Commits that are drawn one by one; beyond, the last commit of each day stands for the day, then of each week."""
MAX_SERIES = 6
COUNTERS = ("statements", "instructions", "regions")
"""Metrics that run close to the lines: in the legend and the table, drawn when they are asked for."""
DASHES: tuple[tuple[int, ...], ...] = ((), (6, 3), (2, 2), (8, 2, 2, 2), (4, 4), (1, 3))
MIN_SPAN = 10
"""Percentage points that the y axis spans at least."""


@dataclass(frozen=True, slots=True)
class TrendCell:
    """One metric at one point."""

    kind: str
    count: Count | None
    delta: figures.Delta

    @property
    def text(self) -> str:
        """The percentage."""
        return figures.percent(self.count)


@dataclass(frozen=True, slots=True)
class TrendRow:
    """A row of the table twin: the cells are in the order of `Trend.kinds`."""

    at: datetime
    sha: str
    address: str
    cells: tuple[TrendCell, ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """The chart. `config` is empty when there are fewer than two points: then the summary is all there is to say.

    `rows` are newest first; `grain` says what one point is; `axis` the ends of the y axis in words.
    """

    id: str
    title: str
    summary: str
    kinds: tuple[str, ...]
    rows: tuple[TrendRow, ...]
    grain: str
    axis: str
    config: dict[str, Any]

    @property
    def config_id(self) -> str:
        """Id of the JSON block that holds the config."""
        return f"{self.id}-config"


def build(
    points: Sequence[TrendPoint],
    address: Callable[[str], str],
    *,
    title: str,
    kinds: Sequence[str] = KINDS,
) -> Trend:
    """Draw `kinds` over `points` (in order of time); `address` makes the link of a sha. Metrics that no point carries are left out."""
    drawn, grain = thin_out(points)
    present = tuple(kind for kind in kinds if any(count_of(point, kind) for point in drawn))[:MAX_SERIES]
    rows = tuple(reversed(list(_rows(drawn, present, address))))
    known = [point for point in drawn if present and count_of(point, present[0])]
    if len(drawn) < 2 or not known:
        return Trend("trend", title, _too_few(drawn, known, present), present, rows, grain, "", {})
    data = {kind: [_datum(point, kind, address) for point in drawn] for kind in present}
    low, high = _span([datum["y"] for series in data.values() for datum in series if datum["y"] is not None])
    config = {
        "type": "line",
        "data": {
            "datasets": [
                _series(place, kind, data[kind], few=len(drawn) <= 200) for place, kind in enumerate(present)
            ]
        },
        "options": _options(drawn[0].at, drawn[-1].at, low, high),
    }
    axis = f"{low}\u2013{high} %"
    return Trend("trend", title, _sentence(known, present[0]), present, rows, grain, axis, config)


def thin_out(points: Sequence[TrendPoint]) -> tuple[list[TrendPoint], str]:
    """Return at most `MAX_POINTS` points (of weeks: as many as there are weeks) and the name of the grain."""
    if len(points) <= MAX_POINTS:
        return list(points), "commit"
    days = {point.at.date(): point for point in points}
    if len(days) <= MAX_POINTS:
        return list(days.values()), "day"
    weeks = {point.at.isocalendar()[:2]: point for point in points}
    return list(weeks.values()), "week"


def count_of(point: TrendPoint, kind: str) -> Count | None:
    """Return the count of `kind` at `point`; None when it has none or nothing to measure, which is a gap in the line."""
    count = point.totals.get(kind) if point.totals else None
    return count if count and count.total else None


def _datum(point: TrendPoint, kind: str, address: Callable[[str], str]) -> dict[str, Any]:
    """Return one point of a series: x in milliseconds, y in percent or None for a gap, and what the reader is told and sent to."""
    count = count_of(point, kind)
    x = int(point.at.timestamp() * 1000)
    if count is None:
        return {"x": x, "y": None}
    return {
        "x": x,
        "y": round(100 * count.covered / count.total, 3),
        "text": f"{figures.percent(count)}, {figures.fraction(count, kind)}",
        "title": f"{point.at:%Y-%m-%d %H:%M}, {point.sha[:8]}",
        "href": address(point.sha),
    }


def _rows(
    points: Iterable[TrendPoint], kinds: Sequence[str], address: Callable[[str], str]
) -> Iterable[TrendRow]:
    before: dict[str, Count | None] = {}
    for point in points:
        counts = {kind: count_of(point, kind) for kind in kinds}
        cells = tuple(
            TrendCell(kind, count, figures.delta(before.get(kind), count, kind))
            for kind, count in counts.items()
        )
        yield TrendRow(point.at, point.sha, address(point.sha), cells)
        before = counts


def _span(values: Sequence[float]) -> tuple[int, int]:
    """Return the ends of the y axis: whole numbers around all values, at least `MIN_SPAN` apart, within 0..100."""
    low, high = floor(min(values)), ceil(max(values))
    missing = max(MIN_SPAN - (high - low), 0)
    low, high = low - (missing + 1) // 2, high + missing // 2
    if low < 0:
        low, high = 0, high - low
    if high > 100:
        low, high = max(low - (high - 100), 0), 100
    return low, high


def _series(place: int, kind: str, data: list[dict[str, Any]], *, few: bool) -> dict[str, Any]:
    return {
        "label": figures.KIND_LABELS[kind],
        "token": f"series-{place + 1}",
        "hidden": place > 0 and kind in COUNTERS,
        "data": data,
        "borderDash": list(DASHES[place]),
        "borderWidth": 2,
        "stepped": True,
        "tension": 0,
        "spanGaps": False,
        "pointRadius": 2 if few else 0,
        "pointHitRadius": 8,
    }


def _options(first: datetime, last: datetime, low: int, high: int) -> dict[str, Any]:
    return {
        "parsing": False,
        "normalized": True,
        "interaction": {"mode": "index", "intersect": False},
        "scales": {
            "x": {
                "type": "time",
                "min": int(first.timestamp() * 1000),
                "max": int(last.timestamp() * 1000),
                "ticks": {"maxRotation": 0, "sampleSize": 8, "autoSkipPadding": 24},
                "grid": {"display": False},
            },
            "y": {"min": low, "max": high, "suffix": " %", "ticks": {"precision": 0, "maxTicksLimit": 6}},
        },
        # The server thins out; decimation would have to be proved to keep gaps.
        "plugins": {"decimation": {"enabled": False}},
    }


def _too_few(drawn: Sequence[TrendPoint], known: Sequence[TrendPoint], kinds: Sequence[str]) -> str:
    if drawn and not known:
        return "The reports of this time name only what ran, so there is no share to draw. It begins with the source text."
    if not known:
        return "No report in this time. The line begins with the next one."
    count = count_of(known[-1], kinds[0])
    return (
        f"One report so far: {figures.percent(count)} of {figures.unit(kinds[0])} covered on "
        f"{_date(known[-1].at)}. The line begins with the report of the next commit."
    )


def _sentence(known: Sequence[TrendPoint], kind: str) -> str:
    """Return the finding: where the first metric came from, where it is, and its lowest point if that lies between."""
    first, last = known[0], known[-1]
    start, end = count_of(first, kind), count_of(last, kind)
    if start is None or end is None:
        raise ValueError("points without the metric")
    label = figures.KIND_LABELS[kind]
    rise = end.covered * start.total - start.covered * end.total
    if rise:
        verb = "rose" if rise > 0 else "fell"
        text = (
            f"{label} covered {verb} from {figures.percent(start)} on {_date(first.at)} "
            f"to {figures.percent(end)} on {_date(last.at)}"
        )
    else:
        text = f"{label} covered stayed at {figures.percent(end)} from {_date(first.at)} to {_date(last.at)}"
    lowest = min(known, key=lambda point: _share(point, kind))
    if _share(lowest, kind) < min(_share(first, kind), _share(last, kind)):
        text += f"; lowest {figures.percent(count_of(lowest, kind))} on {_date(lowest.at)}"
    return f"{text}."


def _share(point: TrendPoint, kind: str) -> float:
    count = count_of(point, kind)
    return count.covered / count.total if count else 0.0


def _date(at: datetime) -> str:
    return f"{at.day} {at:%b} {at:%Y}"
