"""Trends, their rows and the review are not made again for who has them; a change makes a new tag, and no message comes twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.dashboards.views import freshness
from covdash.projects import wishes
from covdash.projects.models import Commit, Membership
from covdash.reports import comparisons, reviewing
from covdash.reports.models import CommitReport, ReviewDecision, Upload
from ingest.components import recount
from tests.covdash.reports.stock import Stock, lines, rich

PLACE = Place("acme/platform/shop")
NOW = datetime(2026, 6, 30, 12, 1, tzinfo=UTC)
UNTIL = date(2026, 6, 29)
TRENDS = PLACE.trends(grain="week")
ROWS = [PLACE.trends(form, grain="week") for form in ("csv", "json")]
REVIEW = PLACE.review(until=f"{UNTIL}")
SESSION = 2
RULES = [{"name": "auth", "paths": ["src/auth/**"], "weight": 10, "floors": {"lines": 90}}]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test does not run from one five minutes into the next."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def filled(stock: Stock, ada: User) -> Stock:
    """Three reports before the end of the period, the oldest before its beginning; a decision, and rules."""
    wishes.write_section(project_id=stock.project.pk, actor=ada, section="components", said=RULES)
    for days, hits in ((40, (1, 0, 0, 0)), (20, (1, 1, 0, 0)), (3, (1, 1, 1, 0))):
        stock.report({"src/auth/a.py": lines(*hits), "lib/x.py": rich()}, at=NOW - timedelta(days=days))
    recount(stock.project.pk)
    reviewing.decide(
        project_id=stock.project.pk, branch="main", until=UNTIL, wording=reviewing.Wording("Pay first"), actor=ada,
    )  # fmt: skip
    return stock


def again(client: Client, address: str, tag: str) -> HttpResponse:
    answer: HttpResponse = client.get(address, headers={"If-None-Match": tag})
    return answer


@pytest.mark.parametrize(
    "address", [TRENDS, *ROWS, REVIEW, PLACE.review("md", until=f"{UNTIL}"), PLACE.review()]
)
def test_an_unchanged_page_is_not_made_again(
    client: Client, ada: User, ben: User, filled: Stock, address: str
) -> None:
    client.force_login(ada)
    with CaptureQueriesContext(connection) as made:
        first = client.get(address)
    with CaptureQueriesContext(connection) as kept:
        second = again(client, address, first["ETag"])

    assert first["Cache-Control"] == second["Cache-Control"] == "private, no-cache"
    assert (first.status_code, second.status_code, second.content) == (200, 304, b"")
    assert second["ETag"] == first["ETag"]
    if "review" in address:
        assert len(kept) <= 12 + SESSION < len(made), [query["sql"][:120] for query in kept]
    client.force_login(ben)
    assert again(client, address, first["ETag"]).status_code == 200, "a tag is its reader's alone"
    client.logout()
    assert again(client, address, first["ETag"]).status_code == 404


def test_a_tag_ends_after_some_minutes(
    client: Client, ada: User, filled: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages say how long ago something was."""
    monkeypatch.setattr(freshness, "MINUTES", 5)
    client.force_login(ada)
    tags = {address: client.get(address)["ETag"] for address in (TRENDS, REVIEW)}
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(minutes=freshness.MINUTES))
    for address, tag in tags.items():
        assert again(client, address, tag).status_code == 200


def report(stock: Stock, ada: User) -> None:
    stock.report({"src/auth/a.py": lines(1, 1, 1, 1)}, at=NOW - timedelta(days=2))


def older_report(stock: Stock, ada: User) -> None:
    commit = Commit.objects.filter(project=stock.project).order_by("committed_at")[1]
    one = CommitReport.objects.get(commit=commit, flag="")
    CommitReport.objects.filter(pk=one.pk).update(
        totals=one.totals.__class__.of(lines=(0, 9)), updated_at=datetime.now(UTC) + timedelta(hours=1)
    )


def note(stock: Stock, ada: User) -> None:
    reviewing.write_note(project_id=stock.project.pk, branch="main", until=UNTIL, body="Among us", actor=ada)


def settle(stock: Stock, ada: User) -> None:
    number = ReviewDecision.objects.get().pk
    reviewing.settle(project_id=stock.project.pk, number=number, done=True, actor=ada)


def dismiss(stock: Stock, ada: User) -> None:
    reviewing.dismiss(
        project_id=stock.project.pk, kind="zone", path="lib/x.py", reason="later", until=NOW.date(),
        today=NOW.date(), actor=ada,
    )  # fmt: skip


def rules(stock: Stock, ada: User) -> None:
    said = [RULES[0] | {"floors": {"lines": 10}}]
    wishes.write_section(project_id=stock.project.pk, actor=ada, section="components", said=said)


def failed(stock: Stock, ada: User) -> None:
    commit = Commit.objects.filter(project=stock.project).order_by("committed_at")[0]
    upload = stock.upload(commit, {}, state="failed")
    Upload.objects.filter(pk=upload.pk).update(received_at=NOW - timedelta(days=4))


def branch(stock: Stock, ada: User) -> None:
    stock.report({"lib/x.py": rich()}, "feature/a b", at=NOW)


def release(stock: Stock, ada: User) -> None:
    Commit.objects.filter(project=stock.project).update(tag="v2.4")


def role(stock: Stock, ada: User) -> None:
    Membership.objects.filter(user=ada).update(role=Membership.Role.MEMBER)


@pytest.mark.parametrize(
    ("address", "change"),
    [
        *((TRENDS, change) for change in (report, older_report, note, rules, failed, branch, release, role)),
        *((address, change) for address in ROWS for change in (report, older_report, note, rules, release, role)),
        *((REVIEW, change) for change in (report, older_report, note, settle, dismiss, rules, failed, branch, role)),
    ],
)  # fmt: skip
def test_what_a_page_shows_makes_a_new_tag(
    client: Client, ada: User, filled: Stock, address: str, change: Callable[[Stock, User], None]
) -> None:
    client.force_login(ada)
    first = client.get(address)
    assert again(client, address, first["ETag"]).status_code == 304

    change(filled, ada)

    answer = again(client, address, first["ETag"])
    assert answer.status_code == 200
    assert again(client, address, answer["ETag"]).status_code == 304


def test_a_message_is_not_seen_again(client: Client, ada: User, filled: Stock) -> None:
    client.force_login(ada)
    said = {"until": f"{UNTIL}", "branch": "main", "body": "Among us"}
    page = client.post(f"{PLACE.root}-/review/note", said, follow=True)
    assert "are saved." in page.content.decode()

    answer = again(client, page.redirect_chain[-1][0], page["ETag"])

    assert answer.status_code == 200
    assert "are saved." not in answer.content.decode()


def test_while_lines_are_compared_the_review_has_no_tag(
    client: Client, ada: User, filled: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the page would still say that it waits when it does not."""
    client.force_login(ada)
    with monkeypatch.context() as patch:
        patch.setattr(comparisons, "AT_ONCE", 0)
        patch.setattr(comparisons, "ask", lambda *_: None)
        for address in (REVIEW, f"{REVIEW}&part=moves"):
            assert not client.get(address).has_header("ETag")
    assert client.get(REVIEW).has_header("ETag")
