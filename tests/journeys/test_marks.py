"""What readers mark for themselves, in a browser: pinned projects and viewed files, by button, by key and without script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.projects.registry import create_project
from tests.covdash.reports.stock import Stock, lines
from tests.journeys.conftest import SCHEMES, Open, violations

pytestmark = pytest.mark.django_db(transaction=True)

PLACE = Place("acme/platform/shop")
OLD = "\n".join(f"old {number}" for number in range(40))
NEW = "\n".join(f"new {number}" for number in range(40))


@pytest.fixture
def address(stock: Stock, ada: User) -> str:
    """A comparison of 22 files that all have other lines, which nothing covers; and two more projects."""
    for slug in ("acme/billing", "zoo/keeper"):
        create_project(slug=slug, owner=ada)
    paths = [f"src/f{number:02d}.py" for number in range(22)]
    base = stock.report(dict.fromkeys(paths, lines(1, 1, 1)), sources=dict.fromkeys(paths, OLD))
    head = stock.report(
        dict.fromkeys(paths, lines(1, 0, 0)), parent=base.sha, sources=dict.fromkeys(paths, NEW)
    )
    return PLACE.compare(base.sha, head.sha)


def row(page: Page, path: str) -> str:
    """Return the address of the row of a file on its page."""
    found = page.get_by_role("row").filter(has=page.get_by_role("link", name=path, exact=True))
    return f"#{found.get_attribute('id')}"


@pytest.mark.parametrize("script", ["script", ""])
def test_pinning_a_project(open_page: Open, ada: User, address: str, script: str) -> None:
    page = open_page("/?sort=slug", ada, java_script_enabled=bool(script))
    names = page.locator("tbody [data-row]")
    if script:
        page.get_by_label("Slug contains").press_sequentially("ee", delay=10)
        expect(names).to_have_count(1)
        page.get_by_label("Slug contains").fill("")
        expect(names).to_have_count(3)

    page.get_by_role("button", name="Pin zoo/keeper", exact=True).press("Enter")

    expect(names).to_have_text(["zoo/keeper", "acme/billing", "acme/platform/shop"])
    assert page.url.endswith("/?sort=slug")
    expect(page.get_by_role("rowheader").first).to_have_text("zoo/keeper pinnedUnpin zoo/keeper")
    page.get_by_role("button", name="Unpin zoo/keeper", exact=True).click()
    expect(names).to_have_text(["acme/billing", "acme/platform/shop", "zoo/keeper"])
    expect(page.get_by_text("pinned", exact=True)).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_at_every_width(open_page: Open, ada: User, address: str, scheme: str) -> None:
    page = open_page("/?sort=slug", ada, color_scheme=scheme, reduced_motion="reduce")
    page.get_by_role("button", name="Pin zoo/keeper", exact=True).click()
    for where in ("/?sort=slug", f"{address}&open=all"):
        page.goto(where)
        if where != "/?sort=slug":
            page.get_by_role("button", name="Mark as viewed src/f01.py").click()
            expect(page.get_by_text("1 of 22 files viewed")).to_be_visible()
        for width in (1280, 390, 320):
            page.set_viewport_size({"width": width, "height": 800})
            assert violations(page, only=SCHEMES[scheme]) == [], (where, width)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (where, width)


def test_viewing_by_key(open_page: Open, ada: User, address: str) -> None:
    """The page is not loaded anew: what is told of the row and of all files follows, and is there after a reload."""
    page = open_page(f"{address}&file=src/f01.py", ada)
    page.evaluate("document.body.dataset.same = '1'")
    counted = page.get_by_role("status").filter(has_text="files viewed")
    place = row(page, "src/f01.py")
    hunk = page.locator(f"{place} + .hunk-row")
    page.get_by_role("link", name="src/f01.py", exact=True).focus()

    page.keyboard.press("v")

    expect(counted).to_have_text("1 of 22 files viewed")
    expect(page.locator(place)).to_have_class("viewed")
    expect(page.locator(place).get_by_text("viewed", exact=True)).to_be_visible()
    expect(hunk).to_be_hidden()
    page.keyboard.press("k")
    page.keyboard.press("v")
    expect(counted).to_have_text("2 of 22 files viewed")
    page.keyboard.press("v")
    expect(counted).to_have_text("1 of 22 files viewed")
    expect(page.locator(row(page, "src/f00.py"))).not_to_have_class("viewed")
    assert page.evaluate("document.body.dataset.same") == "1"
    page.reload()
    expect(counted).to_have_text("1 of 22 files viewed")
    page.goto("/help")
    page.uncheck("[data-keys-switch]")
    page.goto(address)
    page.get_by_role("link", name="src/f00.py", exact=True).focus()
    page.keyboard.press("v")
    page.wait_for_timeout(300)
    expect(counted).to_have_text("1 of 22 files viewed")


@pytest.mark.parametrize("script", ["script", ""])
def test_viewing_by_button(open_page: Open, ada: User, address: str, script: str) -> None:
    page = open_page(address, ada, java_script_enabled=bool(script))
    place = row(page, "src/f20.py")

    page.get_by_role("button", name="Mark as viewed src/f20.py").click()

    expect(page.get_by_text("1 of 22 files viewed")).to_be_visible()
    expect(page.locator(place)).to_have_class("viewed")
    assert page.url.endswith(place) != bool(script)
    expect(page.locator(place)).to_be_in_viewport()
    page.get_by_role("button", name="Mark as not viewed src/f20.py").click()
    expect(page.get_by_text("0 of 22 files viewed")).to_be_visible()


def test_who_signed_out_elsewhere_is_asked_to_sign_in(open_page: Open, ada: User, address: str) -> None:
    """A mark that could not be kept is never shown; the form leads on as it does without script."""
    page = open_page(
        address, ada, allowed=("error: Failed to load resource: the server responded with a status of 40",)
    )
    page.context.clear_cookies()

    page.get_by_role("button", name="Mark as viewed src/f00.py").click()

    page.wait_for_url("**/-/compare/viewed")
    expect(page.get_by_text("files viewed")).to_have_count(0)


def test_opening_all_by_key_and_going_along_what_nothing_covers(
    open_page: Open, ada: User, address: str
) -> None:
    page = open_page(address, ada)
    hunks = page.locator(".hunk-row")
    page.keyboard.press("o")
    expect(hunks).to_have_count(20)
    page.wait_for_load_state()  # as after each step to another page: keys are heard from then on
    expect(page.get_by_text("Open are the first 20 of 22 files here")).to_be_visible()
    page.keyboard.press("o")
    expect(hunks).to_have_count(0)
    page.wait_for_load_state()
    page.keyboard.press("n")
    expect(hunks).to_have_count(20)
    page.wait_for_load_state()

    at = "document.activeElement.closest('.hunk-row').previousElementSibling.querySelector('[data-row]').textContent"
    line = "document.activeElement.querySelector('th').textContent"
    page.keyboard.press("n")
    assert (page.evaluate(at), page.evaluate(line)) == ("src/f00.py", "2")
    page.keyboard.press("n")
    page.keyboard.press("n")
    assert (page.evaluate(at), page.evaluate(line)) == ("src/f01.py", "2")
    page.keyboard.press("v")
    expect(page.get_by_text("1 of 22 files viewed")).to_be_visible()
    expect(hunks.locator("visible=true")).to_have_count(19)
    page.keyboard.press("n")
    assert page.evaluate(at) != "src/f01.py", "what is folded is passed over"
    page.keyboard.press("p")
    page.keyboard.press("g")
    page.keyboard.press("p")  # the second letter of a place
    page.wait_for_url(lambda url: url.endswith("/"))
