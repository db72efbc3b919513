"""Trends come from change points: a value stands until the next one, and a line reaches both ends of what was asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from pytest_django import DjangoAssertNumQueries

from covdash.projects.facts import ProjectFact
from covdash.reports.facts import TrendPoint
from covdash.reports.models import ChangePoint
from covdash.reports.queries import trends
from tests.covdash.reports.stock import START, Stock, lines

Fact = Callable[[], ProjectFact]


def covered(points: tuple[TrendPoint, ...]) -> list[tuple[float, int | None]]:
    """Hours after `START` and covered lines; None where the path was not there."""
    found = []
    for point in points:
        count = point.totals.get("lines") if point.totals else None
        found.append(((point.at - START).total_seconds() / 3600, count.covered if count else None))
    return found


def stocked(stock: Stock) -> None:
    """Seven commits an hour apart: `a.py` changes at 1, 3 and is gone at 5, `b/c.py` comes at 2."""
    a, c = lines(1, 0, 0), {"b/c.py": lines(1, 1)}
    stock.report({"a.py": a}, flags=["unit"])
    stock.report({"a.py": a, **c}, flags=["unit"])
    stock.report({"a.py": lines(1, 1, 0), **c})
    stock.report({"a.py": lines(1, 1, 0), **c})
    stock.report(c)
    stock.report(c, "side")
    stock.report(c)


def test_a_point_stands_where_the_totals_changed(
    stock: Stock, fact: Fact, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    stocked(stock)
    project = fact()

    with django_assert_max_num_queries(2):
        whole = trends.points(project=project, branch="main")

    assert covered(whole) == [(1, 1), (2, 3), (3, 4), (5, 2), (7, 2)]
    assert whole[2].sha == "0003" * 10
    assert covered(trends.points(project=project, branch="main", path="b/")) == [(2, 2), (7, 2)]
    assert covered(trends.points(project=project, branch="main", path="b/c.py")) == [(2, 2), (7, 2)]
    assert covered(trends.points(project=project, branch="side")) == [(6, 2)]


def test_a_path_that_is_gone_ends_in_nothing(stock: Stock, fact: Fact) -> None:
    stocked(stock)

    assert covered(trends.points(project=fact(), branch="main", path="a.py")) == [(1, 1), (3, 2), (5, None)]
    later = START + timedelta(hours=6)
    assert trends.points(project=fact(), branch="main", path="a.py", since=later) == ()


def test_a_flag_has_a_line_of_its_own(stock: Stock, fact: Fact) -> None:
    stocked(stock)

    assert covered(trends.points(project=fact(), branch="main", flag="unit")) == [(1, 1), (2, 3)]
    assert trends.points(project=fact(), branch="main", flag="e2e") == ()


def test_a_window_carries_values_to_its_edges(stock: Stock, fact: Fact) -> None:
    """The last value before `since` stands at `since`; after the last change the line goes on to the newest report."""
    stocked(stock)
    project = fact()

    def window(since: float, until: float) -> list[tuple[float, int | None]]:
        start, end = START + timedelta(hours=since), START + timedelta(hours=until)
        return covered(trends.points(project=project, branch="main", since=start, until=end))

    assert window(2.5, 4.5) == [(2.5, 3), (3, 4), (4, 4)]
    assert window(3, 3) == [(3, 4)]
    assert window(3.5, 4.5) == [(3.5, 4), (4, 4)]
    assert window(0, 1.5) == [(1, 1)]
    assert window(8, 9) == [(8, 2)]


def test_what_is_not_known_has_no_points(stock: Stock, fact: Fact) -> None:
    stocked(stock)

    assert trends.points(project=fact(), branch="nowhere") == ()
    assert trends.points(project=fact(), branch="main", path="nothing.py") == ()


def test_a_thousand_commits_are_one_walk_of_an_index(
    stock: Stock, fact: Fact, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The trend asks for the points of its path and not for those of the other paths beside it."""
    stocked(stock)
    some = ChangePoint.objects.filter(path__path="", branch__name="main", flag="").first()
    assert some is not None
    for n in range(1000):
        at = START + timedelta(days=1, minutes=n)
        some.pk = (some.project_id, some.branch_id, "", some.path_id, at, some.commit_id)
        some.totals = lines(*([1] * (n % 7))).totals()
        some.save(force_insert=True)

    with django_assert_num_queries(2):
        found = trends.points(project=fact_of(stock), branch="main")

    assert len(found) == 1004


def fact_of(stock: Stock) -> ProjectFact:
    """The project, without a statement."""
    project = stock.project
    return ProjectFact(project.pk, project.slug, project.is_public, project.default_branch)


def test_of_too_many_points_the_last_of_each_day_or_week_is_drawn(
    stock: Stock, fact: Fact, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(9):
        stock.report({"a.py": lines(*[1] * (number + 1))}, at=START + timedelta(hours=8 * number))
    project = fact()

    def drawn(most: int) -> tuple[list[tuple[float, int | None]], str]:
        points, grain = trends.drawn(project=project, branch="main", most=most)
        return covered(points), grain

    days: dict[str, tuple[float, int]] = {}
    weeks: dict[tuple[int, int], tuple[float, int]] = {}
    for number in range(9):
        at = START + timedelta(hours=8 * number)
        days[f"{at:%F}"] = weeks[at.isocalendar()[:2]] = (8 * number, number + 1)
    assert drawn(9) == ([(8 * number, number + 1) for number in range(9)], "commit")
    assert drawn(8) == (list(days.values()), "day")
    with django_assert_max_num_queries(3):
        assert drawn(len(days) - 1) == (list(weeks.values()), "week")
