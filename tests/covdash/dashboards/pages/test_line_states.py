"""States of lines and the zones of what was missed."""

from __future__ import annotations

import numpy as np

from covdash.coverage.lines import EMPTY, FileCoverage, Outcomes, column
from covdash.dashboards.charts import minimap
from covdash.dashboards.pages.line_states import LineState, Zone, states_by_line, zones
from tests.covdash.reports.stock import lines


def with_arms(file: FileCoverage, line: int, *hits: int) -> FileCoverage:
    arms = Outcomes(
        line=column([line] * len(hits)),
        key=tuple(f"0,{n}" for n in range(len(hits))),
        weight=column([1] * len(hits)),
        hits=column(hits, np.int64),
    )
    return FileCoverage(file.lines, file.hits, file.states, {"branches": arms}, None, counted=True)


def test_every_line_has_one_state() -> None:
    file = with_arms(lines(3, 0, None, 2, 5), 4, 2, 0)
    states = [LineState(state).word for state in states_by_line(file, 6).tolist()]
    assert states == ["covered", "missed", "not measured", "partial", "covered", "not measured"]


def test_lines_that_nobody_can_judge_are_not_known() -> None:
    file = FileCoverage(column([2]), column([1], np.int64), np.array([2], np.uint8), executed_only=True)
    assert [LineState(state).word for state in states_by_line(file, 3).tolist()] == [
        "not known",
        "covered",
        "not known",
    ]
    assert zones(file) == ()


def test_a_report_beyond_the_text_is_cut() -> None:
    assert states_by_line(lines(1, 0, 1), 2).tolist() == [LineState.COVERED, LineState.MISSED]


def test_no_coverage_is_not_measured() -> None:
    assert states_by_line(None, 2).tolist() == [0, 0]
    assert zones(None) == zones(EMPTY) == ()


def test_lines_that_are_not_measured_do_not_end_a_zone() -> None:
    file = with_arms(lines(1, 0, None, None, 0, 4, 1, 0), 6, 4, 0)
    found = zones(file)
    assert found == (Zone(2, 6, 2, 1), Zone(8, 8, 1, 0))
    assert [(zone.lines, zone.what) for zone in found] == [
        ("L2\u2013L6", "2 missed, 1 partial"),
        ("L8", "1 missed"),
    ]


def test_a_minimap_is_bounded_and_shows_the_worst_of_each_row() -> None:
    states = np.full(50_000, LineState.COVERED, np.uint8)
    states[::2] = LineState.UNMEASURED
    states[49_999] = LineState.MISSED
    names = {LineState.COVERED: "covered", LineState.PARTIAL: "partial", LineState.MISSED: "missed"}
    picture = minimap.build(states, names)
    assert (picture.rows, picture.lines) == (800, 50_000)
    assert {band.name: band.path for band in picture.bands} == {
        "covered": "M0 0h10v799H0z",
        "missed": "M0 799h10v1H0z",
    }


def test_a_minimap_of_a_short_file_has_a_row_a_line() -> None:
    picture = minimap.build(np.array([1, 3, 3, 0, 1], np.uint8), {1: "covered", 3: "missed"})
    assert [(band.name, band.path) for band in picture.bands] == [
        ("covered", "M0 0h10v1H0zM0 4h10v1H0z"),
        ("missed", "M0 1h10v2H0z"),
    ]
    assert minimap.build(np.zeros(0, np.uint8), {1: "covered"}).bands == ()
