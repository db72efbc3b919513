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
