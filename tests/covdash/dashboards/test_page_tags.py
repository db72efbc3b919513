"""Pages whose tag is made of the finished page: 304 exactly while it says the same; those of a finished commit are kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.dashboards.views import freshness
from covdash.headers import WROTE
from covdash.projects import wishes
from covdash.projects.models import Commit, Membership, Project, PullRequest
from covdash.reports import corrections
from covdash.reports.models import CommitReport, Upload
from tests.covdash.reports.stock import Stock, lines, rich

PLACE = Place("acme/platform/shop")
SHA = "ab12" * 10
AT = PLACE.at(commit=SHA)
KEPT = {
    "overview": AT.overview(),
    "tree": AT.tree("pay"),
    "file": AT.file("pay/b.py"),
    "map": AT.map("pay"),
    "arms": AT.arms(),
    "functions": AT.functions(),
    "attention": AT.attention(),
    "commit": PLACE.commit_page(SHA),
    "uploads of a commit": PLACE.commit_page(SHA, tab="uploads"),
}
PAGES = {
    "projects": "/",
    "rows of projects": "/?part=rows",
    "group": "/o/acme/platform/",
    "commits": PLACE.commits(),
    "commits of a branch": PLACE.commits(branch="feature/x"),
    "commit": PLACE.commit_page(SHA),
    "branches": PLACE.branches(),
    "branch": PLACE.branch_page("feature/x"),
    "trend of a branch": PLACE.branch_page("feature/x", tab="trend"),
    "compare": PLACE.compare("main", "feature/x"),
    "nothing to compare": PLACE.compare("main", "nowhere"),
    "pulls": PLACE.pulls(),
    "pull": PLACE.pull(7),
    "uploads": PLACE.uploads(),
}
NOW = datetime(2026, 6, 30, 12, 1, tzinfo=UTC)
RULES = [{"name": "auth", "paths": ["pay/**"], "weight": 10, "floors": {"lines": 90}}]


@pytest.fixture
def filled(stock: Stock, monkeypatch: pytest.MonkeyPatch) -> Stock:
    """Two commits of main that are long finished, the newer one at `SHA`; a git branch with a pull request."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    stock.report({"a.py": lines(1, 0), "pay/b.py": rich()}, at=NOW - timedelta(days=3))
    commit = stock.commit(at=NOW - timedelta(days=2), sha=SHA)
    stock.upload(commit, {"a.py": lines(1, 1), "pay/b.py": rich()}, flags=["unit"])
    stock.assemble(commit)
    head = stock.report({"a.py": lines(1, 1)}, "feature/x", parent=SHA, at=NOW - timedelta(hours=9))
    PullRequest.objects.create(project=stock.project, number=7, head=head, base="main")
    CommitReport.objects.update(updated_at=NOW - timedelta(hours=2))
    Upload.objects.update(received_at=NOW - timedelta(hours=3))
    return stock


def again(client: Client, address: str, tag: str) -> HttpResponse:
    answer: HttpResponse = client.get(address, headers={"If-None-Match": tag})
    return answer


def said(page: HttpResponse) -> str:
    """Return a page without what differs each time that it is made."""
    return re.sub(r'csrfmiddlewaretoken" value="[^"]*"', "", page.content.decode())


@pytest.mark.parametrize("name", PAGES)
def test_an_unchanged_page_is_not_sent_again(
    client: Client, ada: User, ben: User, filled: Stock, name: str
) -> None:
    client.force_login(ada)
    first = client.get(PAGES[name])
    second = again(client, PAGES[name], first["ETag"])

    assert (first.status_code, second.status_code, second.content) == (200, 304, b"")
    assert second["ETag"] == first["ETag"]
    assert second["Cache-Control"] == first["Cache-Control"]
    assert "Cookie" in first["Vary"]
    client.force_login(ben)
    assert again(client, PAGES[name], first["ETag"]).status_code == 200 or "part" in PAGES[name]
    client.logout()
    assert again(client, PAGES[name], first["ETag"]).status_code != 304


def received(stock: Stock, ada: User) -> None:
    upload = stock.upload(Commit.objects.get(sha=SHA), {}, state="received")
    Upload.objects.filter(pk=upload.pk).update(received_at=NOW)


def failed(stock: Stock, ada: User) -> None:
    upload = stock.upload(Commit.objects.get(sha=SHA), {}, state="failed")
    Upload.objects.filter(pk=upload.pk).update(received_at=NOW)


def report(stock: Stock, ada: User) -> None:
    stock.report({"a.py": lines(0, 0)}, "feature/x", at=NOW - timedelta(hours=1))


def excluded(stock: Stock, ada: User) -> None:
    upload = Upload.objects.get(commit__sha=SHA)
    corrections.exclude(project_id=stock.project.pk, upload_id=upload.pk, why="Wrong job", actor=ada)


def public(stock: Stock, ada: User) -> None:
    Project.objects.update(is_public=True)


def role(stock: Stock, ada: User) -> None:
    Membership.objects.filter(user=ada).update(role=Membership.Role.MEMBER)


def rules(stock: Stock, ada: User) -> None:
    wishes.write_section(project_id=stock.project.pk, actor=ada, section="components", said=RULES)


def default(stock: Stock, ada: User) -> None:
    Project.objects.update(default_branch="feature/x")


