"""The file page tells since when a line is missed, and what one line was before, through edits of the file."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from covdash.accounts.models import User
from tests.covdash.reports.stock import Stock, lines

SLUG = "acme/platform/shop"


@pytest.fixture
def shas(stock: Stock) -> list[str]:
    """`b` ran, then was lost while a line was added above it; `new` never ran."""
    made = [
        stock.report({"a.py": lines(1, 1)}, sources={"a.py": "a\nb\n"}),
        stock.report({"a.py": lines(1, 1)}, sources={"a.py": "a\nb\n"}),
        stock.report({"a.py": lines(1, 0, 0)}, sources={"a.py": "a\nnew\nb\n"}),
        stock.report({"a.py": lines(1, 0, 0), "b.py": lines(1)}, sources={"a.py": "a\nnew\nb\n"}),
    ]
    return [commit.sha for commit in made]


def page(client: Client, query: str) -> str:
    answer = client.get(f"/p/{SLUG}/-/file/a.py?{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_column_says_since_when(
    shas: list[str], ben: User, client: Client, django_assert_max_num_queries: Any
) -> None:
    client.force_login(ben)
    page(client, "")

    with django_assert_max_num_queries(16):
        text = page(client, "col=memory")

    assert f"lost in {shas[2][:8]}" in text
    assert f"never since {shas[2][:8]}" in text
    assert 'aria-current="true">Since when' in text
    assert "lost in" not in page(client, "")
    assert f"lost in {shas[2][:8]}" in page(client, "col=memory&part=lines&lines=1-3")


def test_the_timeline_of_a_line_names_commits(shas: list[str], ben: User, client: Client) -> None:
    client.force_login(ben)

    text = page(client, "line=3&history=1").split('id="history"')[1].split("</section>")[0]

    assert text.index(f"/commit/{shas[2]}") < text.index(f"/commit/{shas[0]}")
    assert "as far back as its past is known" in text
    assert "when the line was written" in page(client, "line=2&history=1")


@pytest.mark.parametrize(
    "query", ["line=99&history=1", "history=1", "line=-1&history=1", "col=foo&col=memory"]
)
def test_nonsense_is_a_page_without_a_timeline(
    query: str, shas: list[str], ben: User, client: Client
) -> None:
    client.force_login(ben)

    assert 'id="history"' not in page(client, query)
