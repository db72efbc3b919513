"""The trends page, its CSV and its JSON: the same rows, for readers of the project only, whatever the words of the address."""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone

from covdash.accounts.models import User
from covdash.audit import trail
from covdash.coverage.components import Rules
from covdash.dashboards.pages import trends as pages
from covdash.projects.models import Commit, Membership, Project
from covdash.reports.models import CommitReport, ReviewDecision, ReviewNote, Upload
from tests.covdash.reports.stock import Stock, lines, rich

HERE = "/p/acme/platform/shop/-/trends"
COMPONENTS = [
    {"name": "pay", "paths": ["src/pay/**"], "floors": {"lines": 80.0}},
    {"name": "=rest", "paths": ["**"]},
]


@pytest.fixture
def filled(stock: Stock) -> Stock:
    """Four commits in the last six weeks; weeks two and three before now have none."""
    monday = timezone.now() - timedelta(days=timezone.now().weekday())
    for weeks, hits in ((5, (1, 0, 0, 0)), (4, (1, 1, 0, 0)), (1, (1, 1, 1, 0))):
        stock.report(
            {"src/a.py": lines(*hits), "src/pay/b.py": rich()},
            at=monday - timedelta(weeks=weeks),
            flags=["unit"],
        )
    stock.report({"src/a.py": lines(1, 1, 1, 1)}, at=monday - timedelta(minutes=5), flags=["slow"])
    return stock


@pytest.fixture
def reader(client: Client, ben: User) -> Client:
    client.force_login(ben)
    return client


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return html.unescape((b"".join(answer) if answer.streaming else answer.content).decode())


def rows(reader: Client, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text(reader.get(f"{HERE}.json?{query}")))["rows"]
    return found


@pytest.mark.parametrize("form", ["", ".csv", ".json"])
def test_strangers_get_404(filled: Stock, client: Client, cleo: User, form: str) -> None:
    assert client.get(f"{HERE}{form}").status_code == 404
    client.force_login(cleo)
    assert client.get(f"{HERE}{form}").status_code == 404


