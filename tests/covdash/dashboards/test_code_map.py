"""The map of a directory: links to what is in it, the twin table, strangers, budgets."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from covdash.accounts.models import User
from tests.covdash.reports.stock import Stock, lines


@pytest.fixture
def filled(stock: Stock) -> Stock:
    stock.report(
        {
            "src/pay/charge.py": lines(*[1] * 20, *[0] * 20),
            "src/pay/<b>.py": lines(*[0] * 15),
            "src/web/app.py": lines(*[1] * 60),
            "src/top.py": lines(1, 1, 0),
        }
    )
    return stock


def get(client: Client, stock: Stock, rest: str, status: int = 200) -> str:
    answer = client.get(f"/p/{stock.project.slug}/-/map/{rest}", follow=True)
    assert answer.status_code == status
    return answer.content.decode()


def test_strangers_get_404(filled: Stock, cleo: User, client: Client) -> None:
    client.force_login(cleo)

    get(client, filled, "", 404)


def test_the_map_begins_where_there_is_something_to_choose(
    filled: Stock, ben: User, client: Client, django_assert_max_num_queries: Any
) -> None:
    """`src/` is the only directory at the root, so its content is drawn: two groups with their files, and a file."""
    client.force_login(ben)

    with django_assert_max_num_queries(20):
        text = get(client, filled, "")

    assert text.count('class="map-group"') == 2
    assert len(re.findall(r'class="band band-\d" x=', text)) == 4
    assert f'href="/p/{filled.project.slug}/-/file/src/pay/charge.py"' in text
    assert "<b>.py" not in text
    assert "src/pay/&lt;b&gt;.py: 0 %" in text


def test_the_table_has_the_same_rows(filled: Stock, ben: User, client: Client) -> None:
    client.force_login(ben)

    text = get(client, filled, "src/pay/?as=table")

    assert 'class="map"' not in text
    assert re.findall(r"data-row><bdi>([^<]+)<", text) == ["charge.py", "&lt;b&gt;.py"]


def test_area_and_colour_can_be_chosen_and_stay_in_the_links(
    filled: Stock, ben: User, client: Client
) -> None:
    client.force_login(ben)

    text = get(client, filled, "src/?size=missed&color=arms")

    assert f'/p/{filled.project.slug}/-/map/src/pay/?size=missed&amp;color=arms"' in text
    assert "not measured" in text


def test_what_makes_no_sense_is_named_and_ignored(filled: Stock, ben: User, client: Client) -> None:
    client.force_login(ben)

    text = get(client, filled, "src/?size=foo&color=%3Cb%3E&as=pie")

    assert "Ignored: size=foo, color=&lt;b&gt;, as=pie" in text
    assert f'href="/p/{filled.project.slug}/-/map/src/pay/"' in text
    assert "Ignored" not in get(client, filled, "src/?size=missed&color=arms&as=table&sort=new")


def test_steps_up_keep_how_the_map_is_drawn(filled: Stock, ben: User, client: Client) -> None:
    client.force_login(ben)

    text = get(client, filled, "src/pay/?size=missed&as=table")

    assert text.count(f'href="/p/{filled.project.slug}/-/map/src/?size=missed&amp;as=table"') == 2
    assert f'href="/p/{filled.project.slug}/-/map/?size=missed&amp;as=table"' in text


def test_unknown_directories_and_missing_slashes(filled: Stock, ben: User, client: Client) -> None:
    client.force_login(ben)

    get(client, filled, "nowhere/", 404)
    assert (
        client.get(f"/p/{filled.project.slug}/-/map/src?size=missed")
        .headers["Location"]
        .endswith("/-/map/src/?size=missed")
    )
