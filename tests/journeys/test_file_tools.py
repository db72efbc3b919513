"""Looking at a file in other ways: through a flag, without an upload, folded; and at the lists around it. Axe finds nothing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.projects.models import Commit
from covdash.reports.models import Upload
from tests.covdash.reports.stock import Stock, lines, rich
from tests.journeys.conftest import SCHEMES, Open, violations

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
    flags = page.get_by_role("form", name="Flags")
    flags.get_by_label("unit").check()
    flags.get_by_role("button").click()
    expect(page.locator("#L51")).to_contain_text("by e2e only")
    expect(page.locator("#L51")).to_have_class("e")
    expect(page.locator("#L53")).to_have_class("m")
    flags.get_by_role("link", name="All uploads").click()
    page.get_by_role("link", name="Uploads of this file").click()
    page.get_by_role("link", name="As if it were gone").last.click()
    expect(page.get_by_text("The file as if this upload had never come")).to_be_visible()
    page.get_by_role("link", name="Show it with all uploads").click()
    expect(page.locator("#L51")).to_have_class("c")


@pytest.mark.parametrize("script", [True, False])
def test_several_flags_are_ticked(
    open_page: Open, ada: User, stock: Stock, head: Commit, *, script: bool
) -> None:
    """With the space bar and Enter, with and without script; a far window of a long file keeps them."""
    long = Place("acme/platform/shop").at(branch="long")
    commit = stock.commit("long")
    for at, flag in enumerate(("unit", "e2e", "smoke")):
        ran = [int(line % 3 == at) for line in range(6_000)]
        stock.upload(commit, {PATH: lines(*ran)}, flags=[flag])
    stock.assemble(commit)
    page = open_page(long.file(PATH), ada, java_script_enabled=script)
    flags = page.get_by_role("form", name="Flags")
    for name in ("unit", "smoke"):
        flags.get_by_label(name).focus()
        page.keyboard.press("Space")
    flags.get_by_role("button", name="Show flags").press("Enter")
    page.wait_for_url("**?branch=long&flag=smoke&flag=unit")
    expect(flags.get_by_label("unit")).to_be_checked()
    expect(flags.get_by_label("e2e")).not_to_be_checked()
    expect(page.locator("#L1")).to_have_class("c")
    expect(page.locator("#L2")).to_contain_text("by e2e only")
    page.get_by_label("Go to line").fill("5005")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"flag=smoke&flag=unit\b.*5005$"))
    expect(page.locator("#L5005")).to_have_class(re.compile(r"^c\b"))
    expect(page.locator("#L5006")).to_have_class("e")
    expect(page.locator("#L5007")).to_have_class("c")
    flags.get_by_label("smoke").uncheck()
    flags.get_by_label("unit").uncheck()
    flags.get_by_role("button", name="Show flags").click()
    expect(page.locator("#L2")).to_have_class("c")
    assert "flag=" not in page.url


def test_folds_open_by_mouse_and_lines_by_key(open_page: Open, ada: User, head: Commit) -> None:
    page = open_page(PLACE.file(PATH), ada)
    page.get_by_role("link", name="Only zones").click()
    expect(page.locator("#L52")).to_be_visible()
    expect(page.locator("#L20")).to_have_count(0)
    page.wait_for_load_state()
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
        "file-flags": PLACE.through(("e2e", "unit")).file(PATH),
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
        assert violations(page, only=SCHEMES[scheme]) == [], name
