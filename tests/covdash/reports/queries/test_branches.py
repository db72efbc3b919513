"""Git branches: the default one first, then by their newest report; each with its head and its number of commits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from pytest_django import DjangoAssertNumQueries

from covdash.projects.facts import ProjectFact
from covdash.projects.models import Branch, BranchCommit
from covdash.projects.registry import create_project
from covdash.reports.queries import branches
from tests.covdash.reports.stock import START, Stock, lines

Fact = Callable[[], ProjectFact]
FILES = {"a.py": lines(1, 0)}


def test_branches_have_a_head_and_totals(
    stock: Stock, fact: Fact, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    stock.report(FILES)
    stock.report(FILES, "feature/a/b")
    newest = stock.report({"a.py": lines(1, 1)}, "feature/a/b")
    stock.commit("feature/a/b")
    Branch.objects.create(project=stock.project, name="empty")
    Stock(create_project(slug="other")).report(FILES, "foreign")
    project = fact()

    with django_assert_num_queries(1):
        found = branches.listing(project=project).items

    assert [branch.name for branch in found] == [
        "main",
        "empty",
        "feature/a/b",
    ]  # made now, long after 2026-01
    assert [branch.is_default for branch in found] == [True, False, False]
    assert [branch.commits for branch in found] == [1, 0, 3]
    main, empty, feature = found
    assert (empty.head, empty.totals) == (None, None)
    assert feature.head is not None
    assert feature.head.sha == newest.sha
    assert feature.totals == lines(1, 1).totals()
    assert main.head is not None
    assert main.head.branches == ("main",)
    with django_assert_num_queries(1):
        assert branches.get(project=project, name="feature/a/b") == feature
    with django_assert_num_queries(1):
        assert branches.names(project=project) == ("main", "empty", "feature/a/b")
    assert branches.get(project=project, name="foreign") is None


def test_merged_ones_lie_on_the_line_of_the_default_branch(
    stock: Stock, fact: Fact, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """By first parents, or since the head was reported there, too; the default branch itself is none, nor what has a newer head."""
    old = stock.report(FILES, "fast-forward")
    stock.report(FILES, "gone-on", parent=stock.report(FILES, "gone-on", parent=old.sha).sha)
    both = stock.report(FILES, "reported")
    left = stock.report(FILES, "left", parent=old.sha)
    stock.report(FILES, "squashed", parent=left.sha)
    Branch.objects.create(project=stock.project, name="empty")
    middle = stock.commit("main", parent=old.sha)
    head = stock.report(FILES, "main", parent=middle.sha)
    BranchCommit.objects.create(branch=Branch.objects.get(name="main"), commit=both, at=head.committed_at)
    stock.project.default_branch = "main"
    stock.project.save()
    project = fact()

    with django_assert_num_queries(1):
        found = branches.listing(project=project, state="merged").items

    assert {branch.name for branch in found} == {"fast-forward", "reported"}
    assert branches.listing(project=project, state="merged", search="rep").items[0].name == "reported"


def test_the_list_is_searched_and_paged(stock: Stock, fact: Fact) -> None:
    """Every branch once, the default branch first and only there."""
    stock.report(FILES)
    names = [f"Feature/{n:03}" for n in range(120)]
    for n, name in enumerate(names):
        stock.report(FILES, name, at=START + timedelta(hours=n // 4))
    project = fact()

    seen: list[str] = []
    after = ""
    while not seen or after:
        page = branches.listing(project=project, after=after)
        assert len(page.items) <= 50
        seen += [branch.name for branch in page.items]
        after = page.after

    assert seen[0] == "main"
    assert seen[1:] == names[::-1]
    found = branches.listing(project=project, search="ature/01")
    assert {branch.name for branch in found.items} == {f"Feature/01{n}" for n in range(10)}
    assert found.after == ""
    assert branches.listing(project=project, search="100%").items == ()
