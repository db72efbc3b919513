"""Components on the pages: what is under its floor is said in words, and leads to its files."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from covdash.accounts.models import User
from covdash.projects import wishes
from ingest.components import recount
from tests.covdash.reports.stock import Stock, lines

ROOT = "/p/acme/platform/shop"


@pytest.fixture
def reader(client: Client, ben: User, stock: Stock) -> Client:
    """Ben, before a counted commit with a component under its floor, one over it, one without, one empty."""
    rules = [
        {"name": "auth", "paths": ["src/auth/**"], "weight": 10, "floors": {"lines": 90}},
        {"name": "pay", "paths": ["src/pay"], "weight": 9, "floors": {"lines": 50, "branches": 10}},
        {"name": "tools", "paths": ["tools"]},
        {"name": "later", "paths": ["later"], "floors": {"lines": 50}},
    ]
    wishes.write_section(project_id=stock.project.pk, actor=ben, section="components", said=rules)
    stock.report(
        {"src/auth/a.py": lines(1, 0), "src/pay/p.py": lines(1), "tools/t.py": lines(0), "x.py": lines(0, 1)}
    )
    recount(stock.project.pk)
    client.force_login(ben)
    return client


def text(answer: bytes) -> str:
    """The words of a page, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.decode()))


@pytest.mark.parametrize("page", ["/", "/-/commit/{sha}"])
def test_components_stand_beside_their_floors(
    reader: Client, stock: Stock, page: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    sha = stock.project.commits.get().sha
    reader.get(f"{ROOT}{page.format(sha=sha)}")
    with django_assert_max_num_queries(16):
        answer = reader.get(f"{ROOT}{page.format(sha=sha)}?range=1y")

    words = text(answer.content)
    assert "under its floor by 40.0 pp" in words
    assert "at or over its floor" in words
    assert "no arms to cover" in words
    assert "no file here" in words
    assert "1 component of 4 under a floor." in words
    assert "Outside of all components 1 / 2 lines ran." in words
    assert words.index("auth 10") < words.index("pay 9") < words.index("tools 1")
    assert "component=auth" in answer.content.decode()


def test_the_tree_lists_the_files_of_a_component(reader: Client) -> None:
    answer = reader.get(f"{ROOT}/-/tree/?component=auth")

    words = text(answer.content)
    assert "Files of auth" in words
    assert "a.py" in words
    assert "p.py" not in words
    assert "50.0 %" in words, "the head of the list is of the component, not of the project"
    assert '<option value="auth" selected>' in answer.content.decode()
    unknown = text(reader.get(f"{ROOT}/-/tree/?component=none-such").content)
    assert "All files" in unknown
    assert "p.py" in unknown


def test_new_rules_show_at_once_that_the_count_is_on_its_way(reader: Client, stock: Stock, ben: User) -> None:
    """Also to a browser that kept the page."""
    first = reader.get(f"{ROOT}/")
    again = {"If-None-Match": first["ETag"]}
    assert reader.get(f"{ROOT}/", headers=again).status_code == 304
    rules = [{"name": "new", "paths": ["src"], "floors": {"lines": 100}}]
    wishes.write_section(project_id=stock.project.pk, actor=ben, section="components", said=rules)

    answer = reader.get(f"{ROOT}/", headers=again)

    assert answer.status_code == 200
    assert "counted anew" in text(answer.content)
    recount(stock.project.pk)
    counted = reader.get(f"{ROOT}/", headers={"If-None-Match": answer["ETag"]})
    assert counted.status_code == 200
    assert "under its floor by 33.3 pp" in text(counted.content)


def test_without_rules_nothing_is_shown(client: Client, ben: User, stock: Stock) -> None:
    stock.report({"a.py": lines(1)})
    client.force_login(ben)

    assert "Components" not in text(client.get(f"{ROOT}/").content)
