"""The search dialog says what it found, and when the server or the network fails, with a way to ask again."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from tests.covdash.reports.stock import Stock, lines, rich
from tests.journeys.conftest import Open, violations

pytestmark = pytest.mark.django_db(transaction=True)

PLACE = Place("acme/platform/shop")
COMPLAINTS = ("error: Failed to load resource", "not loaded: ")


@pytest.fixture
def filled(stock: Stock) -> Stock:
    stock.report({"src/pay/charge.py": rich(), "src/main.py": lines(1)})
    return stock


def test_counts_are_announced_and_prefixes_narrow(open_page: Open, ada: User, filled: Stock) -> None:
    page = open_page(PLACE.overview(), ada)
    page.keyboard.press("Control+k")
    dialog, voice = page.locator("dialog[open]"), page.locator("dialog [role=status]")
    page.keyboard.type("main")
    expect(voice).to_have_text("Found: 1 file, 1 function, 1 git branch.")
    field = dialog.get_by_role("combobox")
    field.fill("fn:main")
    expect(voice).to_have_text("Found: 1 function.")
    field.fill("fn:nothing")
    expect(voice).to_have_text("Nothing here is called that.")
    field.fill("fn:unus")
    expect(dialog.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/-/file/src/pay/charge.py?line=3#L3")


def test_an_action_by_keyboard(open_page: Open, ada: User, filled: Stock) -> None:
    """The theme changes where the reader is, without another page; the keys of the browser go off, and the page says so."""
    page = open_page(PLACE.overview(), ada)
    page.evaluate("window.still = true")
    page.keyboard.press("Control+k")
    page.keyboard.type(">dark")
    option = page.locator("dialog").get_by_role("option")
    expect(option).to_have_text("Theme: dark")
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert page.evaluate("window.still")
    assert page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("Control+k")
    page.keyboard.type("keyboard shortcuts")
    expect(option).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Single keys: off.")).to_be_visible()
    page.wait_for_load_state()
    assert page.url.endswith(PLACE.overview())
    page.keyboard.press("?")
    page.keyboard.press("Control+k")
    page.keyboard.type(">go to trends")
    expect(option).to_have_text("Trends")
    page.keyboard.press("Enter")
    page.wait_for_url("**/-/trends")


def test_actions_without_script(open_page: Open, ada: User, filled: Stock) -> None:
    page = open_page("/search?q=%3Etheme", ada, java_script_enabled=False)
    page.get_by_role("button", name="Theme: dark").click()
    page.wait_for_url("**/search?q=%3Etheme")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("status").first).to_have_text("Theme: dark.")
    page.get_by_role("button", name="Theme: as the system says").click()
    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (320, "dark")])
def test_axe_finds_nothing_in_actions(
    open_page: Open, ada: User, filled: Stock, width: int, scheme: str
) -> None:
    address = f"/search?q=%3E&in={PLACE.slug}"
    page = open_page(address, ada, color_scheme=scheme, viewport={"width": width, "height": 900})
    assert violations(page) == []
    page.keyboard.press("Control+k")
    page.keyboard.type(">")
    expect(page.locator("dialog").get_by_role("option")).to_have_count(11)
    assert violations(page) == []


@pytest.mark.parametrize("fault", ["answers", "is away"])
def test_a_failure_is_told_and_can_be_asked_again(
    open_page: Open, ada: User, filled: Stock, fault: str
) -> None:
    """By the button, and by Enter in the field; what was found before goes."""
    page = open_page(PLACE.overview(), ada, allowed=COMPLAINTS)
    broken = True

    def answer(route: Route) -> None:
        if not broken:
            route.continue_()
        elif fault == "answers":
            route.fulfill(status=503, headers={"X-Request-ID": "abc123"}, body="<p>Later</p>")
        else:
            route.abort()

    page.keyboard.press("Control+k")
    page.keyboard.type("char")
    options = page.locator("dialog").get_by_role("option")
    expect(options).to_have_count(1)
    page.route("**/search?*", answer)
    page.keyboard.type("ge")
    told = page.locator(".palette-error")
    words = "answered 503, request abc123" if fault == "answers" else "did not answer"
    expect(told).to_contain_text(f"Nothing was looked up: the server {words}. Try again")
    expect(page.locator("dialog [role=status]")).to_have_text(f"Nothing was looked up: the server {words}.")
    expect(options).to_have_count(0)
    assert violations(page) == []
    page.get_by_role("button", name="Try again").click()
    expect(told).to_be_visible()
    expect(page.locator("dialog").get_by_role("combobox")).to_be_focused()
    broken = False
    page.keyboard.press("Enter")
    expect(options).to_have_count(1)
    expect(told).to_be_hidden()
    page.keyboard.press("Enter")
    page.wait_for_url("**/-/file/src/pay/charge.py*")
