"""Commits narrowed by author and by what went wrong; the tabs of a commit and of a git branch; git branches by age."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.projects.models import Branch, Commit, PullRequest
from covdash.reports.models import Upload
from covdash.reports.queries import commits
from tests.covdash.dashboards.test_reading import SESSION
from tests.covdash.reports.stock import Stock, lines, rich

PLACE = Place("acme/platform/shop")


@pytest.fixture
def reader(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def head(stock: Stock) -> Commit:
    """Five commits on main: good, a drop by Ben, one whose upload failed, one without a report, the head with two uploads."""
    now = timezone.now()
    stock.report({"a.py": lines(1, 1)}, at=now - timedelta(hours=5))
    drop = stock.report({"a.py": lines(1, 0)}, at=now - timedelta(hours=4))
    Commit.objects.filter(pk=drop.pk).update(author="Ben <b>", message="Drop it")
    failed = stock.commit(at=now - timedelta(hours=3))
    stock.upload(failed, {"a.py": lines(1, 0)})
    stock.upload(failed, {}, state="failed")
    stock.assemble(failed)
    stock.commit(at=now - timedelta(hours=2))
    made = stock.commit(at=now - timedelta(hours=1))
    stock.upload(
        made, {"a.py": lines(1, 0), "pay/b.py": rich()}, flags=["unit"], sources={"pay/lost.py": "x\n"}
    )
    stock.upload(made, {"a.py": lines(0, 1)}, flags=["e2e"])
    stock.assemble(made)
    return made


def titles(body: str) -> list[str]:
    table = body.partition('class="commits"')[2].partition("</table>")[0]
    return re.findall(r"data-row><bdi>([^<]+)</bdi>", table)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"author": "ben"}, ["Drop it"]),
        ({"show": "drop"}, ["Drop it"]),
        ({"show": "failed"}, ["Change 3"]),
        ({"show": "no-report"}, ["Change 4"]),
        ({"show": "no-report", "branch": "main", "author": "Ada"}, ["Change 4"]),
        ({"author": "nobody"}, []),
        ({"show": "nonsense"}, ["Change 5", "Change 4", "Change 3", "Drop it", "Change 1"]),
    ],
)
def test_commits_are_narrowed(
    reader: Client, head: Commit, words: dict[str, str], expected: list[str]
) -> None:
    with CaptureQueriesContext(connection) as asked:
        body = reader.get(PLACE.commits(**words)).content.decode()
    assert len(asked) - SESSION <= 8
    assert titles(body) == expected
    assert ("Ignored: show=nonsense" in body) == (words.get("show") == "nonsense")


def test_drops_are_looked_for_further_back(
    reader: Client, head: Commit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commits, "SCANNED", 2)
    body = reader.get(PLACE.commits(show="drop")).content.decode()
    assert "None among the newest commits" in body
    further = re.search(r'href="([^"]+after=[^"]+)"', body)
    assert further
    assert titles(reader.get(further[1].replace("&amp;", "&")).content.decode()) == ["Drop it"]


def test_tabs_of_a_commit(reader: Client, head: Commit) -> None:
    with CaptureQueriesContext(connection) as asked:
        body = reader.get(PLACE.commit_page(head.sha, tab="missing")).content.decode()
    assert len(asked) - SESSION <= 14
    assert "lost.py" in body
    assert PLACE.at(commit=head.sha).file("pay/lost.py") in body
    assert "charge" not in body
    answer = reader.get(PLACE.commit_page(head.sha, tab="changes"))
    assert (answer.status_code, answer["Location"]) == (302, PLACE.compare(head=head.sha))
    summary = reader.get(PLACE.commit_page(head.sha)).content.decode()
    for form in ("lcov.info", "cobertura.xml"):
        assert f'href="{PLACE.export(head.sha, form)}"' in summary
    older = Commit.objects.get(message="Drop it")
    assert (
        "No file is known to be missing"
        in reader.get(PLACE.commit_page(older.sha, tab="missing")).content.decode()
    )


def test_what_one_upload_alone_ran(reader: Client, head: Commit) -> None:
    unit = Upload.objects.get(commit=head, flags=["unit"])
    tab = PLACE.commit_page(head.sha, tab="uploads")
    preview = PLACE.commit_page(head.sha, tab="uploads", without=str(unit.pk))
    assert f'href="{preview.replace("&", "&amp;")}"' in reader.get(tab).content.decode()
    with CaptureQueriesContext(connection) as asked:
        body = reader.get(preview).content.decode()
    assert len(asked) - SESSION <= 14
    section = body.partition('id="alone"')[2].partition("</section>")[0]
    assert "<strong>3 lines</strong> of the 2 files" in section
    link = PLACE.at(commit=head.sha).viewed(without=str(unit.pk)).file("a.py")
    assert f'href="{link.replace("&", "&amp;")}"' in section
    assert "1 line of this file ran in no other upload" in reader.get(link).content.decode()
    for nonsense in ("nonsense", "<script>", str(Upload.objects.filter(state="failed").get().pk)):
        body = reader.get(tab, {"tab": "uploads", "without": nonsense}).content.decode()
        assert "This upload cannot be left out" in body
        assert "<script>" not in body.partition("<main")[2]


def test_tabs_of_a_branch(reader: Client, stock: Stock, head: Commit, cleo: User) -> None:
    stock.report({"a.py": lines(1, 1), "pay/b.py": rich()}, branch="feature/a b")
    words = {
        "summary": "Where does this branch go?",
        "files": "Files that differ from",
        "commits": "Filter them",
        "arms": "arm 1 of block 0 never taken",
    }
    for tab, said in words.items():
        with CaptureQueriesContext(connection) as asked:
            body = reader.get(PLACE.branch_page("feature/a b", tab=tab)).content.decode()
        assert len(asked) - SESSION <= 14, tab
        assert said in body, tab
        assert sum(other in body for other in words.values()) == 1, tab
    assert "Ignored: tab=nonsense" in reader.get(PLACE.branch_page("main", tab="nonsense")).content.decode()
    assert reader.get(PLACE.branch_page("gone", tab="files")).status_code == 404
    reader.force_login(cleo)
    assert reader.get(PLACE.branch_page("main", tab="arms")).status_code == 404


def test_a_newer_commit_without_a_report_is_named(reader: Client, stock: Stock, head: Commit) -> None:
    assert "has no report yet" not in reader.get(PLACE.branch_page("main")).content.decode()
    newer = stock.commit(at=timezone.now())
    body = reader.get(PLACE.branch_page("main")).content.decode()
    assert "has no report yet" in body
    assert newer.sha[:8] in body


def test_branches_by_age(reader: Client, stock: Stock, head: Commit) -> None:
    stale = stock.report({"a.py": lines(1)}, branch="stale/one", at=timezone.now() - timedelta(days=90))
    stock.commit("empty")
    PullRequest.objects.create(project=stock.project, number=7, head=stale)

    def named(state: str) -> list[str]:
        with CaptureQueriesContext(connection) as asked:
            body = reader.get(PLACE.branches(state=state)).content.decode()
        assert len(asked) - SESSION <= 8
        return re.findall(r"data-row><bdi>([^<]+)", body.replace("<wbr>", ""))

    assert named("active") == ["main"]
    assert named("stale") == ["stale/one"]
    assert named("merged") == []
    body = reader.get(PLACE.branches(state="merged")).content.decode()
    assert "As far as uploads tell" in body
    assert named("no-report") == ["empty"]
    assert len(named("nonsense")) == Branch.objects.count() == 3
    body = reader.get(PLACE.branches(state="stale")).content.decode()
    assert f'href="{PLACE.pull(7)}"' in body