ALL = frozenset(PAGES)
OF_PROJECT = ALL - {"projects", "rows of projects", "group"}
SEEN: dict[Callable[[Stock, User], None], frozenset[str]] = {
    received: frozenset({"commits", "commit", "uploads"}),
    failed: frozenset({"projects", "rows of projects", "group", "commits", "commit", "uploads"}),
    report: frozenset(
        {"commits", "commits of a branch", "branches", "branch", "trend of a branch", "compare"}
    ),
    excluded: frozenset({"commits", "commit", "uploads"}),
    public: OF_PROJECT,
    role: OF_PROJECT,
    default: frozenset({"projects", "group", "branches", "branch"}),
    rules: frozenset(),
}
"""What happens, and pages that must show it; others may."""


@pytest.mark.parametrize("change", SEEN, ids=lambda change: change.__name__)
def test_a_page_is_sent_exactly_when_it_says_something_else(
    client: Client, ada: User, filled: Stock, change: Callable[[Stock, User], None]
) -> None:
    client.force_login(ada)
    before = {name: client.get(address) for name, address in PAGES.items()}
    change(filled, ada)
    sent = set()
    for name, address in PAGES.items():
        answer = again(client, address, before[name]["ETag"])
        fresh = client.get(address)
        assert (answer.status_code == 304) == (said(fresh) == said(before[name])), name
        if answer.status_code != 304:
            sent.add(name)
    assert sent >= SEEN[change]


def test_times_do_not_stand_still(
    client: Client, ada: User, filled: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(ada)
    first = client.get(PLACE.commits())
    assert "9 h ago" in first.content.decode()
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(hours=1))

    answer = again(client, PLACE.commits(), first["ETag"])

    assert answer.status_code == 200
    assert "10 h ago" in answer.content.decode()


def test_a_message_is_not_seen_again(client: Client, ada: User, filled: Stock) -> None:
    """The form of a page that was kept works on, and what it answers is read once."""
    client.force_login(ada)
    upload = Upload.objects.get(commit__sha=SHA)
    page = client.post(f"{PLACE.upload(str(upload.pk))}/exclude", {"why": "Wrong job"}, follow=True)
    assert "callout-done" in page.content.decode()
    answer = again(client, page.redirect_chain[-1][0], page["ETag"])
    assert answer.status_code == 200
    assert "callout-done" not in answer.content.decode()


def test_a_form_under_another_secret_is_sent_again(client: Client, ada: User, filled: Stock) -> None:
    """After signing in anew the form of the old page would be refused."""
    client.force_login(ada)
    tag = client.get(KEPT["commit"])["ETag"]
    assert again(client, KEPT["commit"], tag).status_code == 304
    client.logout()
    client.force_login(ada)
    assert again(client, KEPT["commit"], tag).status_code == 200


@pytest.mark.parametrize("name", KEPT)
def test_a_page_of_a_finished_commit_is_kept(client: Client, ada: User, filled: Stock, name: str) -> None:
    client.force_login(ada)
    first = client.get(KEPT[name])
    assert first["Cache-Control"] == "private, max-age=300"
    assert "Cookie" in first["Vary"]
    second = again(client, KEPT[name], first["ETag"])
    assert (second.status_code, second["Cache-Control"]) == (304, "private, max-age=300")


def waiting(stock: Stock) -> None:
    stock.upload(Commit.objects.get(sha=SHA), {}, state="processing")


def collecting(stock: Stock) -> None:
    Commit.objects.filter(sha=SHA).update(complete_at=None, completeness={"why": "quiet"})


def changed(stock: Stock) -> None:
    CommitReport.objects.update(updated_at=NOW - timedelta(minutes=59))


@pytest.mark.parametrize("name", ["tree", "commit"])
def test_a_page_with_a_message_is_not(client: Client, ada: User, filled: Stock, name: str) -> None:
    client.force_login(ada)
    client.post(f"{PLACE.root}-/attention/dismiss", {})
    first = client.get(KEPT[name])
    assert "Nothing was hidden." in first.content.decode()
    assert first["Cache-Control"] == "private, no-cache"
    assert client.get(KEPT[name])["Cache-Control"] == "private, max-age=300"


@pytest.mark.parametrize("name", KEPT)
@pytest.mark.parametrize("state", [waiting, collecting, changed])
def test_a_page_of_a_commit_that_may_change_is_not(
    client: Client, ada: User, filled: Stock, name: str, state: Callable[[Stock], None]
) -> None:
    client.force_login(ada)
    tag = client.get(KEPT[name])["ETag"]
    state(filled)
    answer = again(client, KEPT[name], tag)
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer.status_code == 200 or state is changed


def test_what_is_not_pinned_is_asked_about_each_time(client: Client, ada: User, filled: Stock) -> None:
    client.force_login(ada)
    short = PLACE.at(commit=SHA[:12])
    for address in (PLACE.tree(), PLACE.at(branch="main").tree(), short.tree(), "/", PLACE.commits()):
        assert client.get(address)["Cache-Control"] == "private, no-cache", address


def test_a_new_edition_makes_new_tags(
    client: Client, ada: User, filled: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(ada)
    tag = client.get(KEPT["tree"])["ETag"]
    monkeypatch.setattr(freshness, "EDITION", "newer")
    assert again(client, KEPT["tree"], tag).status_code == 200


def test_whoever_sends_a_form_keeps_no_page_from_before(client: Client, ada: User, filled: Stock) -> None:
    """The cookie lives as long as pages are kept; reading sets none, nor does an upload."""
    client.force_login(ada)
    client.get(KEPT["tree"])
    assert WROTE not in client.cookies
    address = f"{PLACE.root}-/attention/dismiss"
    client.post(address, {})
    first = client.cookies[WROTE]
    assert (first["max-age"], first["httponly"], first["samesite"]) == (300, True, "Lax")
    client.post(address, {})
    assert client.cookies[WROTE].value != first.value
    assert WROTE not in Client().post("/api/v1/uploads", {}).cookies