def test_the_page_tells_the_finding(
    filled: Stock, reader: Client, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(12):  # two of them are those of the session
        found = text(reader.get(HERE))

    assert "<title>Lines rose by " in found
    assert "Trends of main" in found
    assert found.count('<a href="/p/acme/platform/shop/-/commit/') == 4
    assert "/-/compare?base=" in found
    assert 'aria-current="page">Trends</a>' in found


def test_a_path_costs_two_statements_more(
    filled: Stock, reader: Client, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(14):
        text(reader.get(f"{HERE}?path=src/a.py&flag=unit&flag=slow"))


def test_csv_json_and_table_have_the_same_numbers(filled: Stock, reader: Client) -> None:
    page = text(reader.get(f"{HERE}?metric=line"))
    listed = list(csv.DictReader(io.StringIO(text(reader.get(f"{HERE}.csv?metric=line")))))
    values = [row["values"][0] for row in rows(reader, "metric=line")]

    assert values == [{"covered": n, "total": t} for n, t in ((3, 7), (4, 7), (5, 7), (4, 4))]
    assert [(row["Lines: covered"], row["Lines: total"]) for row in listed] == [
        (str(value["covered"]), str(value["total"])) for value in values
    ]
    for row in listed:
        assert row["commit"][:8] in page
        assert (
            f"{row['Lines: covered']}\u2009/\u2009{row['Lines: total']}" in page
            or f"{row['Lines: covered']} / {row['Lines: total']}" in page
        )


def test_a_week_without_a_report_is_one_hole(filled: Stock, reader: Client) -> None:
    found = rows(reader, "grain=week&metric=lines")

    assert [row["values"][0] and row["values"][0]["covered"] for row in found] == [3, 4, None, 5, 4]
    assert found[2]["sha"] is None
    assert " to " in found[2]["period"]
    assert "no report" in text(reader.get(f"{HERE}?grain=week"))


def test_of_a_period_the_last_complete_report_counts(stock: Stock, reader: Client) -> None:
    now = timezone.now()
    day = now.replace(hour=12) - timedelta(days=now.weekday() + 7)
    for hours, hits in ((0, (1, 0)), (1, (1, 1)), (2, (0, 0))):
        commit = stock.report({"a.py": lines(*hits)}, at=day + timedelta(hours=hours))
    assert [row["values"][0]["covered"] for row in rows(reader, "grain=day")] == [0]
    Commit.objects.filter(pk=commit.pk).update(completeness={"why": "waiting"}, complete_at=None)
    assert [(row["values"][0]["covered"], row["complete"]) for row in rows(reader, "grain=day")] == [
        (2, True)
    ]
    assert [row["complete"] for row in rows(reader, "grain=commit")] == [True, True, False]


def test_flags_and_paths(filled: Stock, reader: Client) -> None:
    by_flag = rows(reader, "flag=unit&flag=slow&metric=lines")
    assert [[value and value["covered"] for value in row["values"]] for row in by_flag] == [
        [3, None], [4, None], [5, None], [None, 4]
    ]  # fmt: skip
    of_path = rows(reader, "path=src/pay&metric=lines")
    assert [row["values"][0] and row["values"][0]["total"] for row in of_path] == [3, 3, 3, None], (
        "gone at last"
    )
    assert [row["values"][0]["covered"] for row in rows(reader, "path=src/a.py")] == [1, 2, 3, 4]
    window = f"from={(timezone.now() - timedelta(days=21)).date()}"
    assert [row["values"][0]["covered"] for row in rows(reader, f"path=src/a.py&{window}")] == [3, 4]
    assert rows(reader, "path=nowhere")[0]["values"] == [None, None]


def test_components_are_lines_and_small_multiples(
    filled: Stock, reader: Client, project: Project, django_assert_max_num_queries: Any
) -> None:
    Project.objects.filter(pk=project.pk).update(settings={"components": COMPONENTS})
    mark = Rules((one["name"], tuple(one["paths"])) for one in COMPONENTS).mark  # type: ignore[arg-type,misc]
    for covered, report in enumerate(
        CommitReport.objects.filter(flag="").order_by("commit__committed_at"), 1
    ):
        report.components = {
            "pay": {"lines": {"covered": 2, "total": 3}},
            "=rest": {"lines": {"covered": covered, "total": 4}},
        }
        report.components_digest = f"{mark}.x"
        report.save()
    with django_assert_max_num_queries(12):
        page = text(reader.get(f"{HERE}?component=%3Drest&metric=lines"))
    assert page.index(">pay</bdi></a>") < page.index(">=rest</bdi></a>"), "by slope"
    assert "80 %" in page
    assert [row["values"][0]["covered"] for row in rows(reader, "component=%3Drest&metric=lines")] == [
        1,
        2,
        3,
        4,
    ]
    assert "'=rest: covered" in text(reader.get(f"{HERE}.csv?component=%3Drest&metric=lines"))
    other = rows(reader, "component=pay&metric=lines")
    assert other[0]["values"] == [{"covered": 2, "total": 3}]


def test_releases_settings_and_tools_are_marks(filled: Stock, reader: Client, project: Project) -> None:
    first, second, third, _ = Commit.objects.filter(project=project).order_by("committed_at")
    Commit.objects.filter(pk=second.pk).update(tag="=v2.4")
    trail.note(project_id=project.pk, actor=None, action="settings.change", target="components")
    for commit, producer in ((first, "gcov 1"), (second, "gcov 1"), (third, "gcov 2")):
        outcome = {"name": "a", "state": "parsed", "format": "lcov", "producer": producer}
        Upload.objects.filter(commit=commit).update(outcomes=[outcome])
    found = [[(mark["kind"], mark["text"]) for mark in row["marks"]] for row in rows(reader)]

    assert found == [
        [], [("release", "=v2.4")], [("tool", "lcov by gcov 2")], [("settings", "settings of components changed")]
    ]  # fmt: skip
    page = text(reader.get(HERE))
    assert "measuring changed: " in page
    assert "1 release. Measuring changed 2 times" in page


def said(project: Project, branch: str = "main", *, weeks: int = 3) -> date:
    """Keep a note and a decision to the period of a git branch that ended `weeks` ago; returns its last day."""
    until = (timezone.now() - timedelta(weeks=weeks)).date()
    period: dict[str, Any] = {"project": project, "branch": branch, "until": until}
    ReviewNote.objects.create(body="**Among us**: `pay` first\n\nMore.", **period)
    ReviewDecision.objects.create(text=f"Test **pay** {'x' * 200}", **period)
    return until


def test_what_the_team_said_leads_to_the_review(filled: Stock, reader: Client, project: Project) -> None:
    until = said(project)
    said(project, "other")
    said(project, weeks=60)  # not in the range

    page = text(reader.get(HERE))

    address = f"/p/acme/platform/shop/-/review?until={until}"
    assert f'note of {until}: <a href="{address}"><bdi>Among us: pay first</bdi></a>' in page
    assert f'decision of {until}: <a href="{address}"><bdi>Test **pay** xxx' in page
    assert "x" * 110 not in page, "long ones are cut"
    assert page.count(f'"href": "{address}"') == 1, "drawn as one"
    assert "1 note, 1 decision" in page
    assert reader.get(address).status_code == 200
    marked = [row["marks"] for row in rows(reader)]
    assert [[mark["kind"] for mark in marks] for marks in marked] == [[], [], ["note", "decision"], []]
    assert marked[2][0]["text"] == "Among us: pay first"
    assert "; decision of" in text(reader.get(f"{HERE}.csv"))


def test_the_review_of_another_git_branch_is_of_that_branch(
    filled: Stock, reader: Client, project: Project
) -> None:
    for days in (30, 1):
        filled.report({"a.py": lines(1)}, "feature/a b", at=timezone.now() - timedelta(days=days))
    until = said(project, "feature/a b")

    for address in (f"{HERE}?branch=feature/a+b", "/p/acme/platform/shop/-/branch/feature/a%20b?tab=trend"):
        page = text(reader.get(address))
        assert f'/-/review?until={until}&branch=feature/a%20b"' in page, address
        assert "Among us" in page
    assert "Among us" not in text(reader.get(HERE))


@pytest.mark.parametrize("who", ["nobody", "cleo"])
def test_only_members_see_what_the_team_said(
    filled: Stock, client: Client, cleo: User, project: Project, who: str
) -> None:
    """As on the review page: who reads a public project without being a member is not told."""
    Project.objects.filter(pk=project.pk).update(is_public=True)
    said(project)
    if who == "cleo":
        client.force_login(cleo)
    for address in (HERE, f"{HERE}.csv", f"{HERE}.json", "/p/acme/platform/shop/-/branch/main?tab=trend"):
        found = text(client.get(address))
        assert "Among us" not in found, address
        assert "decision" not in found, address
    member = Membership.objects.create(project=project, user=cleo, role=Membership.Role.MEMBER)
    client.force_login(cleo)
    assert "Among us" in text(client.get(HERE))
    member.delete()
    assert "Among us" not in text(client.get(HERE))


def test_more_than_six_lines_are_said(filled: Stock, reader: Client) -> None:
    page = text(
        reader.get(
            f"{HERE}?flag=unit&flag=slow&metric=lines,branches&metric=functions&metric=paths&metric=branches&metric=conditions"
        )
    )
    assert "more lines" not in page or "in the table only" in page
    page = text(
        reader.get(
            f"{HERE}?flag=unit&flag=slow&"
            + "&".join(f"metric={kind}" for kind in ("lines", "branches", "functions", "paths"))
        )
    )
    assert "2 more lines are in the table only" in page


def test_counts_tell_what_was_deleted(filled: Stock, reader: Client) -> None:
    page = text(reader.get(f"{HERE}?unit=count&metric=lines"))

    assert "Missed lines fell by 4" in page
    assert "total lines fell by 3" in page


def test_another_git_branch_and_one_that_is_not_there(filled: Stock, reader: Client) -> None:
    filled.report({"a.py": lines(1)}, "feature/a b", at=timezone.now())

    assert "Trends of feature/a b" in text(reader.get(f"{HERE}?branch={quote('feature/a b')}"))
    assert reader.get(f"{HERE}?branch=nowhere").status_code == 404


def test_a_project_without_a_report_says_so(reader: Client, project: Project) -> None:
    assert "No report in this time" in text(reader.get(HERE))
    assert text(reader.get(f"{HERE}.csv")).startswith("period,time,commit,complete")


def nasty() -> Iterator[str]:
    words = (
        "<script>alert(1)</script>",
        "x" * 4000,
        "%",
        "#?&",
        "\u202eabc",
        "-1",
        "9999-99-99",
        "0",
        "'\"",
        "=1+1",
    )
    for word in ("metric", "flag", "component", "path", "grain", "from", "to", "range", "y", "unit"):
        for value in words:
            yield f"{word}={quote(value)}"


def test_no_word_breaks_the_page(filled: Stock, reader: Client) -> None:
    for query in nasty():
        for form in ("", ".csv", ".json"):
            answer = reader.get(f"{HERE}{form}?{query}")
            assert answer.status_code == 200, query
            body = b"".join(answer) if answer.streaming else answer.content
            if not form:
                assert b"<script>alert" not in body
    page = text(reader.get(f"{HERE}?grain=foo&metric=bar&from=0001-01-01&to=9999-12-31"))
    assert "grain=foo" in page
    assert "metric=bar" in page


def test_a_tag_or_a_flag_with_markup_is_text(filled: Stock, reader: Client, project: Project) -> None:
    evil = "</script><img src=x onerror=alert(1)>"
    Commit.objects.filter(project=project).update(tag=evil)
    answer = reader.get(f"{HERE}?flag={quote(evil)}&flag=unit")

    assert evil.encode() not in answer.content


def test_a_branch_page_has_every_commit_beside_the_default_branch(
    filled: Stock, reader: Client, django_assert_max_num_queries: Any
) -> None:
    for hits in ((1, 0), (1, 1)):
        filled.report({"src/a.py": lines(*hits)}, "feature/a b", at=timezone.now())
    with django_assert_max_num_queries(9):
        page = text(reader.get("/p/acme/platform/shop/-/branch/feature/a%20b?tab=trend"))
    assert "Lines rose by 50.0 pp" in page
    assert "main, lines" in page
    assert "The thin line is <bdi>main</bdi>" in page
    assert "?tab=trend" in text(reader.get("/p/acme/platform/shop/-/branch/feature/a%20b"))
    assert "The thin line" not in text(reader.get("/p/acme/platform/shop/-/branch/main?tab=trend"))


def test_more_points_than_a_page_holds_are_put_together_and_said(
    reader: Client, filled: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST", 3)
    page = text(reader.get(f"{HERE}?grain=commit"))
    assert "One point a commit would be more than a page holds: it is one a " in page
    assert len(rows(reader, "grain=commit")) == 4, "the JSON has every one"
    monkeypatch.setattr(pages, "MOST", 4)
    assert "more than a page holds" not in text(reader.get(f"{HERE}?grain=commit"))
