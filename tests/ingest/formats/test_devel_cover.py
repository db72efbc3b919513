"""Devel::Cover: its JSON holds sums of statements, arms and subroutines, and nothing of lines."""

from __future__ import annotations

import json

from tests.ingest.formats.reading import report_of, warned


def test_json_has_no_lines_and_does_not_say_0_of_0() -> None:
    counts = {"statement": {"covered": 7, "total": 10}, "subroutine": {"covered": 1, "total": 2}}
    report = report_of(json.dumps({"runs": [{}], "summary": {"lib/A.pm": counts, "Total": counts}}))
    totals = report.files["lib/A.pm"].totals()

    assert totals.get("lines") is None
    assert totals.get("statements") == (7, 10)
    assert totals.get("functions") == (1, 2)
    assert (totals.files, totals.needs_sources) == (1, 0)  # no source text would tell more
    assert report.totals() == totals
    assert warned(report) == {"totals_only": 1}
