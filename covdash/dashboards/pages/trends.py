"""The trends: lines of metrics, flags and components over time, small multiples of the components, the calendar. PURE."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from covdash.coverage.totals import Count
from covdash.dashboards import figures, plots
from covdash.dashboards.addresses import Place, State
from covdash.dashboards.charts import calendar, spark, strip, timeline
from covdash.dashboards.pages import prose
from covdash.reports.facts import TrendPoint
from covdash.reports.timeline_facts import GRAINS, DayFact, MarkFact, ReportPoint

RANGES = {"12w": ("12 weeks", 84), "6m": ("6 months", 183), "1y": ("1 year", 366), "all": ("all", 0)}
"""Word of the query -> (title, days; 0 for everything)."""
DEFAULT_RANGE = "12w"
DEFAULT_METRICS = ("lines", "branches")
ALIASES = {
    "line": "lines",
    "arm": "branches",
    "arms": "branches",
    "branch": "branches",
    "function": "functions",
}
"""Words of people for metrics."""
MAX_FLAGS, MAX_COMPONENTS, MAX_LINES = 6, 12, 24
"""What one address may ask for; of the lines the first six are drawn."""
MOST = 400
"""Points of a line that a page holds; the CSV has any number."""
MULTIPLES = 60
FLAG_CHOICES = 40
MARK_TEXT = 120
"""Characters of a mark that are shown; the rest is where it leads."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, made sure of. `grain` may be `auto`; `span` is a word of `RANGES`, or `custom` with the two dates."""

    branch: str
    metrics: tuple[str, ...] = DEFAULT_METRICS
    flags: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    path: str = ""
    grain: str = "auto"
    span: str = DEFAULT_RANGE
    first: date | None = None
    last: date | None = None
    whole_axis: bool = False
    amounts: bool = False
    ignored: tuple[str, ...] = ()

    def address(self, place: Place, form: str = "", /, **changes: State | tuple[str, ...]) -> str:
        """Return the address of this view, with `changes`; what is as by default is left out."""
        state: dict[str, State | tuple[str, ...]] = {
            "branch": place.branch,
            "metric": () if self.metrics == DEFAULT_METRICS else self.metrics,
            "flag": self.flags,
            "component": self.components,
            "path": self.path,
            "grain": "" if self.grain == "auto" else self.grain,
            "range": "" if self.span in (DEFAULT_RANGE, "custom") else self.span,
            "from_": f"{self.first}" if self.first else "",
            "to": f"{self.last}" if self.last else "",
            "y": "0-100" if self.whole_axis else "",
            "unit": "count" if self.amounts else "",
        }
        return place.trends(form, **(state | changes))


