"""The help page and the error pages: open to everybody, no database rows needed."""

from __future__ import annotations

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.coverage.totals import KINDS
from covdash.dashboards.addresses import Place
from tests.covdash.reports.stock import Stock, lines

PLACE = Place("acme/platform/shop")


@pytest.mark.django_db
def test_every_metric_has_its_definition(client: Client) -> None:
    text = client.get("/help").content.decode()

    assert [kind for kind in KINDS if f'id="{kind}"' not in text] == []


@pytest.mark.django_db
def test_patch_leads_to_its_definition(stock: Stock, client: Client, ada: User) -> None:
    """From where the word is explained on the pages that count it."""
    client.force_login(ada)
    text = "a\nb\n"
    base = stock.report({"a.py": lines(1, 0)}, sources={"a.py": text})
    head = stock.report({"a.py": lines(1, 0, 1)}, "x", parent=base.sha, sources={"a.py": f"{text}c\n"})

    assert 'id="patch"' in client.get("/help").content.decode()
    for page in (PLACE.branches(), PLACE.compare(base=base.sha, head=head.sha)):
        assert client.get(page).content.decode().count('<a href="/help#patch">Patch</a>') == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cookie", "expected"),
    [("", '<html lang="en">'), ("dark", 'data-theme="dark"'), ("x'><script>", '<html lang="en">')],
)
def test_the_theme_of_the_cookie_is_in_the_first_paint(client: Client, cookie: str, expected: str) -> None:
    client.cookies["covdash-theme"] = cookie

    assert expected in client.get("/help").content.decode()[:120]


@pytest.mark.django_db
def test_a_page_that_is_not_there_says_so_and_offers_to_sign_in(client: Client) -> None:
    answer = client.get("/p/acme/nothing/")

    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()
    assert "/login?next=/p/acme/nothing/" in answer.content.decode()


def test_the_page_of_a_failure_needs_no_database() -> None:
    """No `db` mark: pytest-django would refuse a query."""
    from django.template.loader import get_template

    assert "Something went wrong" in get_template("500.html").render()
