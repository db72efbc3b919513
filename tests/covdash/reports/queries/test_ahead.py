"""A new head is compared with its base before anybody asks, once, and only when its report is complete."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from covdash.projects.facts import ProjectFact
from covdash.projects.models import Commit, PullRequest
from covdash.reports import ahead, comparisons
from covdash.reports.models import Comparison
from covdash.reports.queries import branches, divergence
from tests.covdash.reports.stock import START, Stock, lines

OLD, NEW = "a\nb\n", "a\nb\nc\n"


@pytest.fixture
def heads(stock: Stock) -> tuple[Commit, Commit]:
    """A commit of main, and the head of another git branch that left it there."""
    left = stock.report({"a.py": lines(1, 1)}, sources={"a.py": OLD})
    stock.report({"a.py": lines(1, 1, 0)}, "x", parent=left.sha, sources={"a.py": NEW})
    Commit.objects.update(complete_at=START)
    return left, Commit.objects.exclude(pk=left.pk).get()


def test_a_head_is_compared_once(heads: tuple[Commit, Commit], fact: Callable[[], ProjectFact]) -> None:
    _, head = heads
    assert ahead.make(head.pk) == 1
    assert ahead.make(head.pk) == 0
    assert Comparison.objects.count() == 1
    project = fact()
    listed = branches.listing(project=project).items
    patch = divergence.of_branches(project=project, branches=listed, ask=False)["x"].patch
    assert patch is not None
    assert patch[:3] == (1, 1, 0)


def test_what_collects_or_is_no_head_waits(heads: tuple[Commit, Commit], stock: Stock) -> None:
    _, head = heads
    Commit.objects.filter(pk=head.pk).update(complete_at=None)
    assert ahead.make(head.pk) == 0
    stock.report({"a.py": lines(1)}, "x", parent=head.sha)
    Commit.objects.update(complete_at=START)
    assert ahead.make(head.pk) == 0
    assert ahead.make(head.pk + 1000) == 0
    assert not Comparison.objects.exists()


def test_the_base_of_a_pull_request_counts(heads: tuple[Commit, Commit], stock: Stock) -> None:
    left, head = heads
    other = stock.report({"b.py": lines(1)}, "release")
    PullRequest.objects.create(project=head.project, number=3, head=head, base="release", base_sha=other.sha)
    assert ahead.make(head.pk) == 3, "one file since main, two against the base of the pull request"
    keys = {bytes(key) for key in Comparison.objects.values_list("key", flat=True)}
    roots = {commit.pk: bytes(commit.reports.get(flag="").root) for commit in (left, other, head)}
    assert keys == {comparisons.key_of(roots[base.pk], roots[head.pk], "") for base in (left, other)}
