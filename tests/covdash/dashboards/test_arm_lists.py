"""Lists of arms that compare reports: lost, new since a day or a commit, flaky; what they say of the past, and by kind."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.coverage.lines import FileCoverage
from covdash.projects.models import Commit
from covdash.reports import comparing
from tests.covdash.dashboards.test_gap_filters import arms, get, options, said
from tests.covdash.reports.stock import START, Stock, lines

TEXT = "if paid:\n    ship()\nelse:\n    wait()\ndone()\n"
MOVED = f"import this\n{TEXT}"


def fork(then: int, other: int, line: int = 1) -> FileCoverage:
    """Lines that ran, the first of them a condition with two ways."""
    return arms((line, f"-> {line + 1}", then), (line, f"-> {line + 4}", other))


def places(body: str) -> list[str]:
    """Return file and line of each row of a page, in order."""
    listed = re.findall(r'<a class="gap-place" href="[^"]*/file/([^"?#]+)\?[^"]*#L(\d+)"', body)
    return [f"{path}:{line}" for path, line in listed]


@pytest.fixture
def reader(client: Client, ben: User) -> Client:
    client.force_login(ben)
    return client


@pytest.fixture
def past(stock: Stock) -> list[Commit]:
    """Three reports of main, a day apart: a.py loses its else when a line comes before it, b.py is moved and loses it, c.py is new."""
    rest = {"same.py": fork(1, 0)}
    first = stock.report(
        {"a.py": fork(1, 1), "old/b.py": fork(1, 1), **rest},
        sources={"a.py": TEXT, "old/b.py": TEXT + "# b\n"},
        at=START,
    )
    second = stock.report(
        {"a.py": fork(1, 1), "old/b.py": fork(1, 1), **rest},
        sources={"a.py": TEXT, "old/b.py": TEXT + "# b\n"},
        at=START + timedelta(days=1),
    )
    third = stock.report(
        {"a.py": fork(1, 0, 2), "new/b.py": fork(0, 1), "c.py": fork(1, 0), **rest},
        sources={"a.py": MOVED, "new/b.py": TEXT + "# b\n", "c.py": TEXT},
        at=START + timedelta(days=2),
    )
    return [first, second, third]


def test_lost_arms_are_followed_through_edits_and_renames(
    reader: Client, past: list[Commit], django_assert_max_num_queries: Any
) -> None:
    get(reader, "arms?show=lost")
    with django_assert_max_num_queries(10):  # two of them are of the session
        body = get(reader, "arms?show=lost")

    assert places(body) == ["a.py:2", "new/b.py:1"]
    assert said(body) == [
        "condition false, else: jump to line 6 never taken",
        "condition true: jump to line 2 never taken",
    ]
    assert f"<code>{past[1].sha[:8]}</code>" in body
    assert f"compare?base={past[1].sha}&amp;head={past[2].sha}&amp;tab=indirect" in body
    assert "2 files of the 2 that were looked into have such an arm" in body
    assert places(get(reader, "arms?show=lost&kind=else")) == ["a.py:2"]
    assert places(get(reader, "arms?show=lost&file=new/b.py")) == ["new/b.py:1"]


def test_a_base_is_named_by_commit_or_git_branch(reader: Client, stock: Stock, past: list[Commit]) -> None:
    stock.report({"c.py": fork(1, 1)}, "topic", sources={"c.py": TEXT}, at=START + timedelta(hours=30))

    assert places(get(reader, f"arms?show=lost&base={past[0].sha[:10]}")) == ["a.py:2", "new/b.py:1"]
    assert places(get(reader, "arms?show=lost&base=topic")) == ["c.py:1"]
    body = get(reader, "arms?show=lost&base=nowhere")
    assert "Ignored: base=nowhere" in body
    assert places(body) == ["a.py:2", "new/b.py:1"]


def test_reports_without_lines_are_no_past(reader: Client, past: list[Commit]) -> None:
    """Retention removed what they had: the report before them is compared with."""
    Commit.objects.filter(pk=past[1].pk).update(thinned_at=START)

    assert f"<code>{past[0].sha[:8]}</code>" in get(reader, "arms?show=lost")
    assert f"Ignored: base={past[1].sha}" in get(reader, f"arms?show=lost&base={past[1].sha}")
    since = (START + timedelta(days=2)).date().isoformat()
    assert f"<code>{past[0].sha[:8]}</code>" in get(reader, f"arms?since={since}")
    assert "The newest 2 reports of the git branch are compared." in get(reader, "arms?show=flaky")


def test_since_leaves_arms_that_a_report_did_not_know(
    reader: Client, past: list[Commit], django_assert_max_num_queries: Any
) -> None:
    """New lines and lost arms, each with the commit in which it was first seen; a day counts from its beginning."""
    new = ["a.py:2", "c.py:1", "new/b.py:1"]
    get(reader, "arms?since=2026-01-07")
    with django_assert_max_num_queries(10):
        body = get(reader, "arms?since=2026-01-07")

    assert sorted(places(body)) == new
    assert len(re.findall(rf"first seen in <a[^>]*><code>{past[2].sha[:8]}</code>", body)) == 3
    assert sorted(places(get(reader, f"arms?since={past[0].sha}"))) == new
    assert places(get(reader, f"arms?since={past[2].sha}")) == []
    assert "No arm is new here" in get(reader, "arms?since=2026-01-09")
    older = get(reader, "arms?since=2026-01-01")
    assert sorted(places(older)) == [*new, "same.py:1"]
    assert "No report of this git branch is older" in older
    assert re.search(r'name="since" value="2026-01-07"', body)


def test_one_file_says_since_when_its_arms_are_not_taken(reader: Client, past: list[Commit]) -> None:
    for path, words, commit in (("a.py", "in", past[2]), ("same.py", "in or before", past[0])):
        door = f'first seen {words} <a href="/p/acme/platform/shop/-/commit/{commit.sha}">'
        assert door in get(reader, f"arms?file={path}")
    assert "first seen" not in get(reader, "arms")


def test_what_does_not_go_together_is_ignored_and_named(reader: Client, past: list[Commit]) -> None:
    assert "Ignored: since=2026-01-07" in get(reader, "arms?show=lost&since=2026-01-07")
    assert "Ignored: base=main" in get(reader, "arms?base=main")
    assert "Ignored: since=soon" in get(reader, "arms?since=soon")
    assert "Ignored: since=2026-99-99" in get(reader, "arms?since=2026-99-99")
    assert "Ignored: group=foo" in get(reader, "arms?group=foo")
    assert "Ignored" not in get(reader, "arms?show=never&group=file")


def test_flaky_arms_are_taken_by_some_reports_of_one_text(
    reader: Client, stock: Stock, django_assert_max_num_queries: Any
) -> None:
    """An edit ends the past of a file, a report that is still collecting has no say, and a file without text cannot be told."""
    for other, edited, unknown in ((1, 1, 1), (0, 0, 0), (1, 0, 1)):
        stock.report(
            {"flips.py": fork(1, other), "edited.py": fork(1, edited), "unknown.py": fork(1, unknown)},
            sources={"flips.py": TEXT, "edited.py": MOVED if edited else TEXT},
        )
    collecting = stock.report({"edited.py": fork(0, 1)}, sources={"edited.py": TEXT})
    Commit.objects.filter(pk=collecting.pk).update(complete_at=None, completeness={"why": "quiet"})
    stock.report(
        {"flips.py": fork(1, 1), "edited.py": fork(1, 0)}, sources={"flips.py": TEXT, "edited.py": TEXT}
    )
    get(reader, "arms?show=flaky")

    with django_assert_max_num_queries(10):
        body = get(reader, "arms?show=flaky")

    assert places(body) == ["flips.py:1"]
    assert said(body) == ["jump to line 5 taken in 3 of 4 reports, changed twice"]
    assert "The newest 4 reports of the git branch are compared" in body
    table = reader.get("/p/acme/platform/shop/-/arms.csv?show=flaky")
    rows = b"".join(table.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert rows[1].endswith(",if paid:,else,,3 of 4,")


def test_an_empty_list_says_what_would_be_here(reader: Client, stock: Stock) -> None:
    stock.report({"a.py": fork(1, 1)}, sources={"a.py": TEXT})

    assert "main has no earlier report" in get(reader, "arms?show=lost")
    assert "main has one report" in get(reader, "arms?show=flaky")
    assert "Every known arm has run" in get(reader, "arms")
    stock.report({"a.py": fork(1, 1)}, sources={"a.py": TEXT})
    assert "No arm was lost" in get(reader, "arms?show=lost")
    assert "No arm comes and goes" in get(reader, "arms?show=flaky")


def test_what_cannot_be_compared_is_counted(reader: Client, stock: Stock) -> None:
    """The lines of a file changed, and nobody sent its text."""
    stock.report({"a.py": fork(1, 1)})
    plain = lines(1, 1, 1, 1)
    longer = FileCoverage(plain.lines, plain.hits, plain.states, fork(1, 0).outcomes)
    stock.report({"a.py": longer})

    assert "1 file could not be compared: its text changed and was not sent." in get(reader, "arms?show=lost")


def test_arms_stand_together_by_kind(reader: Client, past: list[Commit]) -> None:
    body = get(reader, "arms?group=kind&show=lost")

    assert re.findall(r"<h2>([^<]+)</h2>", body) == ["Condition true", "Condition false, else"]
    assert places(body) == ["new/b.py:1", "a.py:2"]
    assert options(body, "group") == {"": False, "kind": True}
    assert "arms?show=lost&amp;kind=else" in body
    assert "group=kind" in body.partition('class="pills"')[2].partition("</ul>")[0]


def test_what_is_known_of_two_roots_is_not_looked_for_again(
    reader: Client, past: list[Commit], monkeypatch: pytest.MonkeyPatch
) -> None:
    get(reader, "arms?show=lost")
    monkeypatch.setattr(comparing, "pairs_of", None)

    assert places(get(reader, "arms?show=lost")) == ["a.py:2", "new/b.py:1"]


def test_a_table_has_the_words_of_its_page(reader: Client, past: list[Commit]) -> None:
    table = reader.get("/p/acme/platform/shop/-/arms.csv?since=2026-01-07&kind=else")
    rows = b"".join(table.streaming_content).decode().splitlines()  # type: ignore[attr-defined]

    assert sorted(row.split(",")[0] for row in rows[1:]) == ["a.py", "c.py"]
    assert all(row.endswith(f",else,{past[2].sha},,") for row in rows[1:])
