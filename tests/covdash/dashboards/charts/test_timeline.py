"""The timeline: lines are aligned, gaps stay gaps, marks stand with the step they explain, table and config say the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from covdash.coverage.totals import Totals
from covdash.dashboards.charts import timeline
from covdash.reports.facts import TrendPoint
from covdash.reports.timeline_facts import MarkFact

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
LINKS = timeline.Links(
    lambda sha: f"/commit/{sha}", lambda base, head: f"/compare/{base}..{head}", lambda day: f"/review/{day}"
)


def at(day: float) -> datetime:
    return MONDAY + timedelta(days=day)


def point(
    day: float, covered: int, total: int = 100, *, complete: bool = True, partial: int = 0
) -> TrendPoint:
    totals = Totals.of(partial=partial, lines=(covered, total))
    return TrendPoint(at(day), f"{int(day * 10):08x}", totals, complete)


def line(
    *points: TrendPoint, label: str = "Lines", floor: float | None = None, thin: bool = False
) -> timeline.Line:
    return timeline.Line(label, "lines", points, floor, thin)


def draw(*lines: timeline.Line, marks: tuple[MarkFact, ...] = (), **how: Any) -> timeline.Timeline:
    chart = timeline.build(lines, marks, LINKS, **how)
    json.dumps(chart.config)
    return chart


def shares(chart: timeline.Timeline, place: int = 0) -> list[float | None]:
    return [datum["y"] for datum in chart.config["data"]["datasets"][place]["data"]]


def test_a_point_leads_to_the_comparison_with_the_one_before() -> None:
    chart = draw(line(point(0, 50), point(1, 60), point(2, 55)))
    shas = [f"{number:08x}" for number in (0, 10, 20)]

    assert [row.cells[0].address for row in reversed(chart.rows)] == [
        "", f"/compare/{shas[0]}..{shas[1]}", f"/compare/{shas[1]}..{shas[2]}"
    ]  # fmt: skip
    assert [row.cells[0].delta.text for row in chart.rows] == ["\u22125.0 pp", "+10.0 pp", "-"]


def test_the_title_is_the_finding() -> None:
    chart = draw(line(point(0, 50), point(1, 40), point(2, 60)))

    assert chart.title == "Lines rose by 10.0 pp since 2 Mar 2026"
    assert chart.summary == (
        "Lines covered rose from 50.0 % on 2 Mar 2026 to 60.0 % on 4 Mar 2026; lowest 40.0 % on 3 Mar 2026."
    )
    assert draw(line(point(0, 50), point(1, 40))).title == "Lines fell by 10.0 pp since 2 Mar 2026"
    assert draw(line(point(0, 50), point(1, 50))).title == "Lines did not move since 2 Mar 2026"


def test_a_week_without_a_report_is_a_hole_and_one_row() -> None:
    chart = draw(line(point(0, 50), point(7, 60), point(35, 70)), grain="week")

    assert shares(chart) == [50.0, 60.0, None, 70.0]
    assert chart.config["data"]["datasets"][0]["spanGaps"] is False
    assert [row.when for row in reversed(chart.rows)] == [
        "2026-03-02", "2026-03-09", "2026-03-16 to 2026-04-05", "2026-04-06"
    ]  # fmt: skip
    assert chart.config["marks"]["bands"] == [[int(at(day).timestamp() * 1000) for day in (7, 35)]]
    assert chart.rows[0].cells[0].delta.text == "+10.0 pp", "across the gap"


def test_lines_of_several_flags_share_their_rows() -> None:
    unit, slow = (point(0, 50), point(1, 60), point(2, 70)), (point(0, 10), point(2, 20))
    chart = draw(line(*unit, label="unit"), line(*slow, label="slow"))

    assert shares(chart, 0) == [50.0, 60.0, 70.0]
    assert shares(chart, 1) == [10.0, None, 20.0]
    assert [[cell.text for cell in row.cells] for row in reversed(chart.rows)] == [
        ["50.0 %", "10.0 %"], ["60.0 %", "-"], ["70.0 %", "20.0 %"]
    ]  # fmt: skip
    first, last = (f"{number:08x}" for number in (0, 20))
    assert chart.rows[0].cells[1].address == f"/compare/{first}..{last}", "its own point before"


def test_in_one_period_flags_may_have_their_last_report_at_different_commits() -> None:
    chart = draw(
        line(point(0, 50), point(8, 60), label="unit"),
        line(point(1, 10), point(9, 20), label="slow"),
        grain="week",
    )

    assert len(chart.rows) == 2
    assert [cell.sha for cell in chart.rows[0].cells] == [f"{number:08x}" for number in (80, 90)]


def test_incomplete_reports_are_hollow() -> None:
    chart = draw(line(point(0, 50), point(1, 60, complete=False)))
    data = chart.config["data"]["datasets"][0]["data"]

    assert [datum.get("hollow", False) for datum in data] == [False, True]
    assert not chart.rows[0].complete


def test_marks_stand_with_the_first_row_after_them() -> None:
    marks = (
        MarkFact(at(1), "release", "v2.4", f"{10:08x}"),
        MarkFact(at(1.5), "settings", "settings of components changed"),
        MarkFact(at(9), "tool", "lcov by 2.0"),
    )
    chart = draw(line(point(0, 50), point(1, 60), point(2, 55)), marks=marks)

    assert [[mark.word for mark in row.marks] for row in reversed(chart.rows)] == [
        [], ["release"], ["measuring changed", "measuring changed"]
    ]  # fmt: skip
    assert chart.summary.endswith("1 release. Measuring changed 2 times: such steps are no work on tests.")
    assert [item["text"] for item in chart.config["marks"]["items"]] == ["v2.4", "rules", "tool"]
    last = int(at(2).timestamp() * 1000)
    assert all(item["x"] <= last for item in chart.config["marks"]["items"])


def test_what_a_team_said_is_one_mark_a_period_and_a_row_for_each() -> None:
    def told(day: int, kind: str, text: str) -> MarkFact:
        return MarkFact(at(day) + timedelta(hours=13), kind, text, until=at(day).date())

    marks = (
        told(0, "note", "a note"), told(0, "decision", "one"), told(0, "decision", "two"),
        MarkFact(at(1), "release", "v2.4", f"{10:08x}"), told(3, "decision", "three"),
    )  # fmt: skip
    chart = draw(line(point(0, 50), point(1, 60), point(2, 55)), marks=marks)

    assert [[(mark.word, mark.text, mark.address) for mark in row.marks] for row in reversed(chart.rows)] == [
        [],
        [
            ("note of 2026-03-02", "a note", "/review/2026-03-02"),
            ("decision of 2026-03-02", "one", "/review/2026-03-02"),
            ("decision of 2026-03-02", "two", "/review/2026-03-02"),
            ("release", "v2.4", f"/commit/{10:08x}"),
        ],
        [("decision of 2026-03-05", "three", "/review/2026-03-05")],
    ]
    drawn = chart.config["marks"]["items"]
    assert [(item["text"], item["href"]) for item in drawn] == [
        ("note, 2 decisions", "/review/2026-03-02"),
        ("v2.4", f"/commit/{10:08x}"),
        ("decision", "/review/2026-03-05"),
    ]
    assert drawn[2]["x"] == int(at(2).timestamp() * 1000), "after the last report it stands with it"
    assert chart.summary.endswith(" on 4 Mar 2026. 1 release, 1 note, 3 decisions.")


def test_amounts_are_layers_that_add_up_with_the_same_holes() -> None:
    chart = draw(line(point(0, 50, partial=5), point(14, 40, 60, partial=1)), grain="week", amounts=True)
    layers = chart.config["data"]["datasets"]

    assert [(layer["label"], layer["fill"]) for layer in layers] == [
        ("Covered", "origin"),
        ("Partial", "-1"),
        ("Missed", "-1"),
    ]
    assert [shares(chart, place) for place in range(3)] == [[45, None, 39], [5, None, 1], [50, None, 20]]
    assert chart.config["options"]["scales"]["y"]["stacked"] is True
    assert chart.title == "Missed lines fell by 30 since 2 Mar 2026"
    assert "covered lines fell by 10; total lines fell by 40" in chart.summary


def test_six_lines_are_drawn_and_the_table_has_all() -> None:
    chart = draw(*(line(point(0, n), point(1, n), label=f"flag {n}") for n in range(1, 9)))

    assert len(chart.config["data"]["datasets"]) == 6
    assert (len(chart.rows[0].cells), chart.left_out) == (8, 2)


def test_floors_lie_on_the_axis() -> None:
    chart = draw(line(point(0, 50), point(1, 52), floor=80))

    assert chart.config["marks"]["floors"] == [80]
    assert chart.config["options"]["scales"]["y"]["max"] >= 80
    assert draw(line(point(0, 50), point(1, 52)), whole_axis=True).axis == "0\u2013100 %"


def test_a_thin_line_comes_in_with_its_value_and_has_no_column() -> None:
    thin = line(point(0, 80), point(3.5, 70), label="main", thin=True)
    chart = draw(line(point(2, 50), point(3, 60), point(4, 60)), thin)
    data = chart.config["data"]["datasets"][1]["data"]

    assert [datum["y"] for datum in data] == [80.0, 70.0, 70.0]
    assert chart.config["data"]["datasets"][1]["borderWidth"] == 1
    assert len(chart.lines) == 1


def test_too_little_is_a_sentence() -> None:
    assert (draw(line()).title, draw(line()).config) == ("No report in this time", {})
    one = draw(line(point(0, 50)))
    assert (one.title, one.config) == ("One report so far", {})
    assert "50.0 %" in one.summary
    no_share = timeline.Line(
        "Lines", "lines", (TrendPoint(at(0), "ab", Totals()), TrendPoint(at(1), "cd", None))
    )
    assert draw(no_share).title == "No share to draw"
