"""Search finds what the reader may see by name, in groups, and nothing of anybody else's."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.projects.models import PullRequest
from covdash.projects.registry import create_project
from tests.covdash.reports.stock import Stock, lines

SLUG = "acme/platform/shop"


@pytest.fixture
def filled(stock: Stock) -> str:
    create_project(slug="acme/secret")
    head = stock.report(
        {"src/auth/login.py": lines(1), "src/auth/<b>.py": lines(1), "docs/logout_in.md": lines(0)}
    )
    PullRequest.objects.create(project=stock.project, number=12, title="Login over HTTP")
    stock.commit("feature/login")
    return head.sha


def found(client: Client, query: str) -> list[str]:
    answer = client.get(f"/search?{query}")
    assert answer.status_code == 200
    return re.findall(r'<a href="([^"]*)" data-row data-hit>', answer.content.decode())


def test_files_branches_pulls_and_projects_are_found(
    filled: str, ben: User, client: Client, django_assert_max_num_queries: Any
) -> None:
    client.force_login(ben)

    with django_assert_max_num_queries(14):
        hits = found(client, f"q=login&in={SLUG}")

    assert hits[:2] == [f"/p/{SLUG}/-/file/src/auth/login.py", f"/p/{SLUG}/-/file/docs/logout_in.md"]
    assert f"/p/{SLUG}/-/branch/feature/login" in hits
    assert f"/p/{SLUG}/-/pull/12" in hits
    assert found(client, "q=shop") == [f"/p/{SLUG}/"]


def test_a_commit_is_found_by_its_sha_and_its_message(filled: str, ben: User, client: Client) -> None:
    client.force_login(ben)

    assert f"/p/{SLUG}/-/commit/{filled}" in found(client, f"q=c:{filled[:9]}&in={SLUG}")
    assert f"/p/{SLUG}/-/commit/{filled}" in found(client, f"q=Change&in={SLUG}")


def test_all_projects_to_switch_to(filled: str, ben: User, client: Client) -> None:
    """`p:` alone lists those that may be read, in the dialog as on the page."""
    create_project(slug="open/source", is_public=True)
    client.force_login(ben)

    for query in ("q=p:", "q=p:&part=results", f"q=p:&in={SLUG}"):
        assert found(client, query) == [f"/p/{SLUG}/", "/p/open/source/"]
    assert found(client, "q=p:source&part=results") == ["/p/open/source/"]
    client.logout()
    assert found(client, "q=p:") == ["/p/open/source/"]


def test_prefixes_narrow_the_search(filled: str, ben: User, client: Client) -> None:
    client.force_login(ben)

    assert found(client, f"q=b:login&in={SLUG}") == [f"/p/{SLUG}/-/branch/feature/login"]
    assert found(client, f"q=%2312&in={SLUG}") == [f"/p/{SLUG}/-/pull/12"]
    assert found(client, f"q=%3Emap&in={SLUG}") == [f"/p/{SLUG}/-/map/"]


def test_strangers_find_nothing_of_a_private_project(filled: str, cleo: User, client: Client) -> None:
    client.force_login(cleo)

    assert found(client, f"q=login&in={SLUG}") == []
    assert found(client, "q=acme") == []
    assert SLUG not in client.get(f"/search?q=zzz&in={SLUG}").content.decode()


@pytest.mark.parametrize("text", ["", "f:", "%25", "<script>alert(1)</script>", "a" * 5000, "\\", "'\""])
def test_any_text_is_answered(text: str, filled: str, ben: User, client: Client) -> None:
    client.force_login(ben)

    answer = client.get("/search", {"q": text, "in": SLUG})

    assert answer.status_code == 200
    assert b"<script>alert" not in answer.content


def test_names_are_escaped(filled: str, ben: User, client: Client) -> None:
    client.force_login(ben)

    page = client.get(f"/search?q=auth&in={SLUG}&part=results").content.decode()

    assert "src/auth/&lt;b&gt;.py" in page
    assert 'data-results="' in page
