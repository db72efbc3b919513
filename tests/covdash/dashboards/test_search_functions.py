"""Functions are found by name, in every report that has them, however it changed since somebody looked; counts are told in words."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.coverage import codec
from covdash.coverage.lines import FileCoverage, Function
from covdash.dashboards.pages import search as pages
from covdash.projects import access
from covdash.projects.registry import create_project
from covdash.reports import function_names
from covdash.reports.function_names import Names
from covdash.reports.queries import commits
from covdash.reports.queries import search as queries
from tests.covdash.reports.stock import Stock, lines, rich

SLUG = "acme/platform/shop"


def with_functions(*named: tuple[str, int]) -> FileCoverage:
    plain = lines(1, 0, 1, 1)
    functions = tuple(Function(name, start, 0, 1) for name, start in named)
    return FileCoverage(plain.lines, plain.hits, plain.states, {}, functions, counted=True)


FILES = {
    "src/auth/login.py": with_functions(("Session.login", 3), ("log", 1)),
    "src/auth/log.py": with_functions(("write_LOG", 2)),
    "a\nb.py": with_functions(("logout\x1e\x1f<b>", 4)),
    "src/none.py": lines(1),
}


@pytest.fixture
def reader(client: Client, ben: User, stock: Stock) -> Client:
    stock.report(FILES)
    client.force_login(ben)
    return client


def found(client: Client, text: str, **words: str) -> tuple[list[str], str]:
    """Return addresses of hits, and what is said of them."""
    body = client.get("/search", {"q": text, "in": SLUG, **words}).content.decode()
    (told,) = re.findall(r'data-results="([^"]*)"', body)
    return re.findall(r'<a href="([^"]*)" data-row data-hit>', body), told


def test_a_function_leads_to_its_line(reader: Client) -> None:
    """In any letter case; the one that is called so first, then those that begin so."""
    hits, told = found(reader, "fn:LOG")

    assert hits == [
        f"/p/{SLUG}/-/file/src/auth/login.py?line=1#L1",
        f"/p/{SLUG}/-/file/a%0Ab.py?line=4#L4",
        f"/p/{SLUG}/-/file/src/auth/log.py?line=2#L2",
        f"/p/{SLUG}/-/file/src/auth/login.py?line=3#L3",
    ]
    assert told == "Found: 4 functions."
    for address in hits:
        assert reader.get(address.partition("#")[0]).status_code == 200
    assert found(reader, "fn:src/auth") == ([], "Nothing here is called that.")
    assert found(reader, "fn:\x1f2\x1f") == ([], "Nothing here is called that.")


def test_functions_are_among_all_hits_of_a_small_report(reader: Client, monkeypatch: Any) -> None:
    hits, told = found(reader, "log")
    assert told == "Found: 2 files, 4 functions."
    assert len(hits) == 6

    monkeypatch.setattr(pages, "LISTED", 3)
    assert found(reader, "log")[1] == "Found: 2 files."
    assert found(reader, "fn:log")[1] == "Found: 4 functions."


def test_counts_tell_how_many_more_there_are(reader: Client, stock: Stock) -> None:
    stock.report({"src/many.py": with_functions(*[(f"step_{n}", n) for n in range(1, 10)])})

    page = reader.get("/search", {"q": "step", "in": SLUG}).content.decode()
    assert '<p class="muted" role="status">Found: 5 of 9 functions.</p>' in page
    (address,) = re.findall(r'<a href="([^"]*)" data-hit>All 9 functions</a>', page)
    assert len(found(reader, "fn:step")[0]) == 9
    assert address == "/search?q=fn%3Astep&amp;in=acme%2Fplatform%2Fshop"
    assert found(reader, "fn:step", part="results")[1] == "Found: 5 of 9 functions."


def test_the_next_commit_costs_what_it_changed(
    reader: Client, stock: Stock, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    """All files are read once, then none; of the next commit those of the directories on the way to what changed."""
    project = access.find(user=stock.project.memberships.get(role="owner").user, slug=SLUG)
    assert project is not None
    read: list[bytes] = []

    def functions_of(payload: bytes) -> tuple[tuple[str, int], ...]:
        read.append(payload)
        return codec.functions_of(payload)

    monkeypatch.setattr(function_names, "functions_of", functions_of)
    monkeypatch.setattr(function_names, "names", Names())

    def look(text: str) -> tuple[list[str], int]:
        report = commits.head(project=project)
        assert report is not None
        read.clear()
        return [hit.text for hit in queries.functions(project=project, report=report, text=text)[0]], len(
            read
        )

    assert look("login") == (["Session.login"], 3)
    with django_assert_num_queries(1):  # the head
        assert look("log") == (["log", "logout  <b>", "write_LOG", "Session.login"], 0)
    stock.report(FILES | {"src/auth/log.py": rich()})
    assert look("log") == (["log", "logout  <b>", "Session.login"], 3)
    assert look("unused") == (["<unused>"], 0)


def test_strangers_find_no_function(reader: Client, cleo: User) -> None:
    create_project(slug="cleo/own", owner=cleo)
    reader.force_login(cleo)

    assert found(reader, "fn:log") == ([], "Nothing here is called that.")


def test_what_is_held_is_bounded() -> None:
    held = Names(limit=10)
    for key, text in ((1, "aaaa"), (2, "bbbb"), (1, "cccc"), (3, "dd"), (4, "eeee")):
        held.put((0, bytes([key])), text)
        assert held.size <= 10

    assert held.get((0, b"\2")) is None
    assert held.get((0, b"\1")) == "cccc"
    assert held.get((0, b"\4")) == "eeee"
    assert held.get((1, b"\4")) is None


@pytest.mark.parametrize("prefix", pages.PREFIXES)
def test_help_and_the_page_name_every_prefix(reader: Client, prefix: str) -> None:
    told = prefix.replace(">", "&gt;")
    for address in ("/help", "/search"):
        assert (
            f"<code>{told}</code> {pages.TITLES[pages.PREFIXES[prefix]].lower()}"
            in reader.get(address).content.decode()
        )
    assert pages.split(f"{prefix} some") == (pages.PREFIXES[prefix], "some")
