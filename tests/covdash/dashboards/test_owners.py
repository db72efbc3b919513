"""Lists narrowed to an owner of the CODEOWNERS that was sent along: alone and with a component, on pages and in tables."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.projects import wishes
from covdash.projects.models import Commit
from covdash.reports.models import CommitReport, Upload
from ingest.components import recount
from tests.covdash.dashboards.test_gap_filters import options
from tests.covdash.reports.stock import Stock, lines, rich

PLACE = Place("acme/platform/shop")
OWNERS = "/src/ @acme/shop\n/src/pay/ @acme/pay @acme/shop\n*.js <b>@ui\n"
SESSION = 2
"""SQL statements of the session and its user."""


@pytest.fixture
def head(stock: Stock, ben: User, client: Client) -> Commit:
    """Five files: two of the shop, two of the payments and the shop, one of the interface, one of nobody; Ben looks at them."""
    client.force_login(ben)
    rules = [{"name": "money", "paths": ["refund.py"]}]
    wishes.write_section(project_id=stock.project.pk, actor=ben, section="components", said=rules)
    head = stock.report(
        {
            "src/a.py": rich(),
            "src/refund.py": rich(),
            "src/pay/b.py": rich(),
            "src/pay/refund.py": rich(),
            "src/c.js": rich(),
            "x.py": lines(1, 0),
        }
    )
    recount(stock.project.pk)
    send(OWNERS)
    return head


def send(text: str) -> None:
    """Let the upload have sent this CODEOWNERS; the report was assembled since."""
    CommitReport.objects.update(updated_at=timezone.now())
    Upload.objects.update(declared={"codeowners": {"path": "CODEOWNERS", "text": text}})


def get(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def paths(body: str) -> list[str]:
    """Return the files of a list, in its order."""
    return re.findall(r'href="/p/[^"?]*/-/file/([^"?]*)" data-row', body)


ADDRESSES = {
    "tree": PLACE.tree,
    "arms": PLACE.arms,
    "functions": PLACE.functions,
}


@pytest.mark.parametrize("page", ADDRESSES)
def test_an_owner_has_its_own_list(client: Client, head: Commit, page: str) -> None:
    """A file of two owners is in the list of each; what is later in the file goes to others."""
    address = ADDRESSES[page]

    pay = get(client, address(owner="@acme/pay"))
    shop = get(client, address(owner="@acme/shop"))

    assert paths(pay) == ["src/pay/b.py", "src/pay/refund.py"]
    assert sorted(paths(shop)) == ["src/a.py", "src/pay/b.py", "src/pay/refund.py", "src/refund.py"]
    assert paths(get(client, address(owner="<b>@ui"))) == ["src/c.js"]
    assert list(options(pay, "owner").items()) == [
        ("", False),
        ("@acme/shop", False),
        ("@acme/pay", True),
        ("&lt;b&gt;@ui", False),
    ]
    assert "<b>@ui" not in pay + shop


@pytest.mark.parametrize("page", ADDRESSES)
def test_an_owner_within_a_component(client: Client, head: Commit, page: str) -> None:
    body = get(client, ADDRESSES[page](component="money", owner="@acme/pay"))

    assert paths(body) == ["src/pay/refund.py"]
    assert options(body, "component")["money"]
    assert options(body, "owner")["@acme/pay"]


def test_heads_and_feet_count_what_is_left(client: Client, head: Commit) -> None:
    """The sums at the top are those of the owner's files, and so is the number that the foot compares with."""
    body = get(client, PLACE.tree(owner="@acme/pay"))
    assert "Files owned by @acme/pay" in body
    assert "All 2 files" in body
    assert "4 / 6 lines" in re.sub(r"\s", " ", body.partition("</h1>")[2].partition("</div>")[0])
    assert "1 of 2 files" in get(client, PLACE.tree(owner="@acme/pay", q="refund"))
    both = get(client, PLACE.tree(owner="@acme/pay", component="money", show="missed"))
    assert "Files of money owned by @acme/pay: with missed lines" in both
    assert "All 1 file<" in both
    assert "All 2 files" in get(client, PLACE.tree(component="money"))
    arms = get(client, PLACE.arms(owner="@acme/pay")).partition("</h1>")[2].partition("</p>")[0]
    assert re.search(r"4.{1,8}8 arms", arms)


