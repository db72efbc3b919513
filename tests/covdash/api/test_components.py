"""Components through the API: of a commit and over time, with what is under its floor."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from covdash.accounts.models import User
from covdash.projects import wishes
from ingest.components import recount
from tests.covdash.reports.stock import Stock, lines

ROOT = "/api/v1/projects/acme/platform/shop"


@pytest.fixture
def sha(client: Client, ada: User, stock: Stock) -> str:
    """A counted commit, ada signed in."""
    rules = [
        {"name": "auth", "paths": ["src/auth/**"], "weight": 10, "floors": {"lines": 90.5, "branches": 10}},
        {"name": "none", "paths": ["nowhere"], "floors": {"lines": 1}},
    ]
    wishes.write_section(project_id=stock.project.pk, actor=ada, section="components", said=rules)
    commit = stock.report({"src/auth/a.py": lines(1, 0), "b.py": lines(0)}, flags=["unit"])
    recount(stock.project.pk)
    client.force_login(ada)
    return commit.sha


def test_the_components_of_a_commit(
    client: Client, sha: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(6):
        found = client.get(f"{ROOT}/commits/{sha}/components").json()

    assert found == {
        "commit": sha,
        "flag": "",
        "counted": True,
        "components": [
            {
                "name": "auth",
                "weight": 10,
                "floors": {"lines": 90.5, "branches": 10.0},
                "totals": {"lines": {"covered": 1, "total": 2}},
                "under": ["lines"],
            },
            {"name": "none", "weight": 1, "floors": {"lines": 1.0}, "totals": None, "under": []},
        ],
    }
    of_flag = client.get(f"{ROOT}/commits/{sha}/components?flag=unit").json()
    assert (of_flag["flag"], of_flag["components"]) == ("unit", found["components"])
    assert client.get(f"{ROOT}/commits/{sha}/components?flag=other").json()["error"]["code"] == "unknown_flag"


def test_the_trend_of_a_component(
    client: Client, sha: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(5):
        found = client.get(f"{ROOT}/trend?component=auth").json()

    assert (found["component"], found["path"], found["branch"]) == ("auth", "", "main")
    assert [(point["sha"], point["totals"]) for point in found["points"]] == [
        (sha, {"lines": {"covered": 1, "total": 2}})
    ]
    refused = client.get(f"{ROOT}/trend?component=pay")
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "unknown_component")


def test_strangers_find_nothing(client: Client, sha: str, cleo: User) -> None:
    client.force_login(cleo)

    assert client.get(f"{ROOT}/commits/{sha}/components").status_code == 404
    assert client.get(f"{ROOT}/trend?component=auth").status_code == 404
