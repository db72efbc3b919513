"""Days of a git branch: how many reports and failed uploads each has, and the last report of some of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from covdash.projects import access
from covdash.reports.models import Upload
from covdash.reports.queries import timelines
from covdash.reports.timeline_facts import DayFact
from tests.covdash.reports.stock import Stock, lines

FIRST = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)


def days(stock: Stock, branch: str = "main") -> tuple[DayFact, ...]:
    project = access.find(user=stock.project.memberships.get(role="owner").user, slug=stock.project.slug)
    assert project is not None
    return timelines.days(project=project, branch=branch)


def told(stock: Stock) -> list[tuple[date, int, int, int | None]]:
    """Return (day, reports, failed uploads, covered lines of the last report) of each day."""
    found = []
    for one in days(stock):
        lines_of = one.last[1].get("lines") if one.last else None
        found.append((one.day, one.reports, one.failed, lines_of.covered if lines_of else None))
    return found


def test_of_a_day_the_last_report_is_told(stock: Stock) -> None:
    stock.report({"a.py": lines(1, 0, 0)}, at=FIRST)
    stock.report({"a.py": lines(1, 1, 0)}, at=FIRST + timedelta(hours=23))
    late = stock.commit(at=FIRST + timedelta(hours=23, minutes=20))
    stock.report({"a.py": lines(1, 1, 1)}, "other", at=FIRST + timedelta(days=1))
    failed = stock.upload(late, {}, state="failed")
    Upload.objects.filter(pk=failed.pk).update(received_at=FIRST + timedelta(days=4))
    Upload.objects.filter(pk=stock.upload(late, {}, state="failed").pk).update(excluded_at=FIRST)

    assert told(stock) == [(date(2026, 3, 1), 2, 0, 2), (date(2026, 3, 5), 0, 1, None)]
    assert [one.reports for one in days(stock, "other")] == [1, 0]
    assert [one.reports for one in days(stock, "nowhere")] == [0]


@pytest.mark.parametrize("number", [1, 2, 4, 5, 6, 11])
def test_of_many_days_some_tell_it(stock: Stock, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """At equal steps, with the first and the last."""
    monkeypatch.setattr(timelines, "LASTS", 5)
    for day in range(number):
        stock.report({"a.py": lines(1)}, at=FIRST + timedelta(days=3 * day))

    found = [place for place, one in enumerate(days(stock)) if one.last]

    assert len(days(stock)) == number
    assert len(found) == min(number, 5)
    assert (found[0], found[-1]) == (0, number - 1)
    steps = {after - before for before, after in pairwise(found)}
    assert not steps or max(steps) - min(steps) <= 1
