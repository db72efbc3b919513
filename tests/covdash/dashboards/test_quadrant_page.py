"""The quadrant of a directory: every file a link at its place, nothing placed by a number that nobody measured, each count a door."""

from __future__ import annotations

import gzip
import re
from typing import Any

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.coverage.lines import FileCoverage, Function, Outcomes, column
from tests.covdash.reports.stock import Stock, lines


def measured(run: int, missed: int, *, taken: int = 0, untaken: int = 0, called: int = -1) -> FileCoverage:
    """Coverage of a file with so many lines; with arms on its first line if there are any, and one function if `called` is 0 or 1."""
    plain = lines(*[1] * run, *[0] * missed)
    arms = taken + untaken
    hits = column([1] * taken + [0] * untaken, "i8")  # type: ignore[arg-type]
    empty = column(())
    outcomes = Outcomes(
        line=column([1] * arms),
        key=tuple(f"0,{number}" for number in range(arms)),
        weight=column([1] * arms),
        hits=hits,
        tally_line=empty,
        tally_covered=empty,
        tally_total=empty,
    )
    functions = (Function("f", 1, 1, called),) if called >= 0 else ()
    kinds = {"branches": outcomes} if arms else {}
    return FileCoverage(plain.lines, plain.hits, plain.states, kinds, functions, counted=True)


@pytest.fixture
def filled(stock: Stock) -> Stock:
    stock.report(
        {
            "src/hollow.py": measured(9, 1, taken=1, untaken=7),
            "src/pay/good.py": measured(60, 0, taken=4, called=1),
            "src/pay/<b>.py": measured(0, 20, untaken=2, called=0),
            "src/pay/plain.py": measured(5, 5),
        }
    )
    return stock


def get(client: Client, stock: Stock, rest: str, status: int = 200) -> str:
    answer = client.get(f"/p/{stock.project.slug}/-/map/{rest}")
    assert answer.status_code == status
    return answer.content.decode()


def points(text: str) -> dict[str, tuple[str, str]]:
    """Return title -> (address, "dim" or "") of the points."""
    found = re.findall(r'<a href="([^"]*)"( class="dim")?><title>([^<]*)</title><circle class="dot', text)
    return {title: (address, "dim" if dim else "") for address, dim, title in found}


def rows(text: str) -> list[str]:
    return re.findall(r"data-row>([^<]*)</a></th><td", text)


def legend(text: str) -> dict[str, tuple[int, str]]:
    found = re.findall(
        r'<li>(?:<a href="([^"]*)"[^>]*>)?<svg class="quarter".*?</svg> ([^<]*) <span class="num">(\d+)<',
        text,
    )
    return {name: (int(number), address.replace("&amp;", "&")) for address, name, number in found}


def test_strangers_get_404(filled: Stock, cleo: User, client: Client) -> None:
    client.force_login(cleo)

    get(client, filled, "src/?view=quadrant", 404)


def test_each_file_is_a_link_with_its_numbers(
    filled: Stock, ben: User, client: Client, django_assert_max_num_queries: Any
) -> None:
    """Arms go up where there are some; the file without them is counted and has no place, least of all at 0."""
    client.force_login(ben)

    with django_assert_max_num_queries(20):
        text = get(client, filled, "src/?view=quadrant")

    assert list(points(text)) == [
        "src/pay/good.py: 100 %, 60 / 60 lines, 100 %, 4 / 4 arms",
        "src/pay/&lt;b&gt;.py: 0 %, 0 / 20 lines, 0 %, 0 / 2 arms",
        "src/hollow.py: 90.0 %, 9 / 10 lines, 12.5 %, 1 / 8 arms",
    ]
    assert [address for address, _ in points(text).values()][
        2
    ] == f"/p/{filled.project.slug}/-/file/src/hollow.py"
    assert rows(text) == ["hollow.py", "pay/&lt;b&gt;.py", "pay/good.py"]
    assert (
        "1 file has no place: no arms were measured there, or there are none. coverage.py: add --branch."
        in text
    )
    assert "but less than half of their arms: 1 of 3; most is missed in src/hollow.py, 7 arms of 8." in text
    assert f'href="/p/{filled.project.slug}/-/map/src/pay/?view=quadrant"><bdi>pay/' in text
    assert "style=" not in text


def test_what_goes_up_can_be_chosen(filled: Stock, ben: User, client: Client) -> None:
    client.force_login(ben)

    called = get(client, filled, "src/?view=quadrant&y=functions")
    assert len(points(called)) == 2
    assert "2 files have no place: no functions were measured there" in called
    by_size = get(client, filled, "src/?view=quadrant&y=size")
    assert len(points(by_size)) == 4
    assert "no place" not in by_size
    assert "Ignored: y=luck" in get(client, filled, "src/?view=quadrant&y=luck")


def test_without_arms_functions_go_up_and_without_both_sizes(stock: Stock, ben: User, client: Client) -> None:
    client.force_login(ben)

    stock.report({"a.py": measured(1, 1, called=1), "b.py": measured(1, 1)})
    assert re.search(r'aria-current="true">functions called', get(client, stock, "?view=quadrant"))
    stock.report({"a.py": measured(1, 1), "b.py": measured(1, 1)})
    text = get(client, stock, "?view=quadrant")
    assert len(points(text)) == 2
    assert "little run" in text
    asked = get(client, stock, "?view=quadrant&y=arms")
    assert points(asked) == {}
    assert "No arm data" in asked
    assert "coverage.py: add --branch" in asked


def test_each_count_of_the_legend_leads_to_its_files(filled: Stock, ben: User, client: Client) -> None:
    client.force_login(ben)

    for words in ("y=arms", "y=size", "show=zero"):
        found = legend(get(client, filled, f"src/?view=quadrant&{words}"))
        assert len(found) == 4
        for number, address in found.values():
            assert bool(address) == bool(number)
            if address:
                text = client.get(address).content.decode()
                assert len(rows(text)) == sum(not dim for _, dim in points(text).values()) == number


def test_files_that_never_ran_stand_out(filled: Stock, ben: User, client: Client) -> None:
    client.force_login(ben)

    text = get(client, filled, "src/?view=quadrant&show=zero")

    assert rows(text) == ["pay/&lt;b&gt;.py"]
    assert "Standing out: 1 file of 3" in text


def test_a_large_directory_stays_within_its_budget(stock: Stock, ben: User, client: Client) -> None:
    """The 400 greatest with arms are drawn, the first hundred listed below; the table alone has all. What is left out is said."""
    client.force_login(ben)
    small = {
        f"src/part{number % 20}/file{number}.py": measured(number % 9, 9, taken=1) for number in range(450)
    }
    stock.report(small | {f"src/large{number}.py": measured(50, 50) for number in range(30)})

    text = get(client, stock, "src/?view=quadrant")
    assert len(points(text)) == 400
    assert len(rows(text)) == 100
    assert "300 more in the table" in text
    assert "These are the 400 greatest; 80 other files below are smaller, or have no arm data." in text
    table = get(client, stock, "src/?view=quadrant&as=table")
    assert len(rows(table)) == 400
    assert points(table) == {}
    for page in (text, table):
        assert len(re.findall(r"<[a-z]", page)) <= 3000
        assert len(gzip.compress(page.encode())) <= 40_000
