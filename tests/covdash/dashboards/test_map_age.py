"""The map coloured by age: when the numbers of each tile last changed on the git branch, as far as its reports tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.dashboards.charts import treemap
from tests.covdash.dashboards.test_map_filters import get, legend, listed, titles
from tests.covdash.reports.stock import Stock, lines

FIRST = datetime(2026, 1, 5, 12, tzinfo=UTC)
BEGUN = {"src/pay/old.py": lines(*[0] * 30), "src/pay/busy.py": lines(*[1] * 20)}


@pytest.fixture
def grown(stock: Stock) -> Stock:
    """Three reports within half a year: one file never changed, one came with the second, one changed with the last."""
    later = BEGUN | {"src/web/app.py": lines(*[1] * 60)}
    stock.report(BEGUN, at=FIRST)
    stock.report(later, at=FIRST + timedelta(days=60))
    stock.report(later | {"src/pay/busy.py": lines(*[1] * 22)}, at=FIRST + timedelta(days=180))
    return stock


def test_tiles_tell_how_old_their_numbers_are(
    grown: Stock, ben: User, client: Client, django_assert_max_num_queries: Any
) -> None:
    client.force_login(ben)
    get(client, grown, "src/")  # decodes the nodes

    with django_assert_max_num_queries(2 + 8):  # the session, and the budget of a list
        text = get(client, grown, "src/?color=age")

    assert titles(text) == [
        "src/pay/busy.py: changed 2026-07-04, now 100 %, 22 / 22 lines",
        "src/pay/old.py: changed 2026-01-05 or before, now 0 %, 0 / 30 lines",
        "src/web/app.py: changed 2026-03-06, now 100 %, 60 / 60 lines",
    ]
    assert {name: number for name, (number, _) in legend(text).items() if number != "0"} == {
        "up to a week": "1",
        "3 to 6 months": "1",
        "not known": "1",
    }
    assert (
        "Of 3 tiles, the numbers of 1 changed in the last month, of 0 more than a year ago; "
        "of 1 no report of the git branch tells." in text
    )
    assert '<th scope="col">Numbers changed</th>' in text
    assert "<td>2026-07-04</td>" in text, "of the directory, too"


def test_each_age_leads_to_its_tiles(grown: Stock, ben: User, client: Client) -> None:
    client.force_login(ben)

    for number, address in legend(get(client, grown, "src/?color=age")).values():
        assert bool(address) == (number != "0")
        if address:
            text = client.get(address).content.decode()
            assert len(titles(text, "lit")) == len(listed(text)) == int(number)


def test_a_commit_is_as_old_as_it_was(grown: Stock, ben: User, client: Client) -> None:
    """Ages are those at the commit that is looked at, not those of today."""
    client.force_login(ben)
    second = grown.project.commits.order_by("committed_at")[1]

    text = get(client, grown, f"src/?color=age&commit={second.sha}")

    assert "src/web/app.py: changed 2026-03-06, now" in text
    assert "src/pay/busy.py: changed 2026-01-05 or before" in text
    assert legend(text)["up to a week"][0] == "1"


@pytest.mark.parametrize(
    ("days", "band"),
    [(None, 0), (0, 7), (7, 7), (8, 6), (30, 6), (31, 5), (92, 4), (183, 3), (366, 2), (730, 2), (731, 1)],
)
def test_bands_of_ages_are_fixed(days: int | None, band: int) -> None:
    assert treemap.age_band(days) == band
