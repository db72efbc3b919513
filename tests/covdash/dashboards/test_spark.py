"""C4 sparkline: stepped, with gaps, in its own range."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from covdash.coverage.totals import Totals
from covdash.dashboards.charts import spark
from covdash.reports.facts import TrendPoint

START = datetime(2026, 6, 1, tzinfo=UTC)
END = START + timedelta(days=10)


def point(day: float, covered: int | None, total: int = 100) -> TrendPoint:
    totals = None if covered is None else Totals.of(lines=(covered, total))
    return TrendPoint(START + timedelta(days=day), "a" * 40, totals)


def test_a_value_holds_until_the_next() -> None:
    drawn = spark.build([point(0, 10), point(5, 90)], "lines", START, END)

    assert drawn is not None
    assert drawn.path == "M3 17H48V3H93"
    assert (drawn.x, drawn.y) == (93, 3)


def test_where_the_metric_ceased_there_is_a_gap() -> None:
    drawn = spark.build([point(0, 10), point(5, None), point(8, 90)], "lines", START, END)

    assert drawn is not None
    assert drawn.path == "M3 17H48M75 3H93"


def test_noise_stays_small_and_a_single_value_stands_in_the_middle() -> None:
    quiet = spark.build([point(0, 5000, 10_000), point(5, 5001, 10_000)], "lines", START, END)
    one = spark.build([point(2, 50)], "lines", START, END)

    assert quiet is not None
    assert one is not None
    assert quiet.path == "M3 10H48V10H93"
    assert (one.path, one.y) == ("M21 10H93", 10)


def test_nothing_measured_draws_nothing() -> None:
    assert spark.build([], "lines", START, END) is None
    assert spark.build([point(0, None)], "lines", START, END) is None
    assert spark.build([point(0, 1)], "branches", START, END) is None