@dataclass(frozen=True, slots=True)
class TrendsFacts:
    """What the page is made of. `reports` are by flag, `floors` by component; `weekly` are the whole with its components."""

    reports: Mapping[str, Sequence[ReportPoint]]
    marks: Sequence[MarkFact]
    days: Sequence[DayFact] = ()
    weekly: Sequence[ReportPoint] = ()
    floors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Multiple:
    """A row of the small multiples: a component and its lines. `slope` is its change over the range."""

    name: str
    address: str
    count: Count
    slope: figures.Delta
    floor: str
    under: bool
    spark: spark.Spark | None
    order: Fraction


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form offers."""

    branches: tuple[str, ...]
    flags: tuple[str, ...]
    components: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrendsPage:
    """All the page prints. `grain` is the one in force; `cut` lines were left out of the address."""

    place: Place
    asked: Asked
    choices: Choices
    chart: timeline.Timeline
    grain: str
    cut: int
    multiples: tuple[Multiple, ...]
    calendar: calendar.Calendar | None
    strip: strip.Strip | None

    @property
    def ranges(self) -> tuple[tuple[str, str, bool], ...]:
        """Ranges as (title, address, whether it is this one)."""
        return tuple(
            (title, self._ranged(word), word == self.asked.span) for word, (title, _) in RANGES.items()
        )

    @property
    def flag_choices(self) -> tuple[str, ...]:
        """Flags of the form: the latest seen, and those that are chosen."""
        return tuple(dict.fromkeys((*self.asked.flags, *self.choices.flags[:FLAG_CHOICES])))

    @property
    def all_address(self) -> str:
        """The whole history."""
        return self._ranged("all")

    @property
    def units(self) -> tuple[tuple[str, str, bool], ...]:
        """Shares and amounts."""
        asked = self.asked
        return (
            ("Percent", asked.address(self.place, unit=""), not asked.amounts),
            ("Counts", asked.address(self.place, unit="count"), asked.amounts),
        )

    @property
    def axes(self) -> tuple[tuple[str, str, bool], ...]:
        """Axes of shares."""
        asked = self.asked
        return (
            ("Fit", asked.address(self.place, y=""), not asked.whole_axis),
            ("0 to 100 %", asked.address(self.place, y="0-100"), asked.whole_axis),
        )

    @property
    def csv_address(self) -> str:
        """The rows as CSV."""
        return self.asked.address(self.place, "csv")

    @property
    def json_address(self) -> str:
        """The rows as JSON."""
        return self.asked.address(self.place, "json")

    @property
    def here(self) -> str:
        """The address of this view."""
        return self.asked.address(self.place)

    @property
    def title(self) -> str:
        """The finding, and where."""
        return f"{self.chart.title} · Trends of {self.asked.branch or 'no git branch'} · {self.place.slug}"

    def _ranged(self, word: str) -> str:
        return self.asked.address(self.place, range="" if word == DEFAULT_RANGE else word, from_="", to="")


def grain_for(asked: Asked, days: Sequence[DayFact], since: datetime | None, until: datetime | None) -> str:
    """Return the finest grain, from the one that is asked for on, whose points a page can hold."""
    within = [
        fact
        for fact in days
        if fact.reports
        and (since is None or fact.day >= since.date())
        and (until is None or fact.day <= until.date())
    ]
    points = {
        "commit": sum(fact.reports for fact in within),
        "day": len(within),
        "week": len({fact.day.isocalendar()[:2] for fact in within}),
    }
    finest = 0 if asked.grain == "auto" else GRAINS.index(asked.grain)
    return next((grain for grain in GRAINS[finest:] if points.get(grain, 0) <= MOST), GRAINS[-1])


def slices(asked: Asked) -> tuple[list[tuple[str, str, str]], int]:
    """Return (flag, component, metric) of each line, and how many were cut off."""
    found = [
        (flag, component, kind)
        for flag in asked.flags or ("",)
        for component in asked.components or ("",)
        for kind in asked.metrics
    ]
    return found[:MAX_LINES], max(len(found) - MAX_LINES, 0)


def chart(facts: TrendsFacts, asked: Asked, place: Place, grain: str) -> timeline.Timeline:
    """Return the chart, whose rows are those of the CSV and the JSON."""
    lines = []
    for flag, component, kind in slices(asked)[0]:
        floor = facts.floors.get(component, {}).get(kind)
        points = tuple(_point(report, component) for report in facts.reports.get(flag, ()))
        lines.append(timeline.Line(_label(asked, flag, component, kind), kind, points, floor))
    marks = [replace(mark, text=_told(mark)) for mark in facts.marks]
    links = timeline.Links(
        place.commit_page, place.compare, lambda day: place.review(until=f"{day}", branch=place.branch)
    )
    return timeline.build(
        lines, marks, links, grain=grain, whole_axis=asked.whole_axis, amounts=asked.amounts
    )


def build(
    facts: TrendsFacts,
    asked: Asked,
    choices: Choices,
    place: Place,
    *,
    grain: str,
    now: datetime,
    bounds: tuple[datetime | None, datetime | None] = (None, None),
) -> TrendsPage:
    """Return the page of `facts`; `bounds` are those of the range."""
    return TrendsPage(
        place=place,
        asked=asked,
        choices=choices,
        chart=chart(facts, asked, place, grain),
        grain=grain,
        cut=slices(asked)[1],
        multiples=_multiples(facts, asked, place),
        calendar=calendar.build(
            facts.days,
            _calendar_end(asked, now.date()),
            lambda first, last: asked.address(
                place, range="", from_=f"{first}", to=f"{last}", grain="commit"
            ),
        ),
        strip=strip.build(facts.days, asked.metrics[0], *bounds),
    )


def records(chart: timeline.Timeline) -> Iterator[list[object]]:
    """Yield the head and the rows of the table as plain cells, oldest first: what the CSV holds."""
    head: list[object] = ["period", "time", "commit", "complete"]
    for line in chart.lines:
        head += [f"{line.label}: covered", f"{line.label}: total", f"{line.label}: %"]
    yield [*head, "marks"]
    for row in reversed(chart.rows):
        cells: list[object] = [row.when, row.at.isoformat(), row.sha, row.complete if row.sha else ""]
        for cell in row.cells:
            cells += (
                [cell.count.covered, cell.count.total, plots.share(cell.count)]
                if cell.count
                else ["", "", ""]
            )
        yield [*cells, "; ".join(f"{mark.word}: {mark.text}" for mark in row.marks)]


def objects(chart: timeline.Timeline) -> Iterator[dict[str, object]]:
    """Yield the rows of the table as plain values, oldest first: what the JSON holds."""
    for row in reversed(chart.rows):
        yield {
            "period": row.when,
            "at": row.at.isoformat(),
            "sha": row.sha or None,
            "complete": row.complete if row.sha else None,
            "values": [
                {"covered": cell.count.covered, "total": cell.count.total} if cell.count else None
                for cell in row.cells
            ],
            "marks": [
                {"at": mark.at.isoformat(), "kind": mark.kind, "text": mark.text} for mark in row.marks
            ],
        }


def _told(mark: MarkFact) -> str:
    """Return what a mark says, a note without its Markdown; long ones are cut."""
    text = prose.plain(mark.text) if mark.kind == "note" else mark.text
    return text if len(text) <= MARK_TEXT else f"{text[: MARK_TEXT - 1].rstrip()}\u2026"


def _calendar_end(asked: Asked, today: date) -> date:
    """Return the last day of the calendar: today, or the end of a range that lies before its weeks."""
    old = asked.last is not None and asked.last < today - timedelta(weeks=calendar.WEEKS)
    return asked.last if old and asked.last else today


def _point(report: ReportPoint, component: str) -> TrendPoint:
    totals = report.components.get(component) if component else report.totals
    return TrendPoint(report.at, report.sha, totals, report.complete)


def _label(asked: Asked, flag: str, component: str, kind: str) -> str:
    """Return what tells a line from the others."""
    words = [figures.KIND_LABELS[kind]] if len(asked.metrics) > 1 or not (flag or component) else []
    words += [component] if component else []
    words += [flag] if flag else []
    return ", ".join(words)


def _multiples(facts: TrendsFacts, asked: Asked, place: Place) -> tuple[Multiple, ...]:
    """Return the components by slope, the steepest fall first."""
    if not facts.weekly:
        return ()
    since, until = facts.weekly[0].at, max(facts.weekly[-1].at, facts.weekly[0].at + timedelta(days=1))
    found: list[Multiple] = []
    for name, floors in facts.floors.items():
        points = [_point(report, name) for report in facts.weekly if report.components]
        counts = [count for point in points if (count := plots.count_of(point.totals, "lines"))]
        if not counts:
            continue
        start, end = counts[0], counts[-1]
        order = Fraction(end.covered, end.total) - Fraction(start.covered, start.total)
        floor = floors.get("lines")
        found.append(
            Multiple(
                name,
                asked.address(place, component=(name,), path=""),
                end,
                figures.delta(start, end),
                "" if floor is None else f"{floor:g} %",
                floor is not None and 100 * end.covered < Fraction(str(floor)) * end.total,
                spark.build(points, "lines", since, until),
                order,
            )
        )
    return tuple(sorted(found, key=lambda row: (row.order, row.name))[:MULTIPLES])
