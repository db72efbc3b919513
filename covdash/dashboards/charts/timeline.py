"""C1 and C2 of the trends page: several lines over one time, or the amounts of one, with what explains a step. PURE.

The lines are aligned: a row is a commit, or a period of which each line has its last report. A period without any is one row for the
whole gap, and a hole in every line. The table twin has the same rows, and the words of the points; the config has the rest, data only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from covdash.coverage.totals import Count, Totals
from covdash.dashboards import figures, plots
from covdash.dashboards import marks as moments
from covdash.reports.facts import TrendPoint
from covdash.reports.timeline_facts import MarkFact

NONE = figures.Delta(figures.NOTHING, why="nothing here")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a metric of a slice of the uploads or of the code. `floor` is its least per cent, None for none.

    A `thin` line is there to compare with: it is drawn, and has no column in the table.
    """

    label: str
    kind: str
    points: tuple[TrendPoint, ...]
    floor: float | None = None
    thin: bool = False


@dataclass(frozen=True, slots=True)
class Links:
    """How addresses are made: of a commit, of the comparison of two, and of the review of the period that ended on a day."""

    commit: Callable[[str], str]
    compare: Callable[[str, str], str]
    review: Callable[[date], str]


@dataclass(frozen=True, slots=True)
class Cell:
    """One line in one row. `delta` is the change since its point before, whose comparison is at `address` ("" for the first)."""

    count: Count | None
    totals: Totals | None
    kind: str
    delta: figures.Delta
    address: str
    sha: str
    complete: bool = True

    @property
    def text(self) -> str:
        """The percentage."""
        return figures.percent(self.count)

    @property
    def fraction(self) -> str:
        """The counts behind it."""
        return figures.fraction(self.count, self.kind)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table twin, cells in the order of the lines. A gap has no `sha`, and says in `when` from when to when."""

    at: datetime
    when: str
    sha: str
    address: str
    cells: tuple[Cell, ...]
    marks: tuple[moments.Mark, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Timeline:
    """The chart. `config` is empty with fewer than two points. `rows` are newest first; `left_out` lines are only in them."""

    id: str
    title: str
    summary: str
    lines: tuple[Line, ...]
    rows: tuple[Row, ...]
    grain: str
    axis: str
    config: dict[str, Any]
    left_out: int = 0

    @property
    def config_id(self) -> str:
        """Id of the JSON block that holds the config."""
        return f"{self.id}-config"

    @property
    def has_marks(self) -> bool:
        """Whether some row has a mark."""
        return any(row.marks for row in self.rows)


def build(
    lines: Sequence[Line],
    marks: Sequence[MarkFact],
    links: Links,
    *,
    grain: str = "commit",
    whole_axis: bool = False,
    amounts: bool = False,
) -> Timeline:
    """Draw `lines`; `whole_axis` is 0 to 100, `amounts` are the counts of the first line in layers instead of shares."""
    told = tuple(line for line in lines if not line.thin)
    rows = _with_marks(_rows(told, grain, links), marks, links)
    known = [row for row in rows if any(cell.count for cell in row.cells)]
    lead = next((place for place in range(len(told)) if any(row.cells[place].count for row in rows)), None)
    left_out = 0 if amounts else max(len(told) - plots.MAX_SERIES, 0)
    empty = Timeline("trends", "Trend", "", told, tuple(reversed(rows)), grain, "", {}, left_out)
    if lead is None or len(known) < 2:
        words = _too_few(told, rows, lead)
        return replace(empty, title=words[0], summary=words[1])
    told_of = (_known(lead, rows), told[lead].label, told[lead].kind)
    title, summary = plots.amount_words(*told_of) if amounts else plots.share_words(*told_of)
    summary += moments.sentence([mark for row in rows for mark in row.marks])
    if amounts:
        config, axis = _layers(told[lead], lead, rows)
    else:
        thin = [line for line in lines if line.thin]
        config, axis = _shares(told, thin, rows, whole_axis=whole_axis)
    config["marks"] = _drawn_marks(rows, told, amounts=amounts)
    return replace(empty, title=title, summary=summary, axis=axis, config=config)


def _rows(lines: Sequence[Line], grain: str, links: Links) -> list[Row]:
    """Return the rows in order of time."""
    held: dict[tuple[datetime, str], dict[int, TrendPoint]] = {}
    for place, line in enumerate(lines):
        for point in line.points:
            key = (plots.period(point.at, grain), point.sha if grain == "commit" else "")
            held.setdefault(key, {})[place] = point
    before: dict[int, Cell] = {}
    rows: list[Row] = []
    last: datetime | None = None
    for (start, _), points in sorted(held.items(), key=lambda pair: pair[0]):
        if last is not None and grain != "commit" and (missing := plots.next_period(last, grain)) < start:
            empty = tuple(Cell(None, None, "", NONE, "", "") for _ in lines)
            until = start - timedelta(days=1)
            rows.append(Row(missing, f"{missing:%Y-%m-%d} to {until:%Y-%m-%d}", "", "", empty))
        last = start
        cells = []
        for place, line in enumerate(lines):
            cell = _cell(points.get(place), line.kind, before.get(place), links)
            if cell.count:
                before[place] = cell
            cells.append(cell)
        lead = points[min(points)]
        complete = all(point.complete for point in points.values())
        rows.append(
            Row(
                lead.at,
                plots.period_name(start, grain),
                lead.sha,
                links.commit(lead.sha),
                tuple(cells),
                (),
                complete,
            )
        )
    return rows


def _cell(point: TrendPoint | None, kind: str, before: Cell | None, links: Links) -> Cell:
    if point is None:
        return Cell(None, None, "", NONE, "", "")
    count = plots.count_of(point.totals, kind)
    address = links.compare(before.sha, point.sha) if before and before.sha != point.sha else ""
    delta = figures.delta(before.count if before else None, count, kind)
    return Cell(count, point.totals, kind, delta, address, point.sha, point.complete)


def _with_marks(rows: Sequence[Row], marks: Sequence[MarkFact], links: Links) -> list[Row]:
    """Return the rows, each with the marks since the one before; those after the last one stand with the last."""
    places: list[list[moments.Mark]] = [[] for _ in rows]
    reported = [place for place, row in enumerate(rows) if row.sha]
    for mark in marks if reported else ():
        place = next((place for place in reported if rows[place].at >= mark.at), reported[-1])
        places[place].append(moments.of(mark, commit=links.commit, review=links.review))
    return [replace(row, marks=tuple(found)) for row, found in zip(rows, places, strict=True)]


def _datum(row: Row, cell: Cell) -> dict[str, Any]:
    found = plots.datum(row.at, cell.count)
    return found if cell.complete else found | {"hollow": True}


def _shares(
    lines: Sequence[Line], thin: Sequence[Line], rows: Sequence[Row], *, whole_axis: bool
) -> tuple[dict[str, Any], str]:
    drawn = lines[: plots.MAX_SERIES]
    few = len(rows) <= plots.FEW
    sets = []
    for place, line in enumerate(drawn):
        data = [_datum(row, row.cells[place]) for row in rows]
        hidden = place > 0 and line.kind in plots.COUNTERS and lines[0].kind not in plots.COUNTERS
        sets.append(plots.series(place, line.label, data, few=few, column=place) | {"hidden": hidden})
    for line in thin[: plots.MAX_SERIES - len(drawn)]:
        sets.append(_thin(len(sets), line, rows))
    values = [datum["y"] for one in sets for datum in one["data"] if datum["y"] is not None]
    values += [line.floor for line in drawn if line.floor is not None]
    low, high = (0, 100) if whole_axis else plots.span(values)
    options = plots.options(plots.millis(rows[0].at), plots.millis(rows[-1].at), low, high)
    # The lines of several slices have points of their own, so the nearest in time is told, not the one with the same number.
    options["interaction"] = {"mode": "nearest", "axis": "x", "intersect": False}
    return {"type": "line", "data": {"datasets": sets}, "options": options}, f"{low}\u2013{high} %"


def _thin(place: int, line: Line, rows: Sequence[Row]) -> dict[str, Any]:
    """Return a line to compare with, over the time of the others; it comes in with the value it had before."""
    first, last = rows[0].at, rows[-1].at
    inside = [point for point in line.points if first <= point.at <= last]
    before = [point for point in line.points if point.at < first][-1:]
    points = [point._replace(at=first) for point in before] + inside
    if points and points[-1].at < last:
        points.append(points[-1]._replace(at=last))
    data: list[dict[str, Any]] = []
    for point in points:
        count = plots.count_of(point.totals, line.kind)
        datum = plots.datum(point.at, count)
        if count:
            datum |= {"text": figures.percent(count), "title": f"{point.at:%Y-%m-%d %H:%M}, {point.sha[:8]}"}
        data.append(datum)
    return plots.series(place, line.label, data, few=False) | {"borderWidth": 1}


def _layers(line: Line, place: int, rows: Sequence[Row]) -> tuple[dict[str, Any], str]:
    """Return the amounts in layers: covered, partial (of the lines of files only), missed; a gap is a hole in all of them."""
    parts = [(row, row.cells[place], _parts(row.cells[place], line.kind)) for row in rows]
    names = [
        name
        for name in ("covered", "partial", "missed")
        if any(found and found[name] for _, _, found in parts)
    ]
    few = len(rows) <= plots.FEW
    sets = []
    for number, name in enumerate(names):
        data = [
            _datum(row, cell)
            | (
                {"y": found[name], "text": f"{figures.group(found[name])} {figures.unit(line.kind)}"}
                if found
                else {}
            )
            for row, cell, found in parts
        ]
        fill = {"fill": "-1" if number else "origin", "token": name, "borderWidth": 1}
        sets.append(plots.series(number, name.capitalize(), data, few=few, column=place) | fill)
    high = plots.round_up(max(cell.count.total for _, cell, _ in parts if cell.count))
    options = plots.options(plots.millis(rows[0].at), plots.millis(rows[-1].at), 0, high, suffix="")
    options["scales"]["y"]["stacked"] = True
    return {
        "type": "line",
        "data": {"datasets": sets},
        "options": options,
    }, f"0\u2013{figures.group(high)} {figures.unit(line.kind)}"


def _parts(cell: Cell, kind: str) -> dict[str, int] | None:
    if cell.count is None:
        return None
    partial = cell.totals.partial if kind == "lines" and cell.totals else 0
    return {"covered": cell.count.covered - partial, "partial": partial, "missed": cell.count.missed}


def _drawn_marks(rows: Sequence[Row], lines: Sequence[Line], *, amounts: bool) -> dict[str, Any]:
    """Return what the plugin of `charts.js` draws: vertical marks, bands where no report is, level lines of floors."""
    items = [
        {
            "x": plots.millis(min(max(mark.at, rows[0].at), rows[-1].at)),
            "dash": moments.DASHES.get(mark.kind, moments.DASH),
            "text": short,
            "href": mark.address,
        }
        for mark, short in moments.drawn(mark for row in rows for mark in row.marks)
    ]
    bands = []
    for before, row, after in zip(rows, rows[1:], rows[2:], strict=False):
        if not row.sha:
            bands.append([plots.millis(before.at), plots.millis(after.at)])
    floors = [] if amounts else sorted({line.floor for line in lines if line.floor is not None})
    return {"items": items, "bands": bands, "floors": floors}


def _known(line: int, rows: Sequence[Row]) -> list[tuple[datetime, Count]]:
    return [(row.at, cell.count) for row in rows if (cell := row.cells[line]).count]


def _too_few(lines: Sequence[Line], rows: Sequence[Row], lead: int | None) -> tuple[str, str]:
    if lead is None and any(row.sha for row in rows):
        return "No share to draw", "The reports of this time have no such number to draw."
    if lead is None:
        return "No report in this time", "The line begins with the next one."
    at, count = _known(lead, rows)[-1]
    text = f"{lines[lead].label}: {figures.percent(count)} on {plots.day(at)}, {figures.fraction(count, lines[lead].kind)}."
    return "One report so far", f"{text} A line needs a second one: it begins with the next."
