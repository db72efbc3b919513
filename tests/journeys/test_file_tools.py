"""Looking at a file in other ways: through a flag, without an upload, folded; and at the lists around it. Axe finds nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.projects.models import Commit
from covdash.reports.models import Upload
from tests.covdash.reports.stock import Stock, lines, rich
from tests.journeys.conftest import Open, violations

PLACE = Place("acme/platform/shop")
PATH = "src/pay/refund.py"
TEXT = "".join(f"    step_{n} = account.move({n})  # of the refund\n" for n in range(1, 121))


@pytest.fixture
def head(stock: Stock) -> Commit:
    """A file that unit and e2e tests share, two piles of files that never ran, a directory with another below it."""
    now = timezone.now()
    old = {"src/old.py": lines(*[0] * 40)}
    stock.report(old, at=now - timedelta(days=200))
    commit = stock.commit(at=now - timedelta(hours=3))
    sources = {PATH: TEXT, "src/pay/lost.py": TEXT}
    unit = lines(*[41] * 50, *[0] * 6, *[12] * 64)
    e2e = lines(*[0] * 50, 3, 3, *[0] * 68)
    files = {**old, "src/new.py": lines(0, 0), "src/pay/charge.py": rich(), PATH: unit}
    stock.upload(commit, files, flags=["unit"], sources=sources)
    stock.upload(commit, {PATH: e2e}, flags=["e2e"], sources=sources)
    stock.assemble(commit)
    return commit


def test_through_a_flag_and_without_an_upload(open_page: Open, ada: User, head: Commit) -> None:
    page = open_page(PLACE.file(PATH), ada)
    page.get_by_role("list", name="Flags").get_by_role("link", name="unit").click()
    expect(page.locator("#L51")).to_contain_text("by e2e only")
    expect(page.locator("#L51")).to_have_class("e")
    expect(page.locator("#L53")).to_have_class("m")
    page.get_by_role("list", name="Flags").get_by_role("link", name="all uploads").click()
    page.get_by_role("link", name="Uploads of this file").click()
    page.get_by_role("link", name="As if it were gone").last.click()
    expect(page.get_by_text("The file as if this upload had never come")).to_be_visible()
    page.get_by_role("link", name="Show it with all uploads").click()
    expect(page.locator("#L51")).to_have_class("c")


def test_folds_open_by_mouse_and_lines_by_key(open_page: Open, ada: User, head: Commit) -> None:
    page = open_page(PLACE.file(PATH), ada)
    page.get_by_role("link", name="Only zones").click()
    expect(page.locator("#L52")).to_be_visible()
    expect(page.locator("#L20")).to_have_count(0)
    page.locator(".lines-fold a").first.click()
    expect(page.locator("#L20")).to_be_attached()
    assert "only=zones" in page.url
    page.reload()
    expect(page.locator("#L20")).to_have_count(0)


def test_on_to_the_next_file_by_key(open_page: Open, ada: User, head: Commit) -> None:
    page = open_page(PLACE.file("src/pay/charge.py"), ada)
    page.keyboard.press("Shift+N")
    page.wait_for_url(f"**/{PATH}")
    page.keyboard.press("Shift+P")
    page.wait_for_url("**/charge.py")


def test_a_directory_opens_where_it_stands(open_page: Open, ada: User, head: Commit) -> None:
    page = open_page(PLACE.tree(), ada)
    page.get_by_role("button", name="Files of src/").click()
    expect(page.get_by_role("link", name="old.py")).to_be_visible()
    page.get_by_role("button", name="Files of pay/").press("Enter")
    expect(page.get_by_role("link", name="refund.py")).to_be_visible()
    page.get_by_role("button", name="Files of src/").click()
    expect(page.get_by_role("link", name="refund.py")).to_have_count(0)
    expect(page.get_by_role("link", name="src/")).to_be_visible()


def test_everything_is_there_without_script(open_page: Open, ada: User, head: Commit) -> None:
    page = open_page(PLACE.file(PATH, only="zones"), ada, java_script_enabled=False)
    page.locator(".lines-fold a").first.click()
    expect(page.locator("#L20")).to_be_visible()
    page.get_by_role("link", name="Next file").click()
    expect(page).not_to_have_url(f"*{PATH}*")
    page.goto(PLACE.tree())
    page.get_by_role("link", name="src/", exact=True).click()
    expect(page.get_by_role("link", name="pay/")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(open_page: Open, ada: User, head: Commit, scheme: str, width: int) -> None:
    upload = str(Upload.objects.get(flags=["e2e"]).pk)
    pages = {
        "file-flag": PLACE.flagged("unit").file(PATH, only="zones"),
        "file-without": PLACE.file(PATH, without=upload, uploads=True),
        "zero": PLACE.tree(show="zero"),
        "tree": PLACE.tree("src", min=1),
        "commits": PLACE.commits(show="no-report"),
        "commit-missing": PLACE.commit_page(head.sha, tab="missing"),
        "commit-alone": PLACE.commit_page(head.sha, tab="uploads", without=upload),
        "branches": PLACE.branches(state="active"),
        "branch-arms": PLACE.branch_page("main", tab="arms"),
    }
    page = open_page("/", ada, color_scheme=scheme, viewport={"width": width, "height": 900})
    for name, address in pages.items():
        page.goto(address)
        assert violations(page) == [], name
