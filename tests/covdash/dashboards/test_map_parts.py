"""Components on the map: outlines, names with how they stand, and doors to the tiles of each."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.projects import wishes
from ingest.components import recount
from tests.covdash.dashboards.test_map_filters import get, listed, titles
from tests.covdash.reports.stock import Stock, lines

RULES = [
    {"name": "Payments", "paths": ["src/pay"], "weight": 9, "floors": {"lines": 90}},
    {"name": "login <b>", "paths": ["src/web/login.py"], "floors": {"lines": 10}},
    {"name": "docs", "paths": ["docs"]},
]
FILES = {
    "src/pay/charge.py": lines(*[1] * 30, *[0] * 10),
    "src/pay/refund.py": lines(*[0] * 15),
    "src/web/login.py": lines(*[1] * 20),
    "src/web/app.py": lines(*[1] * 60),
}


@pytest.fixture
def ruled(stock: Stock, ada: User) -> Stock:
    stock.report(FILES)
    wishes.write_section(project_id=stock.project.pk, actor=ada, section="components", said=RULES)
    recount(stock.project.pk)
    return stock


def parts(text: str) -> dict[str, tuple[str, str, str]]:
    """Return name -> (how it stands, number of tiles, address) of the legend of components."""
    (found,) = re.findall(r'<ul class="map-legend" aria-label="Components">(.*?)</ul>', text)
    rows = re.findall(
        r'<li>(?:<a href="([^"]*)"[^>]*>)?<svg.*?</svg> <span><bdi>(.*?)</bdi>: (.*?)</span> <span class="num">(\d+)<',
        found,
    )
    return {
        html.unescape(name): (told, number, address.replace("&amp;", "&"))
        for address, name, told, number in rows
    }


def test_components_are_outlined_and_named(
    ruled: Stock, ben: User, client: Client, django_assert_max_num_queries: Any
) -> None:
    client.force_login(ben)
    get(client, ruled, "src/")  # decodes the nodes

    with django_assert_max_num_queries(10):  # two of them are those of the session
        text = get(client, ruled, "src/?overlay=components")

    here = "/p/acme/platform/shop/-/map/src/?overlay=components"
    assert parts(text) == {
        "Payments": ("lines 54.5 %, under its floor by 35.5 pp", "2", f"{here}&component=Payments"),
        "login <b>": ("lines 100 %, at or over its floor", "1", f"{here}&component=login%20%3Cb%3E"),
        "docs": ("no file here", "0", ""),
    }
    assert "Without an outline: of no component, or of several" in text
    assert titles(text) == [
        "src/pay/charge.py: 75.0 %, 30 / 40 lines, in Payments",
        "src/pay/refund.py: 0 %, 0 / 15 lines, in Payments",
        "src/web/app.py: 100 %, 60 / 60 lines",
        "src/web/login.py: 100 %, 20 / 20 lines, in login &lt;b&gt;",
    ]
    drawn = re.findall(
        r'<path class="part-line part-(\d)" d="(M[^"]+)"/>(?:<text[^>]*>([^<]*)</text>)?', text
    )
    assert [dash for dash, _, _ in drawn if dash][:2] == ["0", "1"], "each in its own dash"
    assert drawn[0][2] == "Payments"
    assert re.search(r"<text[^>]*>under its floor by 35.5 pp</text>", text)
    assert drawn[0][1].count("H") == 2, "the whole directory in one frame"
    assert "<td><bdi>Payments</bdi></td>" in text
    assert '<td><span class="muted">-</span></td>' in text, "src/web is of several"


def test_each_component_is_a_door_to_its_tiles(ruled: Stock, ben: User, client: Client) -> None:
    client.force_login(ben)

    for name, (_, number, address) in parts(get(client, ruled, "src/?overlay=components&band=7")).items():
        if not address:
            assert number == "0"
            continue
        text = client.get(address).content.decode()
        assert len(titles(text, "lit")) == len(listed(text)) == int(number)
        assert parts(text)[name][2] == "/p/acme/platform/shop/-/map/src/?overlay=components"


def test_a_link_takes_them_off(ruled: Stock, ben: User, client: Client) -> None:
    client.force_login(ben)
    text = get(client, ruled, "src/?overlay=components&component=Payments&size=missed")

    (off,) = re.findall(r'aria-label="Outlines"><li><a href="([^"]*)">none</a>', text)
    plain = client.get(html.unescape(off)).content.decode()

    assert off == "/p/acme/platform/shop/-/map/src/?size=missed"
    assert "part-line" not in plain
    assert "in Payments" not in plain
    assert ">components</a>" in plain


def test_what_makes_no_sense_is_named(ruled: Stock, stock: Stock, ben: User, client: Client) -> None:
    client.force_login(ben)

    text = get(client, ruled, "src/?overlay=rivers&component=nowhere&size=churn&color=complexity")
    assert "Ignored: size=churn, color=complexity, overlay=rivers, component=nowhere" in text
    wishes.write_section(project_id=stock.project.pk, actor=ben, section="components", said=[])
    text = get(client, ruled, "src/?overlay=components")
    assert "Ignored: overlay=components" in text
    assert 'aria-label="Outlines"' not in text


def test_other_rules_make_another_page(ruled: Stock, ada: User, client: Client) -> None:
    client.force_login(ada)
    address = "/p/acme/platform/shop/-/map/src/?overlay=components"
    tag = client.get(address)["ETag"]
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304

    rules = [RULES[0] | {"floors": {"lines": 50}}, *RULES[1:]]
    wishes.write_section(project_id=ruled.project.pk, actor=ada, section="components", said=rules)

    answer = client.get(address, headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert "at or over its floor" in answer.content.decode()
