"""A file as a diff without a database: every line of both texts has its row once, in order, with its category and both states."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.codec import digest_of, encode
from covdash.coverage.differential import added, compare
from covdash.coverage.linemap import LineMap, map_lines
from covdash.coverage.lines import FileCoverage
from covdash.coverage.totals import Totals
from covdash.coverage.unified_diff import from_unified_diff
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import file, file_diff
from covdash.dashboards.pages.diff_sheet import MARKED, DiffRow, DiffSheet
from covdash.dashboards.pages.elsewhere import Elsewhere
from covdash.dashboards.pages.folding import Fold
from covdash.dashboards.pages.sheet import FileOptions
from covdash.dashboards.pages.unified import WORDS
from covdash.reports.differences import FileBeside, How
from covdash.reports.facts import CommitFact, FileFact, ReportFact, SourceFact
from tests.covdash.reports.stock import lines, rich

AT = datetime(2026, 1, 5, tzinfo=UTC)
BASE = ReportFact(CommitFact(1, "a1b2c3d4" * 5, "", "Before", "Ada", AT), "", "00", Totals(), AT)
HEAD = ReportFact(CommitFact(2, "d4c3b2a1" * 5, "", "After", "Ada", AT), "", "01", Totals(), AT)
PLACE = Place("acme/shop").viewed(diff=BASE.commit.sha)

Text = tuple[str, ...] | None


def fact(coverage: FileCoverage | None, text: Text, path: str = "a.py") -> FileFact:
    source = SourceFact("ab", text) if text is not None else None
    digest = digest_of(encode(coverage)).hex() if coverage else ""
    totals = coverage.totals() if coverage else Totals(unmeasured=1)
    return FileFact(path, digest, totals, coverage, True, source)


def beside(
    before: FileFact | None, after: FileFact, lines: LineMap | None = None, how: How = "text"
) -> FileBeside:
    if lines is None and before and before.source and after.source and how == "text":
        lines = map_lines(before.source.lines, after.source.lines)
    found = (
        compare(before.coverage, after.coverage, lines)
        if before
        else added(after.coverage or FileCoverage(), len(after.source.lines) if after.source else 0)
    )
    return FileBeside(BASE, before, after, how, found, lines)


def sides(row: DiffRow) -> tuple[int, int, str]:
    return row.old.number if row.old else 0, row.new.number if row.new else 0, row.letters


def head(found: FileBeside, sheet: DiffSheet | None, **left_out: str) -> file_diff.DiffHead:
    return file_diff.build(found, sheet, PLACE, HEAD, Fold(), left_out)


@st.composite
def measured(draw: st.DrawFn) -> tuple[tuple[str, ...], FileCoverage]:
    """A text of few different lines, and coverage that may reach behind its end."""
    text = draw(st.lists(st.sampled_from("abcde"), max_size=12))
    hits = draw(st.lists(st.sampled_from([None, 0, 3]), max_size=15))
    return tuple(text), lines(*hits)


@given(measured(), measured())
def test_every_line_of_both_texts_has_one_row(
    before: tuple[tuple[str, ...], FileCoverage], after: tuple[tuple[str, ...], FileCoverage]
) -> None:
    """In order on both sides; unchanged ones say the same on both; categories are those of the comparison, none too many."""
    (old, base), (new, now) = before, after
    found = beside(fact(base, old), fact(now, new))
    sheet = DiffSheet(found, FileOptions())
    rows = sheet.rows(1, sheet.length)
    olds, news = ([n for row in rows if (n := sides(row)[at])] for at in (0, 1))
    assert olds == list(range(1, max(len(old), int(base.lines.max(initial=0))) + 1))
    assert news == list(range(1, len(news) + 1))
    assert len(news) >= len(new)
    for row in rows:
        if row.old and row.new and row.old.number <= len(old):
            assert row.old.text == row.new.text
    told = {name.upper(): number for name, number in found.found.tally()._asdict().items() if number}
    assert sheet.counts == told
    if not sheet.length:
        return
    for first in range(1, sheet.length + 1, 4):
        last = min(first + 3, sheet.length)
        assert sheet.rows(first, last) == rows[first - 1 : last]
        at, to = sheet.lines(first, last)
        inside = [row.new.number for row in rows[first - 1 : last] if row.new]
        assert list(range(at, to + 1)) == inside
    for row, number in zip(rows, range(1, sheet.length + 1), strict=True):
        assert not row.new or sheet.row_of(row.new.number) == number


def test_what_went_away_stands_before_what_came() -> None:
    found = beside(fact(lines(1, 1, 0), ("a", "b", "c")), fact(lines(1, 0, 2), ("a", "x", "c")))
    rows = DiffSheet(found, FileOptions()).rows(1, 4)
    assert [sides(row) for row in rows] == [(1, 1, "CBC"), (2, 0, "DCB"), (0, 2, "UNC"), (3, 3, "GBC")]
    assert [(row.css, row.words) for row in rows] == [
        ("c", "still tested"),
        ("minus", WORDS["DCB"]),
        ("m plus", WORDS["UNC"]),
        ("c", "gained"),
    ]


def test_lines_that_nothing_measures_say_in_words_what_they_are() -> None:
    rows = DiffSheet(beside(fact(None, ("a", "b")), fact(None, ("a", "c"))), FileOptions()).rows(1, 3)
    assert [(row.css, row.words) for row in rows] == [("", ""), ("minus", "deleted"), ("plus", "new")]


def test_both_sides_have_their_arms() -> None:
    sheet = DiffSheet(
        beside(fact(rich(), ("a", "b", "c")), fact(lines(7, 0, 2), ("a", "b", "c"))), FileOptions()
    )
    assert sheet.kinds == (("branches",), ())
    (row,) = sheet.rows(1, 1)
    assert row.old
    assert row.new
    assert (row.old.ways, row.old.css, row.new.ways, row.new.css) == (("1/2",), "p", (), "c")


def test_a_diff_that_was_sent_leaves_lines_without_text() -> None:
    told = from_unified_diff("@@ -2,2 +2,1 @@\n-b\n-c\n+x\n")
    found = beside(fact(lines(1, 1, 0, 1), None), fact(lines(1, 0, 1), ("a", "x", "d")), told, "diff")
    sheet = DiffSheet(found, FileOptions())
    rows = sheet.rows(1, sheet.length)
    assert [sides(row) for row in rows] == [
        (1, 1, "CBC"), (2, 0, "DCB"), (3, 0, "DUB"), (0, 2, "UNC"), (4, 3, "CBC"),
    ]  # fmt: skip
    assert sheet.texts == (False, True)
    assert head(found, sheet).notes[0].title == "Lines are told apart by the diff that was sent"


def test_zones_are_changes_that_are_not_covered() -> None:
    """New and not tested, lost, newly measured and not tested; what others ran is none, nor what was missed before."""
    old, new = ("a", "b", "c", "d", "e"), ("a", "x", "b", "c", "d", "e")
    found = beside(fact(lines(1, 1, 0, None, 1), old), fact(lines(0, 0, 1, 0, 0, 0), new))
    sheet = DiffSheet(found, FileOptions())
    assert [(zone.first, zone.last) for zone in sheet.zones] == [(1, 2), (5, 6)]
    elsewhere = Elsewhere(np.array([2]), np.array([0]), {0: "by e2e only"})
    sheet = DiffSheet(found, FileOptions(elsewhere=elsewhere))
    assert [(zone.first, zone.last) for zone in sheet.zones] == [(1, 1), (5, 6)]
    page = file.build(found.after, PLACE, FileOptions(line=5), sheet)
    assert (page.zone_now, page.zone_count) == (2, 2)
    assert page.zone_after == PLACE.file("a.py", 1)
    assert [item.lines for item in page.states if item.state.word == "missed"] == [5]


def test_a_long_diff_has_no_colours_of_syntax() -> None:
    text = ("x",) * (MARKED + 1)
    marked = replace(fact(lines(1), text), source=SourceFact("ab", text, ("<b>x</b>",) * len(text)))
    for number, shown in ((MARKED, "<b>x</b>"), (MARKED + 1, "x")):
        source = SourceFact("ab", text[:number], ("<b>x</b>",) * number)
        side = replace(marked, source=source)
        (row,) = DiffSheet(beside(side, side, how="same"), FileOptions()).rows(1, 1)
        assert row.text.text == shown


@pytest.mark.parametrize(
    ("found", "title", "text"),
    [
        (beside(None, fact(lines(1), ("a",))), "A new file", "every line is new"),
        (beside(fact(lines(1), ("a",), "old.py"), fact(lines(1), ("a",))), "Was old.py at a1b2c3d4", ""),
        (beside(fact(lines(1), ("a",)), fact(lines(1), ("a",)), how="same"), "Nothing differs", "Text and states"),
        (beside(fact(lines(1), ("a",)), fact(lines(0), ("a",)), how="same"), "The text is that of a1b2c3d4", "what ran"),
        (
            beside(fact(rich(), ("a", "b", "c")), fact(lines(7, 0, 2), ("a", "b", "c")), how="same"),
            "The text is that of a1b2c3d4", "what ran",
        ),
        (beside(fact(lines(1), None), fact(lines(0), None), how="assumed"), "No line is taken", "not sent"),
        (beside(fact(None, ("a",)), fact(lines(0), ("a", "b"))), "Not measured at a1b2c3d4", "No report"),
    ],
)  # fmt: skip
def test_each_case_has_its_sentence(found: FileBeside, title: str, text: str) -> None:
    (note,) = head(found, DiffSheet(found, FileOptions())).notes
    assert note.title.startswith(title)
    assert text in note.text


def test_lines_that_cannot_be_told_apart_say_which_text_lacks() -> None:
    for old, new, said in (
        (("a",), None, "here"),
        (None, ("a",), "at a1b2c3d4"),
        (None, None, "at a1b2c3d4 and here"),
    ):
        found = replace(beside(fact(lines(1), old), fact(lines(1, 1), new), how="same"), how="unknown")
        shown = head(found, None)
        assert f"was not sent {said}, so" in shown.notes[0].text
        assert (shown.told, shown.categories, shown.folds) == (False, (), ())


def test_doors_of_the_head_lead_to_both_sides() -> None:
    found = beside(fact(lines(1), ("a",), "old.py"), fact(lines(1), ("a",)))
    shown = head(found, DiffSheet(found, FileOptions()), without="x")
    there = Place("acme/shop")
    assert dict(shown.doors) == {
        "Commit a1b2c3d4": there.commit_page(BASE.commit.sha),
        "The file then": there.at(commit=BASE.commit.sha).file("old.py"),
        "Whole comparison": there.compare(BASE.commit.sha, HEAD.commit.sha),
    }
    assert shown.categories[0].address == PLACE.file("a.py", only="CBC", context="0")
    assert shown.notes[-1].doors == (("Show the file alone", there.file("a.py", without="x")),)
    folded = PLACE.viewed(diff=BASE.commit.sha, only="changes", context="3")
    assert file_diff.alone(folded) == there
    kept = PLACE.viewed(diff=BASE.commit.sha, only="zones", context="3")
    assert file_diff.alone(kept) == there.viewed(only="zones", context="3")
