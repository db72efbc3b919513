"""Two reports are compared file by file: what was added, deleted, renamed and changed, and what every line became."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from covdash.coverage.differential import Patch, Tally
from covdash.projects.facts import ProjectFact
from covdash.reports import comparisons
from covdash.reports.differences import FileDifference
from covdash.reports.facts import CommitFact, ReportFact
from covdash.reports.models import Comparison
from covdash.reports.queries import commits, compare
from tests.covdash.reports.stock import Stock, lines

Known = Callable[[], ProjectFact]


def _commit(project: ProjectFact, sha: str) -> CommitFact:
    found = commits.resolve(project=project, ref=sha)
    assert found is not None
    return found


def _report(project: ProjectFact, sha: str) -> ReportFact:
    found = commits.report(project=project, commit=_commit(project, sha))
    assert found is not None
    return found


def _compared(project: ProjectFact, base: str, head: str) -> dict[str, FileDifference]:
    found = compare.comparison(project=project, base=_report(project, base), head=_report(project, head))
    assert found is not None
    return {file.name: file for file in found.files}


def test_a_changed_text_is_compared_line_by_line(stock: Stock, fact: Known) -> None:
    """`b` lost its coverage in place, `new` came without, `d` moved and stayed, `c` went away covered."""
    base = stock.report({"a.py": lines(1, 1, 1, 0)}, sources={"a.py": "a\nb\nc\nd\n"})
    head = stock.report({"a.py": lines(1, 0, 0, 0)}, sources={"a.py": "a\nb\nnew\nd\n"})

    found = _compared(fact(), base.sha, head.sha)["a.py"]

    assert (found.what, found.how) == ("changed", "text")
    assert found.tally == Tally(unc=1, cbc=1, ubc=1, lbc=1, dcb=1)
    assert found.patch == Patch(changed=1, measured=1)


def test_an_unchanged_text_needs_no_text(stock: Stock, fact: Known) -> None:
    base = stock.report({"a.py": lines(1, 1)}, sources={"a.py": "a\nb\n"})
    head = stock.report({"a.py": lines(1, 0)}, sources={"a.py": "a\nb\n"})

    found = _compared(fact(), base.sha, head.sha)["a.py"]

    assert found.how == "same"
    assert found.tally == Tally(cbc=1, lbc=1)


def test_without_texts_lines_are_only_compared_when_the_same_ones_are_executable(
    stock: Stock, fact: Known
) -> None:
    base = stock.report({"a.py": lines(1, 1), "b.py": lines(1, 1)})
    head = stock.report({"a.py": lines(1, 0), "b.py": lines(1, 1, 1)})

    found = _compared(fact(), base.sha, head.sha)

    assert (found["a.py"].how, found["a.py"].tally) == ("assumed", Tally(cbc=1, lbc=1))
    assert (found["b.py"].how, found["b.py"].tally) == ("unknown", Tally())


def test_added_and_deleted_files(stock: Stock, fact: Known) -> None:
    base = stock.report({"old.py": lines(1, 0)}, sources={"old.py": "one thing\nand another\n"})
    head = stock.report({"new.py": lines(0, 1)}, sources={"new.py": "wholly\ndifferent\ntext\n"})

    found = _compared(fact(), base.sha, head.sha)

    assert (found["old.py"].what, found["old.py"].tally) == ("deleted", Tally(dcb=1, dub=1))
    assert (found["new.py"].what, found["new.py"].patch) == (
        "added",
        Patch(changed=3, measured=2, covered=1),
    )


@pytest.mark.parametrize("edit", ["", "# a remark that is new\n"])
def test_a_renamed_file_is_one_file(stock: Stock, fact: Known, edit: str) -> None:
    """By equal text, or by most of its lines."""
    text = "".join(f"line number {number}\n" for number in range(8))
    base = stock.report({"old/name.py": lines(*[1] * 8)}, sources={"old/name.py": text})
    head = stock.report({"new/name.py": lines(*[1] * 8)}, sources={"new/name.py": text + edit})

    found = _compared(fact(), base.sha, head.sha)["new/name.py"]

    assert (found.what, found.old_path) == ("renamed", "old/name.py")
    assert found.tally == Tally(cbc=8)


def test_equal_reports_differ_in_nothing(stock: Stock, fact: Known) -> None:
    base = stock.report({"a.py": lines(1, 1)})
    head = stock.report({"a.py": lines(1, 1)})

    assert _compared(fact(), base.sha, head.sha) == {}


def test_a_large_comparison_is_made_by_the_task_and_kept(
    stock: Stock, fact: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparisons, "AT_ONCE", 1)
    base = stock.report({"a.py": lines(1), "b.py": lines(1), "c.py": lines(1)})
    head = stock.report({"a.py": lines(0), "b.py": lines(0), "c.py": lines(1)})
    project, sides = fact(), (_report(fact(), base.sha), _report(fact(), head.sha))

    assert compare.comparison(project=project, base=sides[0], head=sides[1]) is None
    comparisons.make(
        project_id=project.id,
        base_root=bytes.fromhex(sides[0].root),
        head_root=bytes.fromhex(sides[1].root),
        head_commit=head.pk,
    )
    found = compare.comparison(project=project, base=sides[0], head=sides[1])

    assert found is not None
    assert found.tally == Tally(lbc=2)
    assert Comparison.objects.get().files == 2


def test_the_base_is_where_the_branch_was_left(stock: Stock, fact: Known) -> None:
    root = stock.report({"a.py": lines(1)})
    left = stock.report({"a.py": lines(1)}, parent=root.sha)
    stock.report({"a.py": lines(1, 1)}, parent=left.sha)
    first = stock.report({"a.py": lines(0)}, "feature/x", parent=left.sha)
    second = stock.report({"a.py": lines(0, 1)}, "feature/x", parent=first.sha)

    found = compare.base_of(project=fact(), head=_commit(fact(), second.sha), branch="main")

    assert found.report is not None
    assert (found.code, found.report.commit.sha) == ("merge_base", left.sha)


def test_a_base_without_a_report_walks_back_and_says_so(stock: Stock, fact: Known) -> None:
    root = stock.report({"a.py": lines(1)})
    left = stock.commit(parent=root.sha)
    head = stock.report({"a.py": lines(0)}, "feature/x", parent=left.sha)

    found = compare.base_of(project=fact(), head=_commit(fact(), head.sha))

    assert found.report is not None
    assert (found.code, found.report.commit.sha) == ("ancestor", root.sha)
    assert "1 commit before" in found.why


def test_without_parents_the_newest_older_report_of_the_branch_is_the_base(stock: Stock, fact: Known) -> None:
    stock.report({"a.py": lines(1)})
    near = stock.report({"a.py": lines(1)})
    head = stock.report({"a.py": lines(0)}, "feature/x")

    found = compare.base_of(project=fact(), head=_commit(fact(), head.sha))

    assert found.report is not None
    assert (found.code, found.report.commit.sha) == ("branch", near.sha)


def test_a_declared_base_goes_first_and_none_may_be_found(stock: Stock, fact: Known) -> None:
    lonely = stock.report({"a.py": lines(1)}, "feature/x")

    assert compare.base_of(project=fact(), head=_commit(fact(), lonely.sha)).code == "none"
    older = stock.report({"a.py": lines(1)}, "other")
    found = compare.base_of(project=fact(), head=_commit(fact(), lonely.sha), declared=older.sha)
    assert found.code == "declared"
