"""What stands out on a map: files that never ran, one band of the legend, what fell or rose against another report."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from covdash.accounts.models import User
from tests.covdash.reports.stock import Stock, lines

OLD = {
    "src/pay/charge.py": lines(*[1] * 30, *[0] * 10),
    "src/pay/refund.py": lines(*[0] * 15),
    "src/web/app.py": lines(*[1] * 60),
}
NEW = {
    "src/pay/charge.py": lines(*[1] * 20, *[0] * 20),
    "src/pay/refund.py": lines(*[1] * 5, *[0] * 10),
    "src/web/app.py": lines(*[1] * 60),
    "src/web/late: new.py": lines(*[0] * 30),
}


@pytest.fixture
def two(stock: Stock) -> Stock:
    base = stock.report(OLD)
    stock.report(NEW, parent=base.sha)
    return stock


def get(client: Client, stock: Stock, rest: str) -> str:
    answer = client.get(f"/p/{stock.project.slug}/-/map/{rest}")
    assert answer.status_code == 200
    return answer.content.decode()


def titles(text: str, which: str = "") -> list[str]:
    """Return the titles of the tiles, of `dim` ones or of ` ` lit ones."""
    found = re.findall(r'<a href="[^"]*"( class="dim")?><title>([^<]*)</title><rect class="band', text)
    return sorted(title for dim, title in found if not which or bool(dim) == (which == "dim"))


def listed(text: str) -> list[tuple[str, ...]]:
    """Return the cells of the rows below the map."""
    rows = re.findall(r'<tr><th scope="row" class="cell-name"><a [^>]*>([^<]*)</a></th>(.*?)</tr>', text)
    return [(name, *re.findall(r"<td[^>]*>([^<]*)</td>", cells)) for name, cells in rows]


def legend(text: str) -> dict[str, tuple[str, str]]:
    """Return name -> (number of tiles, address) of the legend."""
    found = re.findall(
        r'<li>(?:<a href="([^"]*)"[^>]*>)?<svg.*?</svg> ([^<]*) <span class="num">(\d+)</span>', text
    )
    return {name: (number, address.replace("&amp;", "&")) for address, name, number in found}


def test_a_change_is_told_against_the_report_before(
    two: Stock, ben: User, client: Client, django_assert_max_num_queries: Any
) -> None:
    client.force_login(ben)

    with django_assert_max_num_queries(20):
        text = get(client, two, "src/?color=change")

    assert titles(text) == [
        "src/pay/charge.py: \u221225.0 pp, 75.0 % before, now 50.0 %, 20 / 40 lines",
        "src/pay/refund.py: +33.3 pp, 0 % before, now 33.3 %, 5 / 15 lines",
        "src/web/app.py: 0 pp, 100 % before, now 100 %, 60 / 60 lines",
        "src/web/late: new.py: nothing to compare with, now 0 %, 0 / 30 lines",
    ]
    assert {name: number for name, (number, _) in legend(text).items() if number != "0"} == {
        "fell by 10 pp or more": "1",
        "as before": "1",
        "rose by 10 pp or more": "1",
        "nothing to compare": "1",
    }
    assert "Of 4 tiles, 1 fell, 1 rose and 1 stayed as before." in text
    assert '<th scope="col">Change</th>' in text


def test_another_base_can_be_asked_for(two: Stock, ben: User, client: Client) -> None:
    """Its file is found at any depth, a git branch goes before a commit, and one that is not there is ignored."""
    client.force_login(ben)
    other = two.report({"src/web/app.py": lines(*[0] * 60)}, branch="feature/x")

    for ref in ("feature/x", other.sha[:10]):
        text = get(client, two, f"src/?color=change&base={ref}")
        assert "src/web/app.py: +100.0 pp, 0 % before" in text
        assert f'<option value="{ref}" selected>' in text
        assert f"/-/compare?base={other.sha}&amp;head=" in text

    text = get(client, two, "src/?color=change&base=nowhere")
    assert "Ignored: base=nowhere" in text
    assert "75.0 % before" in text


def test_a_first_report_has_nothing_to_compare_with(stock: Stock, ben: User, client: Client) -> None:
    stock.report(OLD)
    client.force_login(ben)

    text = get(client, stock, "src/?color=change")

    assert "There is no report to compare with" in text
    assert legend(text)["nothing to compare"][0] == "3"


def test_files_that_never_ran_stand_out(two: Stock, ben: User, client: Client) -> None:
    client.force_login(ben)

    text = get(client, two, "src/?show=zero&color=arms")

    assert titles(text, "lit") == ["src/web/late: new.py: not measured"]
    assert len(titles(text, "dim")) == 3
    assert listed(text) == [("web/late: new.py", "not measured", "30")]
    assert "Standing out: 1 tile of 4" in text
    assert f'href="/p/{two.project.slug}/-/map/src/?color=arms">Show all of them' in text


def test_each_number_of_the_legend_leads_to_its_tiles(two: Stock, ben: User, client: Client) -> None:
    """And back: the chosen one leads to the whole map again. A number of none leads nowhere."""
    client.force_login(ben)

    for words in ("color=coverage", "color=change", "show=zero"):
        for name, (number, address) in legend(get(client, two, f"src/?{words}")).items():
            assert bool(address) == (number != "0")
            if address:
                text = client.get(address).content.decode()
                assert len(titles(text, "lit")) == len(listed(text)) == int(number)
                assert "band=" not in legend(text)[name][1]


def test_a_band_is_forgotten_with_its_colour(two: Stock, ben: User, client: Client) -> None:
    client.force_login(ben)

    text = get(client, two, "src/?band=1&size=missed")

    slug = two.project.slug
    assert f'href="/p/{slug}/-/map/src/?size=missed&amp;color=arms"' in text
    assert f'href="/p/{slug}/-/map/src/?band=1"' in text
    assert "Ignored: show=best, band=8" in get(client, two, "src/?band=8&show=best")
