"""Components as readers see them: of a report, along a git branch, and while they are being counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from covdash.coverage.totals import Totals
from covdash.projects import wishes
from covdash.projects.facts import ProjectFact
from covdash.reports.queries import commits, components, files, flags
from covdash.reports.rule_facts import ComponentFact
from ingest.components import recount
from tests.covdash.reports.stock import START, Stock, lines

RULES: list[dict[str, Any]] = [
    {"name": "7", "paths": ["src/auth/**"], "weight": 10, "floors": {"lines": 90, "branches": 50}},
    {"name": "all__source", "paths": ["src"]},
    {"name": "nothing", "paths": ["nowhere"]},
]
Fact = Callable[[], ProjectFact]


@pytest.fixture
def ruled(stock: Stock) -> Stock:
    """A project with rules; one name is a number, one looks like a look-up of Django."""
    wishes.write_section(project_id=stock.project.pk, actor=None, section="components", said=RULES)
    return stock


def test_components_of_a_report(
    ruled: Stock, fact: Fact, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    commit = ruled.report(
        {"src/auth/a.py": lines(1, 0), "src/b.py": lines(1), "c.py": lines(0)}, flags=["unit"]
    )
    ruled.upload(commit, {"src/auth/a.py": lines(1, 1)}, flags=["e2e"])
    ruled.assemble(commit)
    recount(ruled.project.pk)
    report = commits.head(project=fact())
    project = fact()
    assert report is not None

    with django_assert_num_queries(1):
        found = components.of_report(project=project, report=report)

    assert found.counted
    assert [(c.name, c.weight, c.totals and c.totals.get("lines")) for c in found.components] == [
        ("7", 10, (2, 2)),
        ("all__source", 1, (1, 1)),
        ("nothing", 1, None),
    ]
    of_flag = commits.report(project=fact(), commit=report.commit, flag="unit")
    assert of_flag is not None
    first = components.of_report(project=fact(), report=of_flag).components[0]
    assert first.totals is not None
    assert (first.totals.get("lines"), first.gap("lines"), first.gap("branches")) == ((1, 2), 40, None)
    rules = components.rules(project=fact())
    within = files.flat(project=fact(), report=report, within=rules.owned("7"))
    assert [entry.path for entry in within.items] == ["src/auth/a.py"]
    assert {flag.name for flag in flags.seen(project=fact())} == {"unit", "e2e"}


def test_a_gap_is_exact() -> None:
    """80.1 of 100 is not reached by 801 of 1,001, and reached by 801 of 1,000."""
    at = [
        ComponentFact("a", 1, {"lines": 80.1}, Totals.of(lines=(801, total))).gap("lines")
        for total in (1000, 1001)
    ]

    assert at[0] == 0
    assert at[1] == Fraction("80.1") - Fraction(80100, 1001)


def test_until_they_are_counted_anew_components_have_no_numbers(ruled: Stock, fact: Fact) -> None:
    ruled.report({"src/auth/a.py": lines(1, 0)})
    report = commits.head(project=fact())
    assert report is not None

    found = components.of_report(project=fact(), report=report)

    assert not found.counted
    assert {component.totals for component in found.components} == {None}


def test_the_trend_of_a_component(
    ruled: Stock, fact: Fact, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Only where it changed, up to the newest commit; other rules' numbers have no say."""
    shas = [
        ruled.report({"src/auth/a.py": lines(*hits), "src/b.py": lines(n)}).sha
        for n, hits in enumerate([(1, 0), (1, 0), (1, 1), (1, 1)])
    ]
    project = fact()
    assert components.trend(project=project, branch="main", component="7") == ()
    recount(ruled.project.pk)

    with django_assert_num_queries(2):
        found = components.trend(project=project, branch="main", component="7")

    assert found is not None
    assert [(point.sha, point.totals and point.totals.get("lines")) for point in found] == [
        (shas[0], (1, 2)),
        (shas[2], (2, 2)),
        (shas[3], (2, 2)),
    ]
    later = components.trend(
        project=project, branch="main", component="all__source", since=START + timedelta(hours=2, minutes=30)
    )
    assert later is not None
    assert [point.sha for point in later] == shas[2:]
    assert components.trend(project=project, branch="main", component="unknown") is None
    wishes.write_section(project_id=project.id, actor=None, section="components", said=RULES[:1])
    assert components.trend(project=project, branch="main", component="7") == ()
