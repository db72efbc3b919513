"""Tables as CSV: every row of the page, for readers only, and never a formula."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.coverage.lines import FileCoverage, Function
from covdash.dashboards import tables
from covdash.dashboards.views import exports
from covdash.projects.models import Branch, Project
from covdash.reports import comparisons
from tests.covdash.reports.stock import Stock, lines, rich

HERE = "/p/acme/platform/shop/-/"
TABLES = ("commits", "branches", "uploads", "tree", "arms", "functions")


@pytest.fixture
def filled(stock: Stock) -> Stock:
    evil = FileCoverage(
        lines(1, 0).lines,
        lines(1, 0).hits,
        lines(1, 0).states,
        {},
        (Function("=cmd|' /C calc'!A0", 1, 2, 0),),
        counted=True,
    )
    for number in range(60):
        stock.report({"src/a.py": lines(1, number % 2)}, branch="@home" if number == 1 else "main")
    stock.report(
        {"src/a.py": rich(), "=1+1.py": evil},
        sources={"src/a.py": "if x:\n  -y\nz\n", "+no.py": "x"},
        flags=["unit"],
    )
    return stock


@pytest.fixture
def reader(client: Client, ben: User) -> Client:
    client.force_login(ben)
    return client


def rows(reader: Client, table: str, query: str = "") -> list[dict[str, str]]:
    answer = reader.get(f"{HERE}{table}.csv?{query}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="acme-platform-shop-')
    assert answer.streaming
    return list(csv.DictReader(io.StringIO(b"".join(answer).decode())))  # type: ignore[arg-type]


@pytest.mark.parametrize("table", TABLES)
def test_strangers_get_404(filled: Stock, client: Client, cleo: User, table: str) -> None:
    client.force_login(cleo)
    assert client.get(f"{HERE}{table}.csv").status_code == 404


def test_all_pages_of_a_list_are_in_it(filled: Stock, reader: Client) -> None:
    found = rows(reader, "commits")
    assert len({row["commit"] for row in found}) == 61
    assert (found[0]["lines covered"], found[0]["arms total"], found[0]["branches"]) == ("3", "4", "main")
    assert found[0]["compared with"] == found[1]["commit"]
    assert len(rows(reader, "commits", "branch=main")) == 60
    assert len(rows(reader, "uploads")) == 61
    assert rows(reader, "uploads", "state=failed") == []
    assert [row["branch"] for row in rows(reader, "branches")] == ["main", "'@home"]
    assert [row["branch"] for row in rows(reader, "branches", "q=hom")] == ["'@home"]


def test_git_branches_have_their_distance_where_it_is_known(
    filled: Stock, reader: Client, monkeypatch: Any
) -> None:
    """A table asks for no comparison, so what is not known is empty."""
    monkeypatch.setattr(
        comparisons.app, "send_task", lambda *_, **__: pytest.fail("a table asks for nothing")
    )
    head = Branch.objects.get(name="main").head
    assert head is not None
    first = filled.report({"src/a.py": lines(1)}, parent=head.sha)
    filled.report({"src/a.py": lines(1)}, "same", parent=filled.commit("same", parent=first.sha).sha)
    filled.report({"src/a.py": lines(0)}, "other", parent=first.sha)

    found = {row["branch"]: row for row in rows(reader, "branches")}

    words = ("ahead", "behind", "patch changed", "patch measured", "patch covered")
    assert [found["same"][word] for word in words] == ["2", "0", "0", "0", "0"]
    assert [found["other"][word] for word in words] == ["1", "0", "", "", ""]
    assert [found["main"][word] for word in words] == [""] * 5
    assert [found["'@home"][word] for word in words[:2]] == [""] * 2


def test_files_arms_and_functions(filled: Stock, reader: Client) -> None:
    listed = {row["path"]: row for row in rows(reader, "tree")}
    assert set(listed) == {"'+no.py", "'=1+1.py", "src/a.py"}
    assert (listed["'+no.py"]["measured"], listed["'+no.py"]["lines total"]) == ("no", "")
    assert {row["path"] for row in rows(reader, "tree", "q=src/*")} == {"src/a.py"}
    ways = rows(reader, "arms")
    assert [(row["path"], row["line"], row["never taken"]) for row in ways] == [
        ("src/a.py", "1", "0,1"),
        ("src/a.py", "3", ""),
    ]
    called = {(row["path"], row["function"]) for row in rows(reader, "functions")}
    assert called == {("src/a.py", "<unused>"), ("'=1+1.py", "'=cmd|' /C calc'!A0")}


def test_a_long_table_is_cut_and_says_so(filled: Stock, reader: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(exports, "MAX_ROWS", 55)
    found = rows(reader, "commits")
    assert len(found) == 56
    assert found[-1]["commit"] == "cut off after 55 rows"


def test_without_a_report_there_are_no_files(reader: Client, project: Project) -> None:
    assert reader.get(f"{HERE}tree.csv").status_code == 404
    assert rows(reader, "commits") == []


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    (line,) = tables.lines([[text]])
    assert next(csv.reader(io.StringIO(line, newline=""))) == [f"'{text}"]


def test_numbers_stay_numbers() -> None:
    assert list(tables.lines([[-1, 2.5, None, True, "a,b\n"]])) == ['-1,2.5,,yes,"a,b\n"\r\n']
    assert next(tables.lines([["a\ud800\0"]])) == "a?\r\n"


def test_pages_lead_to_their_table_with_their_words(filled: Stock, reader: Client) -> None:
    for page, address in (
        ("commits?branch=main&after=x", "commits.csv?branch=main"),
        ("branches?q=a%26b", "branches.csv?q=a%26b"),
        ("uploads?state=failed", "uploads.csv?state=failed"),
        ("tree/?flat=1&q=src", "tree.csv?q=src"),
        ("arms", "arms.csv"),
        ("functions", "functions.csv"),
    ):
        assert f'href="{HERE}{address}"' in reader.get(f"{HERE}{page}").content.decode(), page
