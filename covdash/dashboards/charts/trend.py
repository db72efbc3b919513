"""C1 trend: is it getting better, and when did it change? A Chart.js config, a sentence, and the same points as a table. PURE.

The config is data only (no callbacks), so that it fits into a JSON block; a series names the token of its colour, and `charts.js`
looks that up again when the theme changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from covdash.coverage.totals import KINDS, Count
from covdash.dashboards import figures, plots
from covdash.reports.facts import TrendPoint

MAX_POINTS = 400
"""Commits that are drawn one by one; beyond, the last commit of each day stands for the day, then of each week."""


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

    @property
    def fraction(self) -> str:
        """The counts behind it."""
        return figures.fraction(self.count, self.kind)


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
    grain: str = "commit",
) -> Trend:
    """Draw `kinds` over `points` (in order of time), each of which stands for a `grain`; `address` makes the link of a sha.

    Metrics that no point carries are left out.
    """
    present = tuple(kind for kind in kinds if any(count_of(point, kind) for point in points))[
        : plots.MAX_SERIES
    ]
    rows = tuple(reversed(list(_rows(points, present, address))))
    known = [point for point in points if present and count_of(point, present[0])]
    if len(points) < 2 or not known:
        return Trend("trend", title, _too_few(points, known, present), present, rows, grain, "", {})
    data = {kind: [plots.datum(point.at, count_of(point, kind)) for point in points] for kind in present}
    low, high = plots.span(
        [datum["y"] for series in data.values() for datum in series if datum["y"] is not None]
    )
    config = {
        "type": "line",
        "data": {
            "datasets": [
                _series(place, kind, data[kind], few=len(points) <= plots.FEW)
                for place, kind in enumerate(present)
            ]
        },
        "options": plots.options(plots.millis(points[0].at), plots.millis(points[-1].at), low, high),
    }
    axis = f"{low}\u2013{high} %"
    return Trend("trend", title, _sentence(known, present[0]), present, rows, grain, axis, config)


def count_of(point: TrendPoint, kind: str) -> Count | None:
    """Return the count of `kind` at `point`; None when it has none or nothing to measure, which is a gap in the line."""
    return plots.count_of(point.totals, kind)


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


def _series(place: int, kind: str, data: list[dict[str, Any]], *, few: bool) -> dict[str, Any]:
    drawn = plots.series(place, figures.KIND_LABELS[kind], data, few=few, column=place)
    return drawn | {"hidden": place > 0 and kind in plots.COUNTERS}


def _too_few(drawn: Sequence[TrendPoint], known: Sequence[TrendPoint], kinds: Sequence[str]) -> str:
    if drawn and not known:
        return "The reports of this time name only what ran, so there is no share to draw. It begins with the source text."
    if not known:
        return "No report in this time. The line begins with the next one."
    count = count_of(known[-1], kinds[0])
    return (
        f"One report so far: {figures.percent(count)} of {figures.unit(kinds[0])} covered on "
        f"{plots.day(known[-1].at)}. The line begins with the report of the next commit."
    )


def _sentence(known: Sequence[TrendPoint], kind: str) -> str:
    """Return the finding: where the first metric came from, where it is, and its lowest point if that lies between."""
    counts = [(point.at, count) for point in known if (count := count_of(point, kind))]
    return f"{plots.finding(counts, figures.KIND_LABELS[kind])}."
