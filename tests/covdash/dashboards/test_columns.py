"""Optional columns of the tables of files: what the data carries, for whoever asks; links keep them, unknown ones are named."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.coverage.lines import FileCoverage
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import columns
from tests.covdash.reports.stock import Stock, lines, rich

PLACE = Place("acme/platform/shop")
START = datetime(2026, 3, 1, 9, tzinfo=UTC)
ALL = ("size", "arms", "functions", "age", "flag:unit", "flag:e2e")


@pytest.fixture
def reader(client: Client, ben: User, stock: Stock) -> Client:
    """Two commits: `src/a.py` changed with the second, `src/new.py` came with it; two flags see different things."""
    old: dict[str, FileCoverage] = {"src/a.py": lines(1, 0), "src/pay/b.py": rich()}
    stock.report(old, at=START)
    head = stock.commit(at=START + timedelta(days=40))
    stock.upload(head, old | {"src/a.py": lines(1, 0), "src/new.py": lines(0)}, flags=["unit"])
    stock.upload(head, {"src/a.py": lines(1, 1)}, flags=["e2e"])
    stock.assemble(head)
    client.force_login(ben)
    return client


def table(client: Client, address: str) -> tuple[list[str], dict[str, list[str]]]:
    """Return the last titles of the head, as many as optional columns, and the last cells of each row by name."""
    answer = client.get(address)
    assert answer.status_code == 200
    text = answer.content.decode()
    number = len(re.findall(r'name="col" value="[^"]*" checked', text)) or address.count("col=")
    heads = re.findall(r'<th scope="col" class="number"><bdi>([^<]*)</bdi></th>', text)
    rows = {}
    for row in re.findall(r"<tr.*?</tr>", text.partition("<tbody>")[2], re.DOTALL):
        name = re.sub(r"<[^>]*>", "", row.partition("</th>")[0]).strip()
        rows[name] = re.findall(r'<td class="number">([^<]*)</td>', row)[-number:]
    return heads, rows


def test_each_column_tells_its_number(reader: Client, django_assert_max_num_queries: Any) -> None:
    address = PLACE.tree("src", col=ALL)
    table(reader, address)  # decodes the nodes

    with django_assert_max_num_queries(2 + 8):  # the session, and the budget of a list
        heads, rows = table(reader, address)

    assert heads == [
        "Lines",
        "Arms taken",
        "Functions called",
        "Numbers changed",
        "Lines of unit",
        "Lines of e2e",
    ]
    assert rows == {
        "pay/": ["3", "50.0 %", "50.0 %", "2026-03-01 or before", "66.7 %", "-"],
        "a.py": ["2", "-", "-", "2026-04-10", "50.0 %", "100 %"],
        "new.py": ["1", "-", "-", "2026-04-10", "0 %", "-"],
        "All 3 entries": ["6", "50.0 %", "50.0 %", "", "", ""],
    }


def test_the_flat_list_and_opened_directories_have_them_too(reader: Client) -> None:
    heads, rows = table(reader, PLACE.tree(flat=True, col=("age", "flag:e2e")))
    assert heads == ["Numbers changed", "Lines of e2e"]
    assert rows["src/pay/b.py"] == ["2026-03-01 or before", "-"]
    assert rows["src/a.py"] == ["2026-04-10", "100 %"]

    _, rows = table(reader, PLACE.tree("src", col=("size", "flag:unit"), part="children"))
    assert rows == {"pay/": ["3", "66.7 %"], "a.py": ["2", "50.0 %"], "new.py": ["1", "0 %"]}


def test_links_keep_them(reader: Client) -> None:
    text = html.unescape(reader.get(PLACE.tree("src/pay", col=("age", "arms"))).content.decode())
    assert f'<a href="{PLACE.tree("src", col=("age", "arms"))}" data-up>' in text

    text = html.unescape(reader.get(PLACE.tree("src", col=("age", "arms"), q="pay")).content.decode())
    for address in (
        PLACE.tree("src/pay", col=("age", "arms")),
        PLACE.tree("src/pay", part="children", col=("age", "arms")),
        PLACE.tree("", flat=True, q="pay", col=("age", "arms")),
    ):
        assert f'"{address}"' in text
    assert re.search(r'href="\?[^"]*sort=name[^"]*"', text)
    assert all(link.count("col=") == 2 for link in re.findall(r'href="(\?[^"]*)"', text))


def test_the_form_offers_what_the_data_carries(reader: Client, stock: Stock) -> None:
    def offered(address: str) -> dict[str, bool]:
        text = reader.get(address).content.decode()
        found = re.findall(r'name="col" value="([^"]*)"( checked)?>', text)
        return {word: bool(checked) for word, checked in found}

    assert offered(PLACE.tree("src", col="arms")) == {
        "size": False, "arms": True, "functions": False, "age": False, "flag:e2e": False, "flag:unit": False
    }  # fmt: skip
    stock.report({"plain.py": lines(1)}, "plain")
    assert list(offered(PLACE.at(branch="plain").tree())) == ["size", "age"]


@pytest.mark.parametrize("flat", [False, True])
def test_unknown_ones_are_named(reader: Client, *, flat: bool) -> None:
    address = PLACE.tree(flat=flat, col=("age", "churn", "<b>", "flag:nowhere", "age"))
    text = reader.get(address).content.decode()

    assert "Ignored: col=churn, col=&lt;b&gt;, col=flag:nowhere" in text
    assert text.count('<th scope="col" class="number"><bdi>') == 1


def test_of_many_flags_some_have_a_column() -> None:
    words = [f"{columns.FLAG}{number}" for number in range(columns.FLAGS + 2)]
    known = dict.fromkeys(words, "")

    assert columns.chosen(["", *words], known) == (
        tuple(words[: columns.FLAGS]),
        tuple(f"col={word}" for word in words[columns.FLAGS :]),
    )


def test_strangers_get_404(reader: Client, cleo: User) -> None:
    reader.force_login(cleo)
    assert reader.get(PLACE.tree(col="flag:unit")).status_code == 404
