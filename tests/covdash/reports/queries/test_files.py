"""Directories, the flat list and files of a report, read from its tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from covdash.coverage.lines import FileCoverage
from covdash.coverage.report import ReportBuilder
from covdash.projects.facts import ProjectFact
from covdash.reports.facts import ReportFact
from covdash.reports.loading import nodes
from covdash.reports.models import Upload
from covdash.reports.queries import commits, files
from tests.covdash.reports.stock import Stock, lines, rich

Fact = Callable[[], ProjectFact]
FILES = {
    "setup.py": lines(None, 1),
    "src/pay/charge.py": rich(),
    "src/pay/refund.py": lines(0, 0, 4),
    "src/pay.py": lines(1),
    "src/very/deep/down/in/the/tree/leaf.py": lines(2, 0),
}


@pytest.fixture
def shop(stock: Stock, fact: Fact) -> tuple[ProjectFact, ReportFact]:
    """A project with one report of `FILES`, and a file that no report mentions."""
    stock.report(FILES, sources={"src/pay/refund.py": "one\r\ntwo\n\nfour", "src/untested.py": "x\n"})
    report = commits.head(project=fact())
    assert report is not None
    nodes.clear()
    return fact(), report


def test_a_directory_lists_directories_then_files(
    shop: tuple[ProjectFact, ReportFact], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    project, report = shop
    with django_assert_num_queries(2):
        found = files.directory(project=project, report=report, path="src")

    assert found is not None
    assert found.path == "src/"
    assert [(entry.path, entry.is_directory, entry.measured) for entry in found.entries] == [
        ("src/pay/", True, True),
        ("src/very/", True, True),
        ("src/pay.py", False, True),
        ("src/untested.py", False, False),
    ]
    assert found.entries[0].totals.as_dict()["lines"] == {"covered": 3, "total": 6}
    assert found.totals == sum(entry.totals for entry in found.entries)
    assert found.totals.unmeasured == 1
    with django_assert_num_queries(0):
        again = files.directory(project=project, report=report, path="src/")
    assert again == found


def test_the_root_adds_up_to_the_report(shop: tuple[ProjectFact, ReportFact]) -> None:
    project, report = shop

    for path in ("", "/"):
        root = files.directory(project=project, report=report, path=path)
        assert root is not None
        assert (root.path, root.totals, root.unplaced) == ("", report.totals, None)
        assert [entry.path for entry in root.entries] == ["src/", "setup.py"]


@pytest.mark.parametrize("path", ["src/pay.py", "nowhere", "src/pay/charge.py/", "src/nowhere/deep"])
def test_what_is_no_directory_is_none(path: str, shop: tuple[ProjectFact, ReportFact]) -> None:
    project, report = shop

    assert files.directory(project=project, report=report, path=path) is None


def test_a_directory_compared_carries_the_totals_before(
    stock: Stock,
    fact: Fact,
    shop: tuple[ProjectFact, ReportFact],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    _, base = shop
    changed = {**FILES, "src/pay/refund.py": lines(1, 1, 4), "src/pay/new.py": lines(1)}
    stock.report({path: file for path, file in changed.items() if path != "setup.py"})
    head = commits.head(project=fact())
    assert head is not None
    nodes.clear()
    project = fact()

    with django_assert_num_queries(6):
        found = files.directory(project=project, report=head, path="src/pay/", base=base)

    assert found is not None
    before = {entry.name: entry.before for entry in found.entries}
    assert before == {"charge.py": rich().totals(), "refund.py": lines(0, 0, 4).totals(), "new.py": None}
    assert found.before is not None
    assert found.before.get("lines") == (3, 6)


def test_what_no_file_holds_is_told_apart(stock: Stock, fact: Fact) -> None:
    builder = ReportBuilder()
    builder.file("a.py").line(1, 1)
    builder.declare("branches", 3, 8)
    stock.report(builder.build().files)
    report = commits.head(project=fact())
    assert report is not None

    root = files.directory(project=fact(), report=report)

    assert root is not None
    assert [entry.name for entry in root.entries] == ["a.py"]
    assert root.unplaced is not None
    assert root.unplaced.get("branches") == (3, 8)
    assert root.entries[0].totals + root.unplaced == root.totals == report.totals
    assert [entry.path for entry in files.flat(project=fact(), report=report).items] == ["a.py"]
    assert files.get(project=fact(), report=report, path="") is None


def test_the_flat_list_is_searched_and_paged(stock: Stock, fact: Fact) -> None:
    many: dict[str, FileCoverage] = {f"lib/Part{n % 7}/m{n:03}.py": lines(1, n % 2) for n in range(230)}
    stock.report({**many, **FILES})
    project = fact()
    report = commits.head(project=project)
    assert report is not None

    seen: list[str] = []
    after = ""
    while not seen or after:
        page = files.flat(project=project, report=report, search="lib/part", after=after)
        seen += [entry.path for entry in page.items]
        after = page.after
    assert seen == sorted(many)
    for search, wanted in {
        "*/PAY/*": ["src/pay/charge.py", "src/pay/refund.py"],
        "leaf": ["src/very/deep/down/in/the/tree/leaf.py"],
        "m00[12].py": [],
        "*m00[12].py": ["lib/Part1/m001.py", "lib/Part2/m002.py"],
        "*": sorted({**many, **FILES})[:100],
    }.items():
        found = files.flat(project=project, report=report, search=search)
        assert [entry.path for entry in found.items] == wanted


def test_a_file_has_exact_counts_and_its_text(
    shop: tuple[ProjectFact, ReportFact], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    project, report = shop
    nodes.clear()
    with django_assert_max_num_queries(6):
        found = files.get(project=project, report=report, path="src/pay/refund.py")

    assert found is not None
    assert found.coverage is not None
    assert (found.path, found.exact, found.totals.get("lines")) == ("src/pay/refund.py", True, (1, 3))
    assert found.coverage.hits.tolist() == [0, 0, 4]
    assert found.source is not None
    assert found.source.lines == ("one", "two", "", "four")
    assert (found.source.highlighted, found.source.pending) == (None, True)
    charge = files.get(project=project, report=report, path="src/pay/charge.py")
    assert charge is not None
    assert charge.coverage is not None
    assert charge.source is None
    assert charge.coverage.hits.tolist() == [7, 0, 2]
    assert charge.coverage.outcomes["branches"].named() == rich().outcomes["branches"].named()
    assert charge.coverage.functions == rich().functions


def test_a_warm_file_page_asks_three_statements_at_any_depth(
    shop: tuple[ProjectFact, ReportFact], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    project, report = shop
    path = "src/very/deep/down/in/the/tree/leaf.py"
    files.get(project=project, report=report, path=path)

    with django_assert_num_queries(2):  # no text, so no third
        found = files.get(project=project, report=report, path=path)

    assert found is not None
    assert found.exact


def test_a_file_without_a_report_is_there_and_unmeasured(shop: tuple[ProjectFact, ReportFact]) -> None:
    project, report = shop

    found = files.get(project=project, report=report, path="src/untested.py")

    assert found is not None
    assert (found.coverage, found.digest, found.totals.unmeasured) == (None, "", 1)
    assert found.source is not None
    assert found.source.lines == ("x",)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "src",
        "src/",
        "src/pay/nothing.py",
        "src/pay/charge.py/x",
        "/setup.py",
        "src//pay.py",
        "src/pay.py/",
    ],
)
def test_what_is_no_file_is_none(path: str, shop: tuple[ProjectFact, ReportFact]) -> None:
    project, report = shop

    assert files.get(project=project, report=report, path=path) is None


def hits(project: ProjectFact, report: ReportFact | None, path: str = "a.py") -> tuple[list[int], bool]:
    """The hits of a file of a report, and whether they are exact."""
    assert report is not None
    found = files.get(project=project, report=report, path=path)
    assert found is not None
    assert found.coverage is not None
    return found.coverage.hits.tolist(), found.exact


def two_jobs(
    stock: Stock, first: Mapping[str, FileCoverage], second: Mapping[str, FileCoverage]
) -> list[Upload]:
    """Two uploads of one commit with flags `unit` and `e2e`, assembled."""
    commit = stock.commit()
    uploads = [stock.upload(commit, first, flags=["unit"]), stock.upload(commit, second, flags=["e2e"])]
    stock.assemble(commit)
    return uploads


def test_counts_of_uploads_are_joined_by_the_greater(stock: Stock, fact: Fact) -> None:
    """For the whole report over all uploads, for a flag over its own."""
    two_jobs(stock, {"a.py": lines(5, 0, 1)}, {"a.py": lines(2, 9, None, 3)})
    project = fact()
    head = commits.head(project=project)
    assert head is not None

    assert hits(project, head) == ([5, 9, 1, 3], True)
    assert hits(project, commits.report(project=project, commit=head.commit, flag="unit")) == (
        [5, 0, 1],
        True,
    )
    assert hits(project, commits.report(project=project, commit=head.commit, flag="e2e")) == ([2, 9, 3], True)


def test_counts_that_expired_leave_yes_and_no(stock: Stock, fact: Fact) -> None:
    """One pack is gone: what is left would be too low, so no line has a count."""
    uploads = two_jobs(stock, {"a.py": lines(5, 0, 1)}, {"a.py": lines(2, 9, 0)})
    storages["objects"].delete(uploads[0].pack_key)

    assert hits(fact(), commits.head(project=fact())) == ([1, 1, 1], False)


def test_a_damaged_pack_is_no_error(stock: Stock, fact: Fact) -> None:
    uploads = two_jobs(stock, {"a.py": lines(5)}, {"a.py": lines(2)})
    with storages["objects"].open(uploads[1].pack_key, "r+b") as pack:
        pack.seek(40)
        pack.write(b"\xff" * 30)

    assert hits(fact(), commits.head(project=fact())) == ([1], False)


def test_formats_that_do_not_count_are_exact_without_a_pack(stock: Stock, fact: Fact) -> None:
    stock.report({"a.py": lines(1, 0, counted=False)})

    assert hits(fact(), commits.head(project=fact())) == ([1, 0], True)


def test_an_upload_that_the_report_does_not_know_yet_changes_nothing(stock: Stock, fact: Fact) -> None:
    """A new line would not fit the totals beside it."""
    commit = stock.report({"a.py": lines(5, 0)})
    stock.upload(commit, {"a.py": lines(1, 1, 1)})

    assert hits(fact(), commits.head(project=fact())) == ([1, 0], False)


def test_nodes_are_asked_for_once_a_level(shop: tuple[ProjectFact, ReportFact]) -> None:
    project, report = shop
    nodes.clear()
    with CaptureQueriesContext(
        connection,
    ) as first:
        files.flat(project=project, report=report)
    with CaptureQueriesContext(connection) as second:
        files.flat(project=project, report=report)

    assert len(first) == 8
    assert len(second) == 0
