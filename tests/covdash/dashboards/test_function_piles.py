"""Functions never called lie in piles by age and weight of their files; where no report tells the age, the page says so."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from covdash.accounts.models import User
from covdash.coverage.lines import FileCoverage, Function
from covdash.dashboards.addresses import Place
from covdash.projects import wishes
from covdash.reports.gaps import PAGE
from ingest.components import recount
from tests.covdash.dashboards.test_reading import SESSION
from tests.covdash.reports.stock import Stock, lines

PLACE = Place("acme/platform/shop")


def uncalled(*names: str) -> FileCoverage:
    """A line and a function each, never called."""
    plain = lines(*([0] * len(names)))
    functions = tuple(Function(name, number, number, 0) for number, name in enumerate(names, 1))
    return FileCoverage(plain.lines, plain.hits, plain.states, {}, functions, counted=True)


@pytest.fixture
def reader(client: Client, ben: User) -> Client:
    client.force_login(ben)
    return client


@pytest.fixture
def aged(stock: Stock, ben: User) -> Stock:
    """`src/old.py` did not change for 200 days, `src/busy.py` did ten days ago, `auth/login.py` has weight."""
    rules = [{"name": "auth", "paths": ["auth"], "weight": 10}, {"name": "rest", "paths": ["src"]}]
    wishes.write_section(project_id=stock.project.pk, actor=ben, section="components", said=rules)
    now = timezone.now()
    before = {
        "src/old.py": uncalled("older"),
        "src/busy.py": uncalled("busy"),
        "auth/login.py": uncalled("sign_in"),
    }
    stock.report(before, at=now - timedelta(days=200))
    stock.report({**before, "src/busy.py": uncalled("busy", "new")}, at=now - timedelta(days=10))
    recount(stock.project.pk)
    return stock


def get(client: Client, **words: str | None) -> str:
    answer = client.get(PLACE.functions(**words))
    assert answer.status_code == 200
    return answer.content.decode()


def files(body: str) -> list[str]:
    return re.findall(r'<span class="path-name">([^<]+)</span></bdi></a></h2>', body)


def test_piles_are_told_apart_by_age_and_weight(reader: Client, aged: Stock) -> None:
    get(reader)
    with CaptureQueriesContext(connection) as asked:
        dead = get(reader, show="dead")
    assert len(asked) - SESSION <= 8, [query["sql"][:120] for query in asked]

    assert files(dead) == ["old.py"]
    assert "1 of 3 files with functions never called is here" in dead
    assert "nobody can say how old" not in dead
    assert re.search(r"numbers changed <time", dead)
    risk = get(reader, show="risk")
    assert files(risk) == ["busy.py", "login.py"]
    assert "2 of 3 files" in risk
    assert re.search(r'aria-current="true">untested risk<', risk)
    assert sorted(files(get(reader))) == ["busy.py", "login.py", "old.py"]


def test_a_pile_is_narrowed_to_a_component(reader: Client, aged: Stock) -> None:
    body = get(reader, show="risk", component="auth")

    assert files(body) == ["login.py"]
    assert "1 of 1 file with" in body
    assert "show=dead&amp;component=auth" in body
    assert files(get(reader, show="dead", component="auth")) == []
    assert "0 of 1 file with functions never called are here" in get(reader, show="dead", component="auth")


def test_the_first_report_of_a_branch_tells_no_age(reader: Client, stock: Stock) -> None:
    """Nothing is called new because the project is."""
    stock.report({"a.py": uncalled("one"), "b.py": uncalled("two")}, at=timezone.now() - timedelta(days=30))
    stock.report({"a.py": uncalled("one"), "b.py": uncalled("two", "three")}, at=timezone.now())

    risk = get(reader, show="risk")

    assert files(risk) == ["b.py"]
    assert "Of 1 file nobody can say how old" in risk
    assert files(get(reader, show="dead")) == []


def test_a_pile_comes_in_pages_and_as_a_table(reader: Client, stock: Stock) -> None:
    many = {f"f{number:02}.py": uncalled("f") for number in range(PAGE + 3)}
    stock.report(many, at=timezone.now() - timedelta(days=100))

    first = get(reader, show="dead")
    door = re.search(r'href="(\?[^"]+)" rel="next"', first)
    assert door
    second = reader.get(f"{PLACE.functions()}{door[1].replace('&amp;', '&')}").content.decode()
    answer = reader.get(f"{PLACE.root}-/functions.csv?show=dead")
    rows = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]

    assert (len(files(first)), len(files(second))) == (PAGE, 3)
    assert len(rows) == 1 + PAGE + 3


def test_a_word_that_is_no_pile_is_named(reader: Client, aged: Stock) -> None:
    body = get(reader, show="foo")

    assert "Ignored: show=foo" in body
    assert len(files(body)) == 3
    assert "Ignored" not in get(reader, show="never")
