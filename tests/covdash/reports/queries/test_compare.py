"""Comparison names the files whose totals differ, the greatest loss first."""

from __future__ import annotations

from collections.abc import Callable

from pytest_django import DjangoAssertNumQueries

from covdash.projects.facts import ProjectFact
from covdash.reports.facts import ReportFact
from covdash.reports.loading import nodes
from covdash.reports.queries import commits, compare
from tests.covdash.reports.stock import Stock, lines, rich

Fact = Callable[[], ProjectFact]
BEFORE = {
    "same/a.py": lines(1, 0),
    "moved/hits.py": lines(1, 0),
    "pay/loses.py": lines(1, 1, 1, 1),
    "pay/loses_more.py": lines(1, 1, 1, 1),
    "pay/gains.py": lines(0, 0, 0),
    "gone.py": lines(1, 1),
    "arms.py": lines(1, 0, 1),
}
AFTER = {
    "same/a.py": lines(1, 0),
    "moved/hits.py": lines(0, 1),
    "pay/loses.py": lines(1, 0, 1, 1),
    "pay/loses_more.py": lines(0, 0, 0, 1),
    "pay/gains.py": lines(1, 1, 0),
    "new.py": lines(1, 1),
    "arms.py": rich(),
}


def test_files_that_differ_stand_by_loss(
    stock: Stock, fact: Fact, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """Equal totals are no change; a file that is gone or new has one side only; equal losses stand by path."""
    stock.report(BEFORE)
    base = commits.head(project=fact())
    stock.report(AFTER)
    head = commits.head(project=fact())
    assert base is not None
    assert head is not None
    project = fact()
    nodes.clear()

    with django_assert_max_num_queries(2):
        found = compare.changes(project=project, base=base, head=head, limit=10)

    assert [change.path for change in found] == [
        "pay/loses_more.py",
        "pay/loses.py",
        "arms.py",
        "gone.py",
        "new.py",
        "pay/gains.py",
    ]
    by_path = {change.path: change for change in found}
    assert (by_path["gone.py"].before, by_path["gone.py"].after) == (BEFORE["gone.py"].totals(), None)
    assert (by_path["new.py"].before, by_path["new.py"].after) == (None, AFTER["new.py"].totals())
    assert by_path["pay/loses.py"].before == BEFORE["pay/loses.py"].totals()
    limited = compare.changes(project=project, base=base, head=head, limit=2)
    assert limited == found[:2]


def test_equal_reports_cost_nothing(
    stock: Stock, fact: Fact, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    stock.report(BEFORE)
    base = commits.head(project=fact())
    stock.report(BEFORE)
    head = commits.head(project=fact())
    assert isinstance(base, ReportFact)
    assert isinstance(head, ReportFact)
    assert base.root == head.root
    project = fact()
    nodes.clear()

    with django_assert_max_num_queries(0):
        assert compare.changes(project=project, base=base, head=head) == ()
