"""What needs eyes on its pages: ordered by its own cells, hidden for a while with a reason, told to nobody who may not read."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from covdash.accounts.models import User
from covdash.audit.models import AuditEntry
from covdash.coverage import attention as ranking
from covdash.coverage.lines import FileCoverage, Function
from covdash.dashboards.addresses import Place
from covdash.projects import wishes
from covdash.projects.facts import ProjectFact
from covdash.reports.models import Dismissal
from covdash.reports.queries import attention, commits, components
from ingest.components import recount
from tests.covdash.reports.stock import Stock, lines, rich

PLACE = Place("acme/platform/shop")
LIST = PLACE.attention()
DISMISS = f"{PLACE.root}-/attention/dismiss"
NOW = datetime.now(UTC)
SESSION = 2
EVIL = "<script>alert(1)</script>"
Fact = Callable[[], ProjectFact]


@pytest.fixture
def filled(stock: Stock, ada: User) -> Stock:
    """Two reports: `src/auth/login.py` lost lines three days ago, a heavy migration weighs nothing, auth is under its floor."""
    rules = [
        {"name": "migrations", "paths": ["**/migrations/**"], "weight": 0},
        {"name": "auth", "paths": ["src/auth/**"], "weight": 10, "floors": {"lines": 90}},
    ]
    wishes.write_section(project_id=stock.project.pk, actor=ada, section="components", said=rules)
    plain = lines(1, 0, 0, 0)
    unused = (Function("rotate", 3, 4, 0),)
    rest = {
        "src/kms.py": FileCoverage(plain.lines, plain.hits, plain.states, {}, unused, counted=True),
        "src/auth/migrations/m1.py": lines(*[0] * 300),
        "src/pay/charge.py": rich(),
        "src/auth/old.py": lines(1, 0, 0, 1),
        f"src/{EVIL}.py": lines(0, 1),
    }
    stock.report({"src/auth/login.py": lines(1, 1, 1, 1), **rest}, at=NOW - timedelta(days=120))
    stock.report({"src/auth/login.py": lines(1, 0, 0, 1), **rest}, at=NOW - timedelta(days=3))
    recount(stock.project.pk)
    return stock


def cells(body: str) -> list[dict[str, str]]:
    """The cells of each row of the list, as text."""
    rows = re.findall(r'<tr data-kind="(\w+)">(.*?)</tr>', body, re.DOTALL)
    return [
        {"kind": kind}
        | {
            word: re.sub(r"<[^>]+>|\s|\u2009", "", value)
            for word, value in re.findall(r'data-cell="(\w+)">(.*?)</td>', row, re.DOTALL)
        }
        | {"why": re.sub(r"<[^>]+>", "", row.partition("<summary>")[2].partition("</p>")[0])}
        for kind, row in rows
    ]


def test_the_cells_of_the_rows_give_their_order(client: Client, ada: User, filled: Stock) -> None:
    client.force_login(ada)
    with CaptureQueriesContext(connection) as asked:
        body = client.get(LIST).content.decode()

    assert len(asked) - SESSION <= 13, [query["sql"][:120] for query in asked]
    found = cells(body)
    ranks = [
        ranking.rank(
            weight=int(row["weight"]),
            missed=int(row["missed"]),
            partial=int(row["partial"]),
            days=None if row["days"] == "-" else int(row["days"]),
        )
        for row in found
    ]
    assert ranks == sorted(ranks, reverse=True)
    assert {row["kind"] for row in found} == {"zone", "arms", "floor", "function"}
    assert [row["kind"] for row in found[:2]] == ["floor", "zone"]
    assert ranks[:2] == [40, 10 * 2 * (1 + Fraction(87, 90))]
    assert found[1]["days"] == "3"
    assert "10 \u00d7 (2 + 0.5 \u00d7 0) \u00d7 1.97 = 39.3" in found[1]["why"]
    assert "m1.py" not in body
    assert EVIL not in body
    assert body.count("<h1") == 1


def test_the_first_report_of_a_branch_is_no_change(filled: Stock, fact: Fact) -> None:
    project = fact()
    report = commits.head(project=project)
    assert report is not None
    parts = components.of_report(project=project, report=report)

    found = attention.rows(project=project, report=report, branch="main", components=parts, now=NOW)

    known = {row.path: row.days for row in found.rows}
    assert known["src/auth/login.py"] == 3
    assert known["src/auth/old.py"] is None
    floor = next(row for row in found.rows if row.kind == "floor")
    assert (floor.path, floor.weight) == ("auth/lines", 10)
    assert floor.missed == 4  # 4 of 8 lines ran, 90 % are 8 of them


def test_the_overview_shows_the_first_rows_and_a_small_map(client: Client, ada: User, filled: Stock) -> None:
    client.force_login(ada)
    with CaptureQueriesContext(connection) as asked:
        page = client.get(PLACE.overview())
    body = page.content.decode()

    assert len(asked) - SESSION <= 14, [query["sql"][:120] for query in asked]
    assert len(gzip.compress(page.content, 6)) <= 40_000
    assert f'href="{LIST}">All {len(cells(client.get(LIST).content.decode()))} and why' in body
    first = body.partition('id="needs-eyes"')[2]
    assert first.index("login.py") < first.index("charge.py")
    assert 'class="map"' in body
    assert f'href="{PLACE.map("src")}"' in body
    assert EVIL not in body


def test_a_row_is_hidden_for_everybody_and_seen_again(
    client: Client, ada: User, ben: User, filled: Stock
) -> None:
    client.force_login(ben)
    today = datetime.now(UTC).date()
    said = {"kind": "zone", "path": "src/auth/login.py", "reason": EVIL, "until": today + timedelta(days=9)}

    answer = client.post(DISMISS, said, follow=True)

    body = answer.content.decode()
    assert "Hidden for everybody" in body
    assert "&lt;script&gt;alert(1)" in body
    assert EVIL not in body
    client.force_login(ada)
    listed, hidden = client.get(LIST).content.decode().split('id="hidden"')
    assert "login.py" not in listed.partition("<tbody>")[2]
    assert "login.py" in hidden
    assert "soon" in hidden
    assert (
        "login.py"
        not in client.get(PLACE.overview())
        .content.decode()
        .partition('id="needs-eyes"')[2]
        .partition("</section>")[0]
    )
    entry = AuditEntry.objects.get(action="attention.dismiss")
    assert (entry.actor_name, entry.target, entry.detail["reason"]) == ("ben", "src/auth/login.py", EVIL)

    number = Dismissal.objects.get().pk
    client.post(f"{PLACE.root}-/attention/{number}/show")
    assert "login.py" in client.get(LIST).content.decode()
    assert client.post(f"{PLACE.root}-/attention/{number}/show").status_code == 404
    assert AuditEntry.objects.filter(action="attention.show").count() == 1


def test_a_dismissal_ends_by_itself(client: Client, ada: User, filled: Stock) -> None:
    day = datetime.now(UTC).date()
    said = {"project": filled.project, "kind": "zone", "path": "src/auth/login.py", "reason": "later"}
    Dismissal.objects.create(**said, until=day - timedelta(days=1))
    client.force_login(ada)

    assert "login.py" in client.get(LIST).content.decode()
    client.post(
        DISMISS, {**said, "project": "", "until": day}
    )  # a new word about the same row replaces the old one
    assert Dismissal.objects.get().until == day
    assert "login.py" not in client.get(LIST).content.decode().partition("<tbody>")[2].partition("hidden")[0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": "  "},
        {"until": "2020-01-01"},
        {"until": "tomorrow"},
        {"until": "9999-12-31"},
        {"kind": "anything"},
        {"path": ""},
        {"path": "x" * 9000},
        {"path": "a\0b"},
    ],
)
def test_what_makes_no_sense_hides_nothing(
    client: Client, ada: User, filled: Stock, wrong: dict[str, str]
) -> None:
    client.force_login(ada)
    said = {"kind": "zone", "path": "a.py", "reason": "why", "until": NOW.date() + timedelta(days=3), **wrong}

    answer = client.post(DISMISS, said, follow=True)

    assert answer.status_code == 200
    assert "Nothing was hidden" in answer.content.decode()
    assert not Dismissal.objects.exists()


def test_who_may_hide(client: Client, ada: User, cleo: User, filled: Stock) -> None:
    """Strangers find nothing, readers of a public project may not, and no other page can make a member do it."""
    said = {"kind": "zone", "path": "a.py", "reason": "why", "until": NOW.date() + timedelta(days=3)}
    client.force_login(cleo)
    for address in (LIST, PLACE.overview()):
        assert client.get(address).status_code == 404
    assert client.post(DISMISS, said).status_code == 404
    filled.project.is_public = True
    filled.project.save()
    assert client.get(LIST).status_code == 200
    assert "Hide for the team" not in client.get(LIST).content.decode()
    assert client.post(DISMISS, said).status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ada)
    assert strict.post(DISMISS, said).status_code == 403
    assert client.get(DISMISS).status_code == 405
    assert not Dismissal.objects.exists()


def test_the_api_gives_the_same_rows(client: Client, ada: User, filled: Stock, fact: Fact) -> None:
    client.force_login(ada)
    head = commits.head(project=fact())
    assert head is not None
    found = client.get(f"/api/v1/projects/acme/platform/shop/commits/{head.commit.sha}/attention").json()

    shown = [(row["kind"], row["weight"], row["missed"]) for row in cells(client.get(LIST).content.decode())]
    assert [(row["kind"], str(row["weight"]), str(row["missed"])) for row in found["rows"]] == shown
    assert found["rows"][1]["rank"] == pytest.approx(10 * 2 * (1 + 87 / 90))
