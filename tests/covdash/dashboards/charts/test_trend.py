"""The trend: config, sentence and table say the same, gaps stay gaps, and nothing grows without bound."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from covdash.coverage.totals import Totals
from covdash.dashboards.charts import trend
from covdash.reports.facts import TrendPoint

START = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)


def point(day: float, lines: tuple[int, int] | None, arms: tuple[int, int] | None = None) -> TrendPoint:
    kinds = {kind: pair for kind, pair in (("lines", lines), ("branches", arms)) if pair}
    at = START + timedelta(days=day)
    return TrendPoint(at, f"{int(day * 24):040x}", Totals.of(**kinds) if kinds else None)


def build(*points: TrendPoint) -> trend.Trend:
    return trend.build(points, lambda sha: f"/{sha[-4:]}", title="Is it getting better?")


def test_config_and_table_hold_the_same_numbers() -> None:
    chart = build(point(0, (810, 1000), (1, 2)), point(1, (799, 1000), (1, 2)), point(2, (842, 1000), (2, 2)))
    series = chart.config["data"]["datasets"]
    assert [item["label"] for item in series] == ["Lines", "Arms"]
    assert [datum["y"] for datum in series[0]["data"]] == [81.0, 79.9, 84.2]
    for item in series:
        table = [row.cells[item["column"]].text for row in reversed(chart.rows)]
        assert table == [f"{datum['y']:.1f} %".replace("100.0", "100") for datum in item["data"]]
    assert [row.address for row in chart.rows] == [f"/{one.sha[-4:]}" for one in chart.rows]
    assert chart.rows[0].cells[0].fraction == "842 / 1\u2009000 lines"
    assert [cell.delta.text for cell in chart.rows[0].cells] == ["+4.3 pp", "+50.0 pp"]
    json.dumps(chart.config)


def test_the_sentence_tells_the_way_and_the_lowest_point() -> None:
    chart = build(point(0, (810, 1000)), point(33, (799, 1000)), point(112, (842, 1000)))
    assert chart.summary == (
        "Lines covered rose from 81.0 % on 1 May 2026 to 84.2 % on 21 Aug 2026; lowest 79.9 % on 3 Jun 2026."
    )
    assert build(point(0, (9, 10)), point(1, (8, 10))).summary.startswith("Lines covered fell from 90.0 %")
    assert build(point(0, (9, 10)), point(1, (90, 100))).summary.startswith("Lines covered stayed at 90.0 %")


def test_where_nothing_was_measured_the_line_has_a_gap() -> None:
    chart = build(point(0, (1, 2)), point(1, None), point(2, (0, 0)), point(3, (1, 2)))
    assert [datum["y"] for datum in chart.config["data"]["datasets"][0]["data"]] == [50.0, None, None, 50.0]
    assert chart.config["data"]["datasets"][0]["spanGaps"] is False
    assert [row.cells[0].text for row in chart.rows] == ["50.0 %", "-", "-", "50.0 %"]


def test_fewer_than_two_points_are_a_sentence() -> None:
    assert build().config == {}
    assert build().summary == "No report in this time. The line begins with the next one."
    one = build(point(0, (1, 2)))
    assert one.config == {}
    assert "50.0 % of lines covered on 1 May 2026" in one.summary


def test_metrics_that_no_report_carries_are_not_drawn() -> None:
    assert build(point(0, (1, 2)), point(1, (1, 2))).kinds == ("lines",)


def test_the_axis_spans_ten_points_and_stays_within_0_and_100() -> None:
    def axis(*shares: int) -> tuple[int, int]:
        chart = build(*(point(day, (share, 100)) for day, share in enumerate(shares)))
        scale = chart.config["options"]["scales"]["y"]
        return scale["min"], scale["max"]

    assert axis(50, 50) == (45, 55)
    assert axis(0, 1) == (0, 10)
    assert axis(100, 99) == (90, 100)
    assert axis(20, 90) == (20, 90)
    assert build(point(0, (50, 100)), point(1, (50, 100))).axis == "45\u201355 %"
