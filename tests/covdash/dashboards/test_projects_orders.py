"""Orders of the list of projects and its owners: every order pages through all projects, and says what makes no sense."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from covdash.accounts.models import User
from covdash.coverage.totals import Totals
from covdash.projects.models import Commit, Project
from covdash.projects.registry import create_project
from covdash.reports.models import ChangePoint, CommitReport
from covdash.reports.queries import projects as queries
from tests.covdash.dashboards.test_projects import MAX_QUERIES, report, slugs

SESSION = 2


def get(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def walked(client: Client, address: str) -> list[str]:
    """Return the slugs of all pages of a list."""
    found: list[str] = []
    for _ in range(99):
        body = get(client, address)
        found += slugs(body)
        door = re.search(r'href="(\?[^"]+)" rel="next"', body)
        if door is None:
            return found
        address = html.unescape(f"/{door[1]}")
    raise AssertionError("the pages do not end")


@pytest.fixture
def some(client: Client, ada: User, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Ada, before five projects of three owners on pages of two; one has no report, one no owner."""
    monkeypatch.setattr(queries, "PAGE", 2)
    for slug, counts in {
        "acme/auth": ((90, 100), (80, 100)),
        "acme/shop": ((50, 200), (100, 200)),
        "zoo/web": ((10, 11),),
        "alone": ((60, 300), (60, 300)),
    }.items():
        report(create_project(slug=slug, owner=ada), *counts)
    create_project(slug="new/thing", owner=ada)
    weigh("acme/auth", 200.5, "auth", {"lines": {"covered": 0, "total": 20}})
    client.force_login(ada)
    return client


def weigh(slug: str, risk: float, worst: str, lines: dict[str, dict[str, int]]) -> None:
    """As the pipe does it: the newest report has a component of weight 10 and the rest."""
    newest = Commit.objects.filter(project__slug=slug).latest("committed_at")
    CommitReport.objects.filter(commit=newest).update(risk=risk, worst=worst, components={worst: lines})


ORDERS = {
    "slug": ["acme/auth", "acme/shop", "alone", "new/thing", "zoo/web"],
    "risk": ["zoo/web", "acme/shop", "acme/auth", "alone", "new/thing"],
    "missed": ["zoo/web", "acme/auth", "acme/shop", "alone", "new/thing"],
    "coverage": ["alone", "acme/shop", "acme/auth", "zoo/web", "new/thing"],
    "changed": ["acme/auth", "alone", "acme/shop", "new/thing", "zoo/web"],
}
"""Word -> slugs, those without the value last either way."""


@pytest.mark.parametrize("word", ORDERS)
@pytest.mark.parametrize("sign", ["", "-"])
def test_every_order_goes_through_all_pages(some: Client, word: str, sign: str) -> None:
    without = {"slug": 0, "changed": 2}.get(word, 1)
    valued, rest = ORDERS[word][: 5 - without], ORDERS[word][5 - without :]

    assert walked(some, f"/?sort={sign}{word}") == [*(reversed(valued) if sign else valued), *rest]
    asked = some.get(f"/api/v1/projects?sort={sign}{word}").json()
    assert [item["slug"] for item in asked["items"]] == walked(some, f"/?sort={sign}{word}")[:2]


def test_the_last_report_orders_too(some: Client) -> None:
    """All heads are as old as each other but one."""
    Commit.objects.filter(project__slug="zoo/web").update(committed_at=timezone.now())

    assert walked(some, "/?sort=-last")[0] == "zoo/web"
    assert walked(some, "/?sort=last")[-2:] == ["zoo/web", "new/thing"]


