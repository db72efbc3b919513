"""The tree narrows by glob and size with sums of what is left, opens in place, and tells dead files from new ones."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.projects import wishes
from covdash.projects.models import Commit
from ingest.components import recount
from tests.covdash.dashboards.test_reading import SESSION
from tests.covdash.reports.stock import Stock, lines

PLACE = Place("acme/platform/shop")


@pytest.fixture
def reader(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def head(stock: Stock) -> Commit:
    """`old.py` never ran for 200 days; `new.py` came, and `busy.py` grew, ten days ago."""
    now = timezone.now()
    long_ago = {"src/old.py": lines(0, 0, 0), "src/busy.py": lines(0), "src/pay/ran.py": lines(*[1] * 9)}
    stock.report(long_ago, at=now - timedelta(days=200))
    lately = {
        **long_ago,
        "src/busy.py": lines(0, 0),
        "src/new.py": lines(0, 0, 0, 0),
        "lib/x.js": lines(1, 0),
    }
    return stock.report(lately, at=now - timedelta(days=10))


def names(body: str) -> list[str]:
    return re.findall(r"<bdi>([a-z./]+)</bdi></a></th>", body.replace("<wbr>", ""))


def test_files_that_never_ran_lie_in_two_piles(reader: Client, head: Commit) -> None:
    with CaptureQueriesContext(connection) as asked:
        body = reader.get(PLACE.tree(show="zero")).content.decode()
    assert len(asked) - SESSION <= 10, [query["sql"][:100] for query in asked]
    old, new = body.partition('id="new"')[0], body.partition('id="new"')[2]
    assert names(old) == ["src/old.py"]
    assert names(new) == ["src/new.py", "src/busy.py"]
    assert "1 file, 3 lines" in old
    assert "2 files, 6 lines" in new
    assert names(reader.get(PLACE.tree(show="zero", q="*busy*")).content.decode()) == ["src/busy.py"]
    assert names(reader.get(PLACE.tree(show="zero", min=4)).content.decode()) == ["src/new.py"]
    assert "Nothing matches" in reader.get(PLACE.tree(show="zero", q="ran")).content.decode()


def test_sums_are_those_of_what_is_left(reader: Client, head: Commit) -> None:
    body = reader.get(PLACE.tree(flat=True, q="src/*.py", min=3)).content.decode()
    assert names(body) == ["src/new.py", "src/old.py", "src/pay/ran.py"]
    foot = body.partition("<tfoot>")[2].partition("</tfoot>")[0]
    assert "3 of 5 files" in foot
    assert re.search(r"9.{1,8}16", foot)
    body = reader.get(PLACE.tree("src", q="*.py", min=3)).content.decode()
    assert names(body) == ["new.py", "old.py"]
    assert "2 of 4 entries" in body
    whole = reader.get(PLACE.tree(flat=True, min="nonsense")).content.decode()
    assert "All 5 files" in whole


def test_a_directory_opens_in_place(reader: Client, head: Commit, cleo: User) -> None:
    body = reader.get(PLACE.tree()).content.decode()
    children = re.findall(r'data-children="([^"]+)"', body)
    assert children == [PLACE.tree("src", part="children"), PLACE.tree("lib", part="children")]
    with CaptureQueriesContext(connection) as asked:
        part = reader.get(children[0]).content.decode()
    assert len(asked) - SESSION <= 8
    assert "<h1" not in part
    assert sorted(names(part)) == ["busy.py", "new.py", "old.py", "pay/"]
    assert reader.get(PLACE.tree("no/such", part="children")).status_code == 404
    reader.force_login(cleo)
    assert reader.get(children[0]).status_code == 404


def test_files_that_changed_stand_beside_what_they_were(reader: Client, head: Commit) -> None:
    """Files that came or differ since the report before, with the change of each and of all; the door leads to what is gone."""
    reader.get(PLACE.tree(show="changed"))
    with CaptureQueriesContext(connection) as asked:
        body = reader.get(PLACE.tree(show="changed")).content.decode()
    assert len(asked) - SESSION <= 8, [query["sql"][:100] for query in asked]
    assert names(body) == ["lib/x.js", "src/busy.py", "src/new.py"]
    assert "3 of 5 files" in body
    assert '<th scope="col" class="number wide-only">Change</th>' in body
    foot = body.partition("<tfoot>")[2].partition("</tfoot>")[0]
    assert "+12.5 pp" in foot, "0 of 1 line before, 1 of 8 now"
    base = Commit.objects.exclude(pk=head.pk).get()
    assert PLACE.compare(base.sha, head.sha).replace("&", "&amp;") in body
    assert names(reader.get(PLACE.tree(show="changed", q="busy")).content.decode()) == ["src/busy.py"]
    first = reader.get(PLACE.at(commit=base.sha).tree(show="changed")).content.decode()
    assert "Nothing to compare with" in first
    answer = reader.get(f"{PLACE.root}-/tree.csv?show=changed")
    rows = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert [row.partition(",")[0] for row in rows[1:]] == ["lib/x.js", "src/busy.py", "src/new.py"]


def test_where_nothing_changed_that_is_said(reader: Client, stock: Stock, head: Commit) -> None:
    before = stock.report({"src/a.py": lines(1)}, at=timezone.now())
    stock.report({"src/a.py": lines(1)}, at=timezone.now())
    body = reader.get(PLACE.tree(show="changed")).content.decode()
    assert "Nothing changed" in body
    assert f"as in the report of {before.sha[:8]}" in body
    assert "Nothing matches" in reader.get(PLACE.tree(show="changed", q="nowhere")).content.decode()


def test_files_of_components_under_their_floors(reader: Client, stock: Stock, ada: User) -> None:
    def rules(*floors: int) -> None:
        said = [
            {"name": name, "paths": [f"{name}/"], "floors": {"lines": floor}}
            for name, floor in zip(("pay", "ui", "io"), floors, strict=False)
        ]
        wishes.write_section(project_id=stock.project.pk, actor=ada, section="components", said=said)

    stock.report({"pay/a.py": lines(1, 0), "ui/b.py": lines(0, 1), "io/c.py": lines(1), "x.py": lines(0)})
    assert "No floors" in reader.get(PLACE.tree(show="under-floor")).content.decode()
    rules(90, 60, 100)
    assert "Not counted yet" in reader.get(PLACE.tree(show="under-floor")).content.decode()
    recount(stock.project.pk)
    body = reader.get(PLACE.tree(show="under-floor")).content.decode()
    assert names(body) == ["pay/a.py", "ui/b.py"]
    assert "2 of 4 files" in body
    assert names(reader.get(PLACE.tree(show="under-floor", component="ui")).content.decode()) == ["ui/b.py"]
    assert "Nothing matches" in reader.get(PLACE.tree(show="under-floor", component="io")).content.decode()
    rules(50, 50)
    recount(stock.project.pk)
    assert "Every floor is reached" in reader.get(PLACE.tree(show="under-floor")).content.decode()


@pytest.mark.parametrize(
    ("words", "note"),
    [
        ("sort=foo", "sort=foo"),
        ("min=x&sort=-missed", "min=x"),
        ("flat=1&sort=-missed", "sort=-missed"),
        ("flat=1&show=foo", "show=foo"),
        ("show=<i>", "show=&lt;i&gt;"),
        ("component=none", "component=none"),
    ],
)
def test_what_the_tree_cannot_do_is_ignored_and_named(
    reader: Client, head: Commit, words: str, note: str
) -> None:
    body = reader.get(f"{PLACE.tree()}?{words}").content.decode()
    assert f'<p class="caption">Ignored: {note}</p>' in body
    assert "Ignored: show=zero" in reader.get(PLACE.tree("src", show="zero")).content.decode()
    for address in (PLACE.tree(sort="name", min=2), PLACE.tree(flat=True, sort="name", show="zero")):
        assert "Ignored" not in reader.get(address).content.decode()
