"""Commits are found by their sha, listed newest first, and compared with the reported commit before them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

from pytest_django import DjangoAssertNumQueries

from covdash.accounts.models import User
from covdash.projects.facts import ProjectFact
from covdash.projects.models import Branch, BranchCommit, Commit
from covdash.projects.registry import create_project
from covdash.reports.queries import commits
from tests.covdash.reports.stock import START, Stock, lines

Fact = Callable[[], ProjectFact]
FILES = {"src/a.py": lines(1, 0, 3), "src/deep/b.py": lines(0, 0)}


def test_a_commit_is_found_by_its_sha_or_the_beginning(
    stock: Stock, fact: Fact, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    sha = "ab12cd34" * 5
    stock.commit(sha=sha, parent="f" * 40)
    stock.commit(sha="ab12cd35" * 5)
    project = fact()

    with django_assert_num_queries(1):
        found = commits.resolve(project=project, ref=sha)

    assert found is not None
    assert (found.sha, found.short, found.title, found.author) == (sha, "ab12cd34", "Change 1", "Ada")
    assert (found.branches, found.parent_sha) == (("main",), "f" * 40)
    assert found.committed_at == START + timedelta(hours=1)
    for ref in ("ab12cd34", "AB12CD34ab", sha):
        assert commits.resolve(project=project, ref=ref) == found
    for ref in ("ab12cd3", "ab12cd36", "not a sha", "", "ab12cd34%", "main"):
        assert commits.resolve(project=project, ref=ref) is None


def test_a_beginning_of_two_commits_names_neither(stock: Stock, fact: Fact) -> None:
    short, long = "ab12cd34" * 5, "ab12cd34" * 8
    stock.commit(sha=short)
    stock.commit(sha=long)

    assert commits.resolve(project=fact(), ref="ab12cd34") is None
    exact = commits.resolve(project=fact(), ref=short)
    assert exact is not None
    assert exact.sha == short


def test_a_report_is_named_by_a_git_branch_or_a_commit(
    stock: Stock, fact: Fact, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """A git branch goes first, also one that is called like a commit; the beginning of two commits names neither."""
    first = stock.report(FILES, flags=["unit"])
    stock.commit(sha="ab12cd34" * 5)
    for sha in ("ab12cd34ff" * 4, "ab12cd34ee" * 4):
        stock.upload(stock.commit(sha=sha), FILES)
        stock.assemble(Commit.objects.get(sha=sha))
    change = stock.report(FILES, branch=first.sha[:12])

    def named(ref: str, flag: str = "") -> str | None:
        with django_assert_num_queries(1):
            found = commits.named(project=project, ref=ref, flag=flag)
        return found.commit.sha if found else None

    project = fact()
    assert named("main") == "ab12cd34ee" * 4
    assert named(first.sha[:8].upper()) == named(first.sha, "unit") == first.sha
    assert named(first.sha[:12]) == change.sha
    for nothing in ("ab12cd34", "ab12cd34" * 5, "nowhere", "", "f" * 8):
        assert named(nothing) is None
    assert named("main", "unit") is None


def test_commits_of_another_project_are_not_there(stock: Stock, fact: Fact) -> None:
    other = Stock(create_project(slug="other")).report(FILES)

    assert commits.resolve(project=fact(), ref=other.sha) is None
    assert commits.head(project=fact()) is None
    assert commits.listing(project=fact()).items == ()


def test_the_report_counts_uploads_by_state(
    stock: Stock, fact: Fact, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    commit = stock.report(FILES, flags=["unit"])
    stock.upload(commit, {}, state="failed")
    stock.upload(commit, {}, state="received")
    old = stock.upload(commit, {})
    old.superseded_by = stock.upload(commit, {}, state="processing")
    old.save()
    late = stock.upload(commit, {})
    late.revision = 1
    late.save()
    known = commits.resolve(project=fact(), ref=commit.sha)
    assert known is not None

    with django_assert_num_queries(1):
        report = commits.report(project=fact_of(stock, fact), commit=known)

    assert report is not None
    assert (report.processed, report.failed, report.waiting, report.superseded) == (2, 1, 3, 1)
    assert report.totals.as_dict() == {"lines": {"covered": 2, "total": 5}}
    assert (report.flag, report.totals.files, len(report.root)) == ("", 2, 40)
    assert report.commit == known
    assert commits.report(project=fact(), commit=known, flag="e2e") is None
    with django_assert_num_queries(1):
        flags = commits.flags(commit=known)
    assert [(flag.name, flag.totals) for flag in flags] == [("unit", report.totals)]


def fact_of(stock: Stock, fact: Fact) -> ProjectFact:
    """The project without a statement of its own."""
    project = stock.project
    return ProjectFact(project.pk, project.slug, project.is_public, project.default_branch, "owner")


def test_the_head_is_the_newest_reported_commit_of_a_branch(
    stock: Stock, fact: Fact, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = stock.report(FILES)
    side = stock.report(FILES, "feature/x")
    stock.commit()
    project = fact()

    with django_assert_num_queries(1):
        head = commits.head(project=project)
    side_head = commits.head(project=project, branch="feature/x")

    assert head is not None
    assert head.commit.sha == first.sha
    assert side_head is not None
    assert side_head.commit.sha == side.sha
    assert commits.head(project=project, branch="feature") is None


def test_without_a_default_branch_the_newest_report_is_the_head(stock: Stock, fact: Fact) -> None:
    stock.report(FILES)
    newest = stock.report(FILES, "other")
    stock.project.default_branch = ""
    stock.project.save()

    head = commits.head(project=fact())

    assert head is not None
    assert head.commit.sha == newest.sha


def test_a_commit_is_compared_with_the_one_before_it(
    stock: Stock, fact: Fact, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """On the branch asked for; else with its parent, where that has a report; else on a branch of its own."""
    first = stock.report(FILES)
    side = stock.report(FILES, "side")
    stock.commit()
    last = stock.report(FILES)
    child = stock.report(FILES, "side", parent=first.sha)
    project = fact()

    def before(commit: Commit, branch: str = "") -> str | None:
        known = commits.resolve(project=project, ref=commit.sha)
        assert known is not None
        with django_assert_num_queries(2, exact=False):
            found = commits.previous(project=project, commit=known, branch=branch)
        return found.commit.sha if found else None

    assert before(first) is None
    assert before(last) == first.sha
    assert before(side) is None
    assert before(child) == first.sha
    assert before(child, "side") == side.sha
    assert before(child, "main") == last.sha
    assert before(child, "nowhere") is None


def test_the_list_goes_back_in_time_page_by_page(
    stock: Stock, fact: Fact, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Each commit once, in order, also where many have the same time; each with the one before it."""
    shas = [stock.report(FILES, at=START + timedelta(hours=n // 3)).sha for n in range(60)]
    stock.report(FILES, "side")
    project = fact()
    for branch, wanted in (("main", shas), ("", None)):
        seen = []
        after = ""
        while True:
            with django_assert_num_queries(2):
                page = commits.listing(project=project, branch=branch, after=after)
            seen += page.items
            after = page.after
            if not after:
                break
            assert len(page.items) == 50
        order = [row.commit.sha for row in seen]
        assert len(set(order)) == len(order)
        assert [sha for sha in order if sha in shas] == shas[::-1]
        assert len(seen) == (60 if wanted else 61)
        by_sha = {row.commit.sha: row for row in seen}
        for earlier, later in pairwise(shas):
            before = by_sha[later].before
            assert before is not None
            assert before.sha == earlier


def test_a_row_tells_of_uploads_without_a_report(
    stock: Stock, fact: Fact, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    reported = stock.report(FILES)
    broken = stock.commit()
    stock.upload(broken, {}, state="failed")
    stock.upload(broken, {}, state="processing")
    project = fact()

    with django_assert_num_queries(2):
        rows = commits.listing(project=project).items

    assert [(row.processed, row.failed, row.waiting) for row in rows] == [(0, 1, 1), (1, 0, 0)]
    assert rows[0].totals is None
    assert rows[0].before is not None
    assert (rows[0].before.sha, rows[0].before_totals) == (reported.sha, rows[1].totals)
    known = commits.resolve(project=project, ref=broken.sha)
    assert known is not None
    with django_assert_num_queries(2):
        assert commits.row(project=project, commit=known) == rows[0]


def test_a_cursor_from_elsewhere_starts_the_list_again(stock: Stock, fact: Fact) -> None:
    stock.report(FILES)

    for after in ("nonsense", "W10", "WyJ4Iiwgbm93XQ", "\0", "é"):
        assert len(commits.listing(project=fact(), after=after).items) == 1


def test_a_commit_on_two_branches_is_listed_once_and_names_both(stock: Stock, fact: Fact, ada: User) -> None:
    commit = stock.report(FILES)
    stock.report(FILES, "another")
    both = Branch.objects.get(name="another")
    BranchCommit.objects.create(branch=both, commit=commit, at=commit.committed_at)

    rows = commits.listing(project=fact()).items

    assert [row.commit.branches for row in rows] == [("another",), ("another", "main")]
    assert [row.commit.sha for row in commits.listing(project=fact(), branch="another").items][
        1
    ] == commit.sha
