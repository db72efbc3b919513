"""The compare page and those of pull requests: who sees them, what the doors promise, and what they say where nothing is known."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.projects.models import Commit, PullRequest
from covdash.reports import comparisons
from tests.covdash.reports.stock import Stock, lines

OLD, NEW = "a\nb\nc\nd\n", "a\nb\nnew\nd\nlast\n"


@pytest.fixture
def pair(stock: Stock) -> tuple[str, str]:
    """A commit of main, and one of a git branch that left it there: one line lost, one new and missed, one new and covered."""
    base = stock.report({"src/a.py": lines(1, 1, 1, 0)}, sources={"src/a.py": OLD})
    head = stock.report(
        {"src/a.py": lines(1, 0, 0, 0, 2)}, "feature/x", parent=base.sha, sources={"src/a.py": NEW}
    )
    return base.sha, head.sha


def page(client: Client, stock: Stock, rest: str, status: int = 200) -> str:
    answer = client.get(f"/p/{stock.project.slug}/-/{rest}")
    assert answer.status_code == status
    return answer.content.decode()


def test_a_stranger_gets_404(stock: Stock, pair: tuple[str, str], cleo: User, client: Client) -> None:
    PullRequest.objects.create(project=stock.project, number=7)
    client.force_login(cleo)

    for rest in ("compare?head=feature/x", "pulls", "pull/7"):
        page(client, stock, rest, 404)


def test_patch_and_categories_are_told(
    stock: Stock, pair: tuple[str, str], ben: User, client: Client, django_assert_max_num_queries: Any
) -> None:
    client.force_login(ben)
    client.get("/")  # the secret of the forms, which comes with signing in, is in the session

    with django_assert_max_num_queries(16):
        text = page(client, stock, "compare?head=feature/x")

    assert "where it left main" in text
    assert re.search(r"1 of 2</span> measured new lines ran", text)
    for letters, number in {"GNC": 1, "UNC": 1, "LBC": 1, "CBC": 1, "UBC": 1, "DCB": 1}.items():
        assert re.search(rf'cell={letters}" data-count="{number}"', text), letters


@pytest.mark.parametrize("cell", ["GNC", "UNC", "CBC", "UBC", "LBC", "DCB"])
def test_every_door_leads_to_as_many_lines(
    cell: str, stock: Stock, pair: tuple[str, str], ben: User, client: Client
) -> None:
    client.force_login(ben)

    text = page(client, stock, f"compare?base={pair[0]}&head={pair[1]}&cell={cell}")

    assert sum(int(number) for number in re.findall(r'data-rows="(\d+)"', text)) == 1


def test_an_opened_file_shows_what_each_line_was_and_is(
    stock: Stock, pair: tuple[str, str], ben: User, client: Client
) -> None:
    client.force_login(ben)

    text = page(client, stock, f"compare?base={pair[0]}&head={pair[1]}&file=src/a.py")

    rows = re.findall(
        r'<td class="w">(\w*)</td><td class="w">(\w*)</td><td class="g">(\w*)</td>'
        r'<td class="s"><span class="sign">(.)</span>(.*?)</td>',
        text,
    )
    assert rows == [
        ("covered", "covered", "CBC", " ", "a"),
        ("covered", "missed", "LBC", " ", "b"),
        ("covered", "", "DCB", "-", "c"),
        ("", "missed", "UNC", "+", "new"),
        ("missed", "missed", "UBC", " ", "d"),
        ("", "covered", "GNC", "+", "last"),
    ]


def test_lost_elsewhere_lists_files_that_lost_lines_nobody_changed(
    stock: Stock, pair: tuple[str, str], ben: User, client: Client
) -> None:
    client.force_login(ben)

    assert "src/<wbr>a.py" in page(client, stock, f"compare?base={pair[0]}&head={pair[1]}&tab=indirect")
    assert "Identical" in page(client, stock, f"compare?base={pair[1]}&head={pair[1]}&tab=indirect")


def test_a_large_comparison_says_that_it_is_being_made(
    stock: Stock, pair: tuple[str, str], ben: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparisons, "AT_ONCE", 0)
    client.force_login(ben)

    text = page(client, stock, "compare?head=feature/x")

    assert "Comparing." in text
    assert 'data-poll="' in text


def test_a_pull_request_is_compared_with_where_it_left(
    stock: Stock, pair: tuple[str, str], ben: User, client: Client
) -> None:
    PullRequest.objects.create(
        project=stock.project, number=12, head=Commit.objects.get(sha=pair[1]), base="main", title="Add x"
    )
    client.force_login(ben)

    assert "Add x" in page(client, stock, "pulls")
    text = page(client, stock, "pull/12")
    assert "Add x" in text
    assert 'href="/p/acme/platform/shop/-/pull/12?cell=UNC"' in text
    page(client, stock, "pull/13", 404)


@pytest.mark.parametrize(
    "query",
    ["head=nowhere", "base=zzz&head=main", "head=main&cell=XXX&tab=foo&skip=-3&file=%2e%2e"],
)
def test_nonsense_is_answered_with_a_choice(
    query: str, stock: Stock, pair: tuple[str, str], ben: User, client: Client
) -> None:
    client.force_login(ben)

    assert "Compare" in page(client, stock, f"compare?{query}")


def test_a_project_without_reports_has_a_form(stock: Stock, ben: User, client: Client) -> None:
    client.force_login(ben)

    assert 'name="base"' in page(client, stock, "compare")
    assert "No pull requests yet" in page(client, stock, "pulls")


def test_names_from_uploads_are_escaped(stock: Stock, ben: User, client: Client) -> None:
    name = "src/<script>alert(1)</script>.py"
    base = stock.report({name: lines(1, 0)}, sources={name: "x\ny\n"})
    head = stock.report({name: lines(0, 1)}, sources={name: "<img src=x>\ny\n"})
    client.force_login(ben)

    for extra in ("", "&cell=GBC", f"&file={name}"):
        text = page(client, stock, f"compare?base={base.sha}&head={head.sha}{extra}")
        assert "<script>alert" not in text
        assert "<img src=x>" not in text
