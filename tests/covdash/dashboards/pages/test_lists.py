"""Tables of files, commits and changes without a database: orders, sums, reasons, doors."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from covdash.coverage.totals import Totals
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import changes, commits, context, entries, metrics
from covdash.dashboards.pages.standing import standing
from covdash.reports.facts import (
    ChangeFact,
    CommitFact,
    CommitRow,
    DirectoryFact,
    EntryFact,
    Page,
    ReportFact,
)

PLACE = Place("acme/shop", branch="main", flag="unit")
NOW = datetime(2026, 8, 21, tzinfo=UTC)


def totals(covered: int, total: int, **more: tuple[int, int]) -> Totals:
    return Totals.of(lines=(covered, total), **more)


def entry(name: str, found: Totals, before: Totals | None = None, *, directory: bool = False) -> EntryFact:
    path = f"src/{name}/" if directory else f"src/{name}"
    return EntryFact(name, path, directory, bool(found.files), found, before)


DIRECTORY = DirectoryFact(
    "src/",
    totals(17, 40),
    (
        entry("pay", totals(10, 20), totals(12, 20), directory=True),
        entry("a.py", totals(5, 5)),
        entry("B.py", totals(0, 12)),
        entry("new.py", Totals(unmeasured=1)),
    ),
    unplaced=Totals(counts=Totals.of(lines=(2, 3)).counts),
)


def names(**options: str) -> list[str]:
    return [row.name for row in entries.table(DIRECTORY, PLACE, **options).rows if row.address]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", ["B.py", "pay/", "a.py", "new.py"]),
        ("nonsense", ["B.py", "pay/", "a.py", "new.py"]),
        ("missed", ["a.py", "pay/", "B.py", "new.py"]),
        ("name", ["pay/", "B.py", "a.py", "new.py"]),
        ("-name", ["pay/", "new.py", "a.py", "B.py"]),
        ("lines", ["B.py", "pay/", "a.py", "new.py"]),
        ("-lines", ["a.py", "pay/", "B.py", "new.py"]),
        ("size", ["a.py", "B.py", "pay/", "new.py"]),
        ("-size", ["pay/", "B.py", "a.py", "new.py"]),
    ],
)
def test_orders(sort: str, expected: list[str]) -> None:
    """Directories come first only by name; what cannot be measured is last."""
    assert names(sort=sort) == expected


def test_the_sums_are_those_of_the_rows_that_match() -> None:
    everything = entries.table(DIRECTORY, PLACE)
    assert everything.sums.lines == (17, 40)
    assert (everything.shown, everything.matching, everything.total) == (5, 5, 5)
    some = entries.table(DIRECTORY, PLACE, search=".PY")
    assert [row.name for row in some.rows] == ["B.py", "a.py", "new.py"]
    assert some.sums.lines == (5, 17)
    assert (some.matching, some.total) == (3, 5)


def test_what_no_file_holds_is_a_row_without_a_link() -> None:
    (rest,) = [row for row in entries.table(DIRECTORY, PLACE).rows if not row.address]
    assert (rest.name, rest.lines) == ("counted, but placed in no file", (2, 3))


def test_a_row_links_with_the_state_of_the_place() -> None:
    rows = {row.name: row for row in entries.table(DIRECTORY, PLACE).rows}
    assert rows["pay/"].address == "/p/acme/shop/-/tree/src/pay/?branch=main&flag=unit"
    assert rows["a.py"].address == "/p/acme/shop/-/file/src/a.py?branch=main&flag=unit"


def test_a_file_that_no_report_mentions_has_a_reason_and_no_number() -> None:
    rows = {row.name: row for row in entries.table(DIRECTORY, PLACE, compared=True).rows}
    assert (rows["new.py"].lines, rows["new.py"].reason) == (None, "no report mentions this")
    assert rows["pay/"].delta.text == "\u221210.0 pp"
    assert (rows["a.py"].delta.text, rows["new.py"].delta.text) == ("new", "-")


def test_a_directory_is_cut_at_the_cap() -> None:
    many = DirectoryFact(
        "", totals(0, 0), tuple(entry(f"{n}.py", totals(1, 2)) for n in range(entries.CAP + 7))
    )
    table = entries.table(many, PLACE)
    assert (table.shown, table.matching) == (entries.CAP, entries.CAP + 7)
    assert table.sums.lines == (entries.CAP + 7, 2 * (entries.CAP + 7))


@pytest.mark.parametrize(
    ("found", "kind", "expected"),
    [
        (totals(1, 2), "lines", ""),
        (totals(1, 2), "branches", "no arm data in any upload"),
        (totals(1, 2, functions=(0, 0)), "functions", "the reports hold no functions here"),
        (Totals(unmeasured=3), "lines", "no report mentions this"),
        (
            Totals(files=1, needs_sources=1),
            "lines",
            "the report names only what ran; send the source text to learn which lines were missed",
        ),
    ],
)
def test_every_dash_has_a_reason(found: Totals, kind: str, expected: str) -> None:
    assert metrics.reason(kind, found) == expected


def test_lines_arms_and_functions_are_always_shown() -> None:
    shown = metrics.metrics(totals(1, 2, conditions=(1, 4)), totals(1, 4))
    assert [(metric.label, metric.count, metric.delta.text) for metric in shown] == [
        ("Lines", (1, 2), "+25.0 pp"),
        ("Arms", None, "-"),
        ("Functions", None, "-"),
        ("Conditions", (1, 4), "-"),
    ]


def test_changes_tell_new_and_gone_files_apart() -> None:
    facts = (
        ChangeFact("src/worse.py", totals(9, 10), totals(5, 10)),
        ChangeFact("src/new.py", None, totals(1, 2)),
        ChangeFact("src/gone.py", totals(1, 3), None),
        ChangeFact("src/arms.py", totals(1, 1, branches=(1, 2)), totals(1, 1, branches=(2, 2))),
    )
    found = changes.build(facts, PLACE, limit=10)
    assert [(row.what, row.missed_text, bool(row.address)) for row in found.rows] == [
        ("changed", "+4", True),
        ("new", "+1", True),
        ("gone", "\u22122", False),
        ("changed", "0", True),
    ]
    assert (found.lost, found.gained, found.more) == (5, 2, False)
    assert changes.build(facts, PLACE, limit=2).more


def commit(sha: str = "a" * 40) -> CommitFact:
    return CommitFact(1, sha, "", "Add refunds\n\nmore", "ada", NOW, ("main",))


def test_a_fall_of_a_point_and_more_is_marked() -> None:
    def dropped(before: Totals | None, after: Totals | None) -> bool:
        row = CommitRow(commit(), after, commit("b" * 40), before, 1, 0, 0)
        return commits.lines(Page((row,)), PLACE)[0].dropped

    assert dropped(totals(90, 100), totals(89, 100))
    assert not dropped(totals(900, 1000), totals(891, 1000))
    assert not dropped(totals(89, 100), totals(90, 100))
    assert not dropped(None, totals(1, 100))
    assert not dropped(totals(1, 1), None)


def test_a_commit_without_a_report_says_so() -> None:
    (line,) = commits.lines(Page((CommitRow(commit(), None, None, None, 0, 1, 2),)), PLACE)
    assert (line.lines, line.reason, line.uploads) == (None, "no report yet", "0 of 3 uploads in")
    assert (line.failed_words, line.waiting_words) == ("1 failed", "2 waiting")


def test_the_context_says_how_complete_a_report_is() -> None:
    report = ReportFact(commit(), "", "00", totals(1, 2), NOW, processed=5, failed=1, waiting=2)
    bar = context.build(report, PLACE, branch="feature/x", branches=("main",), flags=("unit",))
    assert bar.standing.text == "5 of 8 uploads in, 1 failed, 2 waiting"
    assert (bar.standing.so_far, bar.branches, bar.where) == (True, ("feature/x", "main"), "feature/x")
    one = standing(report.commit, processed=1, failed=0, waiting=0)
    assert (one.text, one.so_far) == ("1 of 1 upload in", False)
