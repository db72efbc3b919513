"""What drawings over time share: counts as shares, ends of an axis, the plain config of Chart.js, the sentence. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import ceil, floor
from typing import Any

from covdash.coverage.totals import Count, Totals
from covdash.dashboards import figures

MAX_SERIES = 6
COUNTERS = ("statements", "instructions", "regions")
"""Metrics that run close to the lines: in the legend and the table, drawn when they are asked for."""
DASHES: tuple[tuple[int, ...], ...] = ((), (6, 3), (2, 2), (8, 2, 2, 2), (4, 4), (1, 3))
MIN_SPAN = 10
"""Percentage points that the y axis spans at least."""
FEW = 200
"""Points that are marked one by one; of more, only the line is drawn."""


def count_of(totals: Totals | None, kind: str) -> Count | None:
    """Return the count of `kind`; None when there is none or nothing to measure, which is a gap in the line."""
    count = totals.get(kind) if totals else None
    return count if count and count.total else None


def share(count: Count) -> float:
    """Return the percentage that is drawn."""
    return round(100 * count.covered / count.total, 3)


def millis(at: datetime) -> int:
    """Return the place of a time on the x axis."""
    return int(at.timestamp() * 1000)


def day(at: datetime) -> str:
    """Return `21 Aug 2026`."""
    return f"{at.day} {at:%b} {at:%Y}"


def period(at: datetime, grain: str) -> datetime:
    """Return the beginning of the period of a time, in UTC; of grain `commit` the time itself."""
    at = at.astimezone(UTC)
    if grain == "commit":
        return at
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if grain == "week":
        return midnight - timedelta(days=midnight.weekday())
    return midnight.replace(day=1) if grain == "month" else midnight


def next_period(start: datetime, grain: str) -> datetime:
    """Return the beginning of the day, week or month after the one that begins at `start`."""
    return period(start + timedelta(days={"day": 1, "week": 7, "month": 31}[grain]), grain)


def period_name(start: datetime, grain: str) -> str:
    """Return a period in words: its first day, its month, or the minute of a commit."""
    return {"commit": f"{start:%Y-%m-%d %H:%M}", "month": f"{start:%Y-%m}"}.get(grain, f"{start:%Y-%m-%d}")


def span(values: Sequence[float]) -> tuple[int, int]:
    """Return the ends of the y axis: whole numbers around all values, at least `MIN_SPAN` apart, within 0..100."""
    low, high = floor(min(values)), ceil(max(values))
    missing = max(MIN_SPAN - (high - low), 0)
    low, high = low - (missing + 1) // 2, high + missing // 2
    if low < 0:
        low, high = 0, high - low
    if high > 100:
        low, high = max(low - (high - 100), 0), 100
    return low, high


def datum(at: datetime, count: Count | None) -> dict[str, Any]:
    """Return one point: x in milliseconds, y in per cent, None for a gap. Its words and address stand in the table of the chart."""
    return {"x": millis(at), "y": None if count is None else share(count)}


def series(
    place: int, label: str, data: list[dict[str, Any]], *, few: bool, column: int | None = None
) -> dict[str, Any]:
    """Return the line at `place` among its kind: colour by token, dash, steps, gaps left open.

    `column` is its place among the lines of the table, None for a line that is not there.
    """
    return {
        "label": label,
        "column": column,
        "token": f"series-{place % MAX_SERIES + 1}",
        "data": data,
        "borderDash": list(DASHES[place % MAX_SERIES]),
        "borderWidth": 2,
        "stepped": True,
        "tension": 0,
        "spanGaps": False,
        "pointRadius": 2 if few else 0,
        "pointHitRadius": 8,
    }


def options(first: int, last: int, low: float, high: float, *, suffix: str = " %") -> dict[str, Any]:
    """Return the options of a chart over time: x from `first` to `last` (milliseconds), y from `low` to `high`."""
    return {
        "parsing": False,
        "normalized": True,
        "interaction": {"mode": "index", "intersect": False},
        "scales": {
            "x": {
                "type": "time",
                "min": first,
                "max": last,
                "ticks": {"maxRotation": 0, "sampleSize": 8, "autoSkipPadding": 24},
                "grid": {"display": False},
            },
            "y": {"min": low, "max": high, "suffix": suffix, "ticks": {"precision": 0, "maxTicksLimit": 6}},
        },
        # The server thins out; decimation would have to be proved to keep gaps.
        "plugins": {"decimation": {"enabled": False}},
    }


def finding(known: Sequence[tuple[datetime, Count]], label: str) -> str:
    """Return where a line came from, where it is, and its lowest point if that lies between; without the full stop."""
    (began, start), (ended, end) = known[0], known[-1]
    rise = end.covered * start.total - start.covered * end.total
    if rise:
        verb = "rose" if rise > 0 else "fell"
        text = (
            f"{label} covered {verb} from {figures.percent(start)} on {day(began)} "
            f"to {figures.percent(end)} on {day(ended)}"
        )
    else:
        text = f"{label} covered stayed at {figures.percent(end)} from {day(began)} to {day(ended)}"
    at, lowest = min(known, key=lambda pair: pair[1].covered / pair[1].total)
    if lowest.covered / lowest.total < min(start.covered / start.total, end.covered / end.total):
        text += f"; lowest {figures.percent(lowest)} on {day(at)}"
    return text


def share_words(known: Sequence[tuple[datetime, Count]], label: str, kind: str) -> tuple[str, str]:
    """Return title and sentence of a line: its change over all of its points."""
    (began, start), (_, end) = known[0], known[-1]
    delta = figures.delta(start, end, kind)
    if delta.arrow:
        verb = "rose" if delta.text.startswith("+") else "fell"
        title = f"{label} {verb} by {delta.text.lstrip(f'+{figures.MINUS}')} since {day(began)}"
    else:
        title = f"{label} did not move since {day(began)}"
    return title, f"{finding(known, label)}."


def amount_words(known: Sequence[tuple[datetime, Count]], label: str, kind: str) -> tuple[str, str]:
    """Return title and sentence of amounts: what was missed, and whether more is covered or less is there."""
    (began, start), (ended, end) = known[0], known[-1]
    unit = figures.unit(kind)
    missed = _moved(end.missed - start.missed)
    where = "" if label == figures.KIND_LABELS[kind] else f" of {label}"
    title = f"Missed {unit}{where} {missed} since {day(began)}"
    text = f"Missed {unit} {missed}; covered {unit} {_moved(end.covered - start.covered)}; total {unit} "
    return title, f"{text}{_moved(end.total - start.total)}, from {day(began)} to {day(ended)}."


def round_up(number: int) -> int:
    """Return the next number with two digits and zeros, for the end of an axis."""
    step: int = 10 ** max(len(str(number)) - 2, 0)
    return -(-number // step) * step


def _moved(change: int) -> str:
    if not change:
        return "stayed the same"
    return f"{'rose' if change > 0 else 'fell'} by {figures.group(abs(change))}"