def test_what_hurts_most_by_weight_stands_first(some: Client) -> None:
    """A greater hole in code that weighs nothing special comes after; what was not weighed yet counts as it is."""
    body = get(some, "/")
    assert walked(some, "/") == ["alone", "acme/auth", "acme/shop", "zoo/web", "new/thing"]
    assert 'aria-sort="descending"><a class="sort" href="?sort=risk">Risk' in body
    row = body.partition("acme/<wbr>auth")[2].partition("</tr>")[0]
    assert ">200.5</a>" in row
    assert (
        'href="/p/acme/auth/-/tree/?flat=1&amp;component=auth&amp;show=missed">20 in <bdi>auth</bdi>' in row
    )
    assert "in <bdi>" not in body.partition("alone")[2].partition("</tr>")[0]


def test_a_change_counts_from_twelve_weeks_ago(some: Client, ada: User) -> None:
    """Else from the first report since; a project whose newest report is older changed nothing that is known."""

    def moved(**ago: int) -> None:
        for commit in Commit.objects.filter(project__slug="acme/auth"):
            at = timezone.now() - timedelta(
                weeks=ago.get("newest" if commit.sha.endswith("1") else "first", 1)
            )
            Commit.objects.filter(pk=commit.pk).update(committed_at=at)
            ChangePoint.objects.filter(commit=commit).update(at=at)

    def said() -> str:
        row = get(some, "/?q=auth").partition("<tbody")[2]
        found = re.search(r'class="num">([^<]*pp)|fewer than two reports', row)
        return (found[1] or found[0]) if found else ""

    moved(first=30, newest=2)
    assert said() == "\u221210.0 pp"
    moved(first=11, newest=2)
    assert said() == "\u221210.0 pp"
    moved(first=30, newest=13)
    assert said() == "fewer than two reports"
    ChangePoint.objects.filter(commit__sha__endswith="1").delete()
    CommitReport.objects.filter(project__slug="acme/auth").update(totals=Totals.of(lines=(90, 100)))
    moved(first=30, newest=2)
    assert said() == "0 pp"


def test_an_owner_has_its_projects(some: Client, cleo: User) -> None:
    body = get(some, "/?owner=acme&sort=slug")

    assert walked(some, "/?owner=acme&sort=slug") == ["acme/auth", "acme/shop"]
    assert re.findall(r'<option value="(\w*)"(?: selected)?>', body.partition('name="owner"')[2])[:4] == [
        "", "acme", "new", "zoo"
    ]  # fmt: skip
    assert '<option value="acme" selected>' in body
    assert 'href="/o/acme/"' in body
    assert walked(some, "/?owner=acme&q=SHOP") == ["acme/shop"]
    assert "Ignored: owner=&lt;b&gt;, sort=foo" in get(some, "/?owner=<b>&sort=foo")
    assert "Ignored: owner=alone" in get(some, "/?owner=alone"), "a slug of one segment has no owner"
    assert "Ignored: owner=zoo" in get(some, "/o/acme/?owner=zoo")
    assert [item["slug"] for item in some.get("/api/v1/projects?owner=acme").json()["items"]] == [
        "acme/auth", "acme/shop"
    ]  # fmt: skip
    Project.objects.filter(slug="zoo/web").update(is_public=True)
    some.force_login(cleo)
    seen = get(some, "/?owner=acme")
    assert "Ignored: owner=acme" in seen
    assert 'value="acme"' not in seen


def test_the_order_that_a_column_gave_is_kept_by_the_form(some: Client) -> None:
    for sort in queries.SORTS:
        form = get(some, f"/?sort={sort}").partition('name="sort"')[2].partition("</form>")[0]
        assert re.findall(r'value="([^"]+)" selected', form) == [sort]


@pytest.mark.parametrize("sort", ["-risk", "changed", "slug"])
def test_no_order_asks_more_for_more_projects(some: Client, ada: User, sort: str) -> None:
    for number in range(5):
        report(create_project(slug=f"many/p{number}", owner=ada), (1, 2), (2, 3))
    get(some, "/")  # the secret of the forms, which comes with signing in, is in the session

    with CaptureQueriesContext(connection) as asked:
        get(some, f"/?sort={sort}&owner=many")

    assert len(asked) <= MAX_QUERIES, [query["sql"][:90] for query in asked]