def test_every_row_names_its_owners(client: Client, head: Commit) -> None:
    for address in (PLACE.arms(), PLACE.functions(), PLACE.arms(file="src/pay/b.py")):
        assert "owned by <bdi>@acme/pay @acme/shop</bdi>" in get(client, address)
    rows = (
        get(client, PLACE.tree(flat=True)).partition("<tbody>")[2].partition("</tbody>")[0].split("<tr>")[1:]
    )
    named = {paths(row)[0]: re.findall(r'cell-sub"><bdi>([^<]*)', row) for row in rows}
    assert named == {
        "src/a.py": ["@acme/shop"],
        "src/refund.py": ["@acme/shop"],
        "src/pay/b.py": ["@acme/pay @acme/shop"],
        "src/pay/refund.py": ["@acme/pay @acme/shop"],
        "src/c.js": ["&lt;b&gt;@ui"],
        "x.py": [],
    }


def test_a_directory_names_who_has_all_of_it(client: Client, head: Commit) -> None:
    """Anybody may have a file with a name that is meant everywhere, so with such a line no folder is of one alone."""
    send("/src/ @acme/shop\n/src/pay/ @acme/pay\n")

    for address in (PLACE.tree("src"), PLACE.tree("src", part="children")):
        named = re.findall(r'cell-sub"><bdi>([^<]*)', get(client, address))
        assert sorted(named) == ["@acme/pay", *["@acme/shop"] * 3]
    assert "@acme" not in get(client, PLACE.tree()).partition("<tbody>")[2]
    assert list(options(get(client, PLACE.tree()), "owner")) == ["", "@acme/shop", "@acme/pay"]
    body = get(client, PLACE.tree("src", owner="@acme/pay"))
    assert "Ignored: owner=@acme/pay" in body, "only all files can be narrowed, from the root"
    assert not options(body, "owner")


@pytest.mark.parametrize("page", ADDRESSES)
def test_unknown_owners_are_named_in_the_note(client: Client, head: Commit, page: str) -> None:
    address = ADDRESSES[page]

    assert "Ignored: owner=&lt;i&gt;@x" in get(client, address(owner="<i>@x"))
    send("")
    body = get(client, address(owner="@acme/pay"))
    assert "Ignored: owner=@acme/pay" in body
    assert len(paths(body)) >= 5
    assert not options(body, "owner"), "nothing to choose from where no CODEOWNERS is known"
    assert "owned by" not in body


def test_one_file_is_not_narrowed(client: Client, head: Commit) -> None:
    body = get(client, PLACE.arms(file="src/a.py", owner="@acme/pay"))

    assert paths(body) == ["src/a.py"]
    assert "Ignored: owner=@acme/pay" in body


def test_the_way_out_keeps_or_leaves_the_owner(client: Client, head: Commit) -> None:
    for address in (PLACE.arms(owner="@acme/pay"), PLACE.functions(owner="@acme/pay")):
        pills = get(client, address).partition('class="pills"')[2].partition("</ul>")[0]
        assert pills.count("owner=@acme/pay") == pills.count("<a ")
    empty = get(client, PLACE.tree(owner="@acme/pay", q="nothing"))
    assert PLACE.tree(flat=True, owner="@acme/pay").replace("&", "&amp;") in empty
    send(f"{OWNERS}/empty/ @nobody\n")
    assert "No arms here" in get(client, PLACE.arms(owner="@nobody"))
    assert "Nothing here" in get(client, PLACE.functions(owner="@nobody"))
    assert "Nothing matches" in get(client, PLACE.tree(owner="@nobody"))


@pytest.mark.parametrize("table", ["tree", "arms", "functions"])
def test_tables_take_the_words_of_their_pages(client: Client, head: Commit, table: str) -> None:
    """A cell that begins with `@` has an apostrophe in front, as any that a spreadsheet could take for a formula."""
    answer = client.get(f"{PLACE.root}-/{table}.csv?owner=@acme/pay&component=money")
    head_row, *rows = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]

    assert head_row.endswith(",owner")
    assert {(row.partition(",")[0], row.rpartition(",")[2]) for row in rows} == {
        ("src/pay/refund.py", "'@acme/pay @acme/shop")
    }


@pytest.mark.parametrize("page", ADDRESSES)
def test_it_costs_one_more_question(client: Client, head: Commit, page: str) -> None:
    address = ADDRESSES[page](owner="@acme/pay", component="money")
    get(client, address)

    with CaptureQueriesContext(connection) as asked:
        get(client, address)

    assert len(asked) - SESSION <= 8, [query["sql"][:90] for query in asked]


def test_other_owners_make_another_page(client: Client, head: Commit) -> None:
    for address in (PLACE.tree(), PLACE.arms(), PLACE.functions()):
        send(OWNERS)
        tag = client.get(address)["ETag"]
        assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
        send("* @somebody\n")
        assert client.get(address, headers={"If-None-Match": tag}).status_code == 200
