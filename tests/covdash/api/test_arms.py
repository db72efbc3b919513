"""Arms through the API: the words of the page, and a refusal for what makes no sense."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from covdash.accounts.models import User
from covdash.projects import wishes
from covdash.projects.models import Commit
from tests.covdash.dashboards.test_arm_lists import TEXT, fork
from tests.covdash.dashboards.test_owners import send
from tests.covdash.reports.stock import START, Stock

ROOT = "/api/v1/projects/acme/platform/shop/commits"


@pytest.fixture
def commits(client: Client, ada: User, stock: Stock) -> list[Commit]:
    """Two reports a day apart, of which the second lost an arm of one of two components, with CODEOWNERS; ada signed in."""
    rules = [{"name": name, "paths": [f"{name}.py"]} for name in "ab"]
    wishes.write_section(project_id=stock.project.pk, actor=ada, section="components", said=rules)
    client.force_login(ada)
    found = [
        stock.report(
            {"a.py": fork(1, other), "b.py": fork(1, 0)},
            sources={"a.py": TEXT, "b.py": TEXT},
            at=START + timedelta(days=day),
        )
        for day, other in enumerate((1, 0))
    ]
    send("*.py @acme/shop\nb.py @acme/pay @acme/shop\n")
    return found


def test_lost_arms(
    client: Client, commits: list[Commit], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.get(f"{ROOT}/{commits[1].sha}/arms?show=lost&base={commits[0].sha}")
    with django_assert_max_num_queries(11):
        answer = client.get(f"{ROOT}/{commits[1].sha}/arms?show=lost&base={commits[0].sha}")

    assert answer.json() == {
        "items": [
            {
                "path": "a.py",
                "totals": {"lines": {"covered": 5, "total": 5}, "branches": {"covered": 1, "total": 2}},
                "arms": [
                    {
                        "line": 1,
                        "never": ["-> 5"],
                        "kinds": ["else"],
                        "taken": ["-> 2"],
                        "covered": 1,
                        "total": 2,
                        "ran": True,
                        "text": "if paid:",
                        "flips": [],
                        "first_seen": {
                            "commit": commits[1].sha,
                            "at": "2026-01-06T12:00:00Z",
                            "at_least": False,
                        },
                    }
                ],
            }
        ],
        "next": None,
    }
    assert (
        client.get(answer.wsgi_request.get_full_path(), headers={"If-None-Match": answer["ETag"]}).status_code
        == 304
    )


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ("", ["a.py", "b.py"]),
        ("component=b", ["b.py"]),
        ("owner=@acme/pay", ["b.py"]),
        ("owner=@acme/shop", ["a.py", "b.py"]),
        ("owner=@acme/shop&component=a", ["a.py"]),
        ("owner=@acme/pay&component=a", []),
        ("file=a.py", ["a.py"]),
        ("kind=case", []),
        ("show=flaky", ["a.py"]),
        ("since=2026-01-06", ["a.py"]),
        ("since=2026-01-01", ["a.py", "b.py"]),
    ],
)
def test_the_words_of_the_page(client: Client, commits: list[Commit], query: str, paths: list[str]) -> None:
    found = client.get(f"{ROOT}/{commits[1].sha}/arms?{query}").json()

    assert [file["path"] for file in found["items"]] == paths
    if query == "show=flaky":
        assert found["items"][0]["arms"][0]["flips"] == [{"taken": 1, "told": 2, "changes": 1}]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("show=foo", 400, "bad_show"),
        ("kind=foo", 400, "bad_kind"),
        ("since=soon", 400, "bad_since"),
        ("base=main", 400, "bad_base"),
        ("show=lost&base=nowhere", 400, "bad_base"),
        ("show=flaky&since=2026-01-06", 400, "bad_since"),
        ("component=c", 404, "unknown_component"),
        ("owner=acme/pay", 400, "unknown_owner"),
        ("owner=@acme/pay&component=c", 404, "unknown_component"),
        ("flag=c", 404, "unknown_flag"),
        ("after=!", 400, "bad_cursor"),
    ],
)
def test_what_makes_no_sense_is_refused(
    client: Client, commits: list[Commit], query: str, status: int, code: str
) -> None:
    answer = client.get(f"{ROOT}/{commits[1].sha}/arms?{query}")

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_stranger_gets_404(client: Client, commits: list[Commit], cleo: User) -> None:
    client.force_login(cleo)
    assert client.get(f"{ROOT}/{commits[1].sha}/arms").status_code == 404


def test_an_owner_without_codeowners_is_refused(client: Client, ada: User, stock: Stock) -> None:
    client.force_login(ada)
    head = stock.report({"a.py": fork(1, 0)})
    answer = client.get(f"{ROOT}/{head.sha}/arms?owner=@acme/pay")

    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "owner")
