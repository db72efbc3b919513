"""Where the newest commit of the git branch has no report yet, each page of a report says so, and costs no more than it did."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.projects.facts import ProjectFact
from covdash.projects.models import Commit
from covdash.reports.queries import commits
from tests.covdash.dashboards.test_reading import SESSION
from tests.covdash.reports.stock import Stock, lines, rich

PLACE = Place("acme/platform/shop")
PATH = "pay/b.py"
SAYS = "has no report yet; showing"


@pytest.fixture
def head(stock: Stock) -> Commit:
    """The newest report of main."""
    stock.report({"a.py": lines(1, 0), PATH: rich()})
    return stock.report({"a.py": lines(1, 1), PATH: rich()}, flags=["unit"])


def pages(place: Place) -> dict[str, tuple[str, int]]:
    """Return the pages of a report with the SQL statements that each may take."""
    return {
        "overview": (place.overview(), 14),
        "tree": (place.tree("pay"), 8),
        "flat": (place.tree(flat=True), 8),
        "file": (place.file(PATH), 8),
        "map": (place.map("pay"), 8),
        "arms": (place.arms(), 8),
        "functions": (place.functions(), 8),
        "attention": (place.attention(), 14),
        "git branch": (place.branch_page("main"), 14),
    }


def note(body: str) -> str:
    """Return the words of the note, or ""."""
    found = re.search(rf'<p class="callout callout-wait">([^\n]*{SAYS}[^\n]*)</p>', body)
    return re.sub(r"<[^>]+>", "", found[1]) if found else ""


@pytest.mark.parametrize("name", pages(PLACE))
@pytest.mark.parametrize("state", ["failed", "processing", ""])
def test_the_newest_commit_without_a_report_is_named(
    client: Client, ada: User, stock: Stock, head: Commit, name: str, state: str
) -> None:
    client.force_login(ada)
    address, budget = pages(PLACE)[name]
    before = client.get(address)
    assert before.status_code == 200
    assert SAYS not in before.content.decode()
    stock.commit()
    newest = stock.commit()
    if state:
        stock.upload(newest, {}, state=state)

    with CaptureQueriesContext(connection) as asked:
        answer = client.get(address, headers={"If-None-Match": before["ETag"]} if "ETag" in before else {})

    assert answer.status_code == 200, "the page that the reader has does not know of it"
    body = answer.content.decode()
    assert (
        note(body)
        == f"Newest commit {newest.sha[:8]} has no report yet; showing {head.sha[:8]} (2 commits older)."
    )
    assert f'href="{PLACE.commit_page(newest.sha, tab="uploads")}"' in body
    assert f'href="{PLACE.commit_page(head.sha)}"' in body
    assert len(asked) - SESSION <= budget, [query["sql"][:120] for query in asked]


def test_it_is_said_only_of_the_git_branch_that_is_looked_at(
    client: Client, ada: User, stock: Stock, head: Commit
) -> None:
    client.force_login(ada)
    stock.report({"a.py": lines(1)}, "feature/x")
    newest = stock.commit("feature/x")

    assert newest.sha[:8] in note(client.get(PLACE.at(branch="feature/x").tree()).content.decode())
    assert newest.sha[:8] in note(
        client.get(PLACE.at(branch="feature/x").flagged("unit").tree()).content.decode()
    )
    for place in (PLACE, PLACE.flagged("unit"), PLACE.at(commit=head.sha)):
        assert note(client.get(place.tree()).content.decode()) == ""
    assert note(client.get(f"{PLACE.tree()}?branch=gone").content.decode()) == ""

    stock.upload(newest, {"a.py": lines(1)})
    stock.assemble(newest)
    assert note(client.get(PLACE.at(branch="feature/x").tree()).content.decode()) == ""


def test_commits_of_one_moment_are_told_apart_and_counted_up_to_a_limit(
    client: Client, ada: User, stock: Stock, fact: Callable[[], ProjectFact], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order of a git branch is by time, then as they came; an older commit without a report is no news."""
    older = stock.commit()
    head = stock.report({"a.py": lines(1)}, at=older.committed_at)
    same = [stock.commit(at=older.committed_at) for _ in range(3)]
    stock.commit(at=older.committed_at - timedelta(days=1))
    shown = commits.head(project=fact())
    assert shown is not None
    assert shown.commit.sha == head.sha

    found = commits.unreported(project=fact(), branch="main", head=shown.commit)
    assert found == tuple(one.sha for one in reversed(same))

    monkeypatch.setattr(commits, "NEWER", 2)
    monkeypatch.setattr("covdash.dashboards.pages.standing.NEWER", 2)
    client.force_login(ada)
    assert "(at least 2 commits older)" in note(client.get(PLACE.tree()).content.decode())
