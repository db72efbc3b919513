"""The pages of arms never taken and functions never called: what they list, in words, and where they have nothing to say."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.coverage.lines import FileCoverage, Function, Outcomes, column
from covdash.dashboards.pages.gaps import OF_EACH
from tests.covdash.reports.stock import Stock, lines


def branching(*, covered: bool) -> FileCoverage:
    """Line 1 ran and jumped to 2, never to 4; line 3 never ran, with two arms; line 4 is only counted."""
    plain = lines(5, 1, 0, 2)
    arms = Outcomes(
        line=column((1, 1, 3, 3)),
        key=("-> 2", "-> 4", "-> 4", "-> 5"),
        weight=column((1, 1, 1, 1)),
        hits=column((5, int(covered), int(covered), int(covered)), "i8"),  # type: ignore[arg-type]
        tally_line=column((4,)),
        tally_covered=column((2 if covered else 1,)),
        tally_total=column((2,)),
    )
    functions = (Function("main", 1, 2, 5), Function("<rescue>", 3, 4, int(covered)))
    return FileCoverage(plain.lines, plain.hits, plain.states, {"branches": arms}, functions, counted=True)


@pytest.fixture
def filled(stock: Stock) -> Stock:
    stock.report(
        {"src/a.py": branching(covered=False), "src/plain.py": lines(1, 0)},
        sources={"src/a.py": "if <paid>:\n    ship()\nelif late:\n    wait()\n"},
    )
    return stock


def get(client: Client, stock: Stock, rest: str, status: int = 200) -> str:
    answer = client.get(f"/p/{stock.project.slug}/-/{rest}")
    assert answer.status_code == status
    return answer.content.decode()


def test_strangers_get_404(filled: Stock, cleo: User, client: Client) -> None:
    client.force_login(cleo)

    get(client, filled, "arms", 404)
    get(client, filled, "functions", 404)


def test_arms_are_told_in_words_beside_what_was_taken(
    filled: Stock, ben: User, client: Client, django_assert_max_num_queries: Any
) -> None:
    client.force_login(ben)

    with django_assert_max_num_queries(12):
        text = get(client, filled, "arms")

    assert "jump to line 4 never taken" in text
    assert "jump to line 2 was taken" in text
    assert "1 of 2 taken; which one, the reports do not say" in text
    assert "if &lt;paid&gt;:" in text
    assert "the line never ran" not in text
    assert "2 more on lines that never ran" in text
    assert "?line=1#L1" in text


def test_all_arms_can_be_asked_for(filled: Stock, ben: User, client: Client) -> None:
    client.force_login(ben)

    assert "the line never ran" in get(client, filled, "arms?show=all")
    assert "the line never ran" not in get(client, filled, "arms?show=nonsense&after=x")


def test_functions_never_called_are_named(
    filled: Stock, ben: User, client: Client, django_assert_max_num_queries: Any
) -> None:
    client.force_login(ben)

    with django_assert_max_num_queries(12):
        text = get(client, filled, "functions")

    assert "&lt;rescue&gt;" in text
    assert "2 executable lines" in text
    assert "<bdi>main</bdi>" not in text


def test_a_file_with_many_functions_does_not_fill_the_page(stock: Stock, ben: User, client: Client) -> None:
    """A few are named, and the number of the others is a door that leads to exactly this file."""
    plain = lines(*([0] * 40))
    functions = tuple(Function(f"f{number:02}", number, number, 0) for number in range(1, 41))
    big = FileCoverage(plain.lines, plain.hits, plain.states, {}, functions, counted=True)
    stock.report({"src/big one.py": big, "src/a.py": branching(covered=False)})
    client.force_login(ben)

    first = get(client, stock, "functions")
    door = first.split(" more in this file")[0].rsplit('href="', 1)[1].split('"')[0]
    alone = client.get(door).content.decode()

    assert first.count("<bdi>f") == OF_EACH
    assert f"{40 - OF_EACH} more in this file" in first
    assert alone.count("<bdi>f") == 40
    assert alone.count('class="gap-file"') == 1
    assert "more in this file" not in alone


def test_a_file_with_many_arms_does_not_fill_the_page(stock: Stock, ben: User, client: Client) -> None:
    plain = lines(*([1] * 30))
    places = column(range(1, 31))
    arms = Outcomes(
        line=places,
        key=("-> 9",) * 30,
        weight=column([1] * 30),
        hits=column([0] * 30, "i8"),  # type: ignore[arg-type]
    )
    stock.report(
        {"a.py": FileCoverage(plain.lines, plain.hits, plain.states, {"branches": arms}, counted=True)}
    )
    client.force_login(ben)

    assert get(client, stock, "arms").count("jump to line 9 never taken") == OF_EACH
    assert get(client, stock, "arms?file=a.py").count("jump to line 9 never taken") == 30
    assert "gap-file" not in get(client, stock, "arms?file=b.py&after=x")


def test_without_data_the_pages_say_which_tools_have_it(stock: Stock, ben: User, client: Client) -> None:
    stock.report({"a.py": lines(1, 0)})
    client.force_login(ben)

    assert "No arm data" in get(client, stock, "arms")
    assert "No function data" in get(client, stock, "functions")


def test_when_all_has_run_that_is_no_proof(stock: Stock, ben: User, client: Client) -> None:
    stock.report({"a.py": branching(covered=True)})
    client.force_login(ben)

    assert "Every known arm has run" in get(client, stock, "arms")
    assert "Every known function was called" in get(client, stock, "functions")


def test_many_files_come_in_pages(stock: Stock, ben: User, client: Client) -> None:
    stock.report({f"src/f{number:02}.py": branching(covered=False) for number in range(20)})
    client.force_login(ben)

    first = get(client, stock, "arms")
    following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = get(client, stock, f"arms{following}")

    assert first.count('class="gap-file"') == 15
    assert second.count('class="gap-file"') == 5
