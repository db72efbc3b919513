"""The strip below the trends in a browser: two handles choose days, by a drag and by keys; without script it is a picture."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.dashboards.plots import day
from tests.covdash.reports.stock import Stock, lines
from tests.journeys.conftest import Open, violations

pytestmark = pytest.mark.django_db(transaction=True)

PLACE = Place("acme/platform/shop")
WEEKS = (60, 50, 40, 30, 20, 10, 0)


@pytest.fixture
def days(stock: Stock) -> list[date]:
    """Seven reports, ten weeks apart, the last one an hour ago; their days."""
    now = timezone.now() - timedelta(hours=1)
    for number, weeks in enumerate(WEEKS):
        stock.report({"a.py": lines(*[1] * (number + 1), *[0] * 9)}, at=now - timedelta(weeks=weeks))
    return [(now - timedelta(weeks=weeks)).date() for weeks in WEEKS]


def ends(page: Page) -> tuple[Locator, Locator]:
    return page.get_by_role("slider", name="First day"), page.get_by_role("slider", name="Last day")


def asked(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_keys_move_the_handles(open_page: Open, ada: User, days: list[date]) -> None:
    page = open_page(PLACE.trends(range="6m", metric="lines", y="0-100"), ada)
    first, last = ends(page)
    here, help_line = page.url, page.locator("[data-strip-help]")
    said = help_line.text_content() or ""
    expect(first).to_have_attribute("aria-valuenow", "4")
    expect(last).to_have_attribute("aria-valuenow", "6")
    expect(last).to_have_attribute("aria-valuemin", "5")
    first.focus()
    page.keyboard.press("ArrowLeft")
    expect(first).to_have_attribute("aria-valuenow", "3")
    words = first.get_attribute("aria-valuetext")
    assert words == f"{day(timezone.now() - timedelta(hours=1, weeks=30))}, 30.8 %"
    expect(help_line).to_contain_text(f"{words} to ")
    expect(page.get_by_label("From")).to_have_value(f"{days[3]}")
    page.keyboard.press("Escape")
    expect(first).to_have_attribute("aria-valuenow", "4")
    expect(help_line).to_have_text(said)
    expect(page.get_by_label("From")).to_have_value("")
    page.keyboard.press("End")
    expect(first).to_have_attribute("aria-valuenow", "5")
    page.keyboard.press("Home")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    expect(last).to_be_focused()
    page.keyboard.press("ArrowDown")
    assert page.url == here, "nothing is asked for on the way"
    page.keyboard.press("Enter")
    page.wait_for_url("**from=**#strip-1")
    expect(ends(page)[1]).to_be_focused()
    assert asked(page) == {
        "metric": ["lines"],
        "y": ["0-100"],
        "from": [f"{days[1]}"],
        "to": [f"{days[5]}"],
    }
    assert page.locator("figure .chart-rows tbody tr").count() == 5
    expect(ends(page)[0]).to_have_attribute("aria-valuenow", "1")
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    assert asked(page)["to"] == [f"{days[5]}"], "nothing moved"


def middle(one: Locator) -> tuple[float, float]:
    box = one.bounding_box()
    assert box is not None
    assert box["width"] >= 24
    assert box["height"] >= 24
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("by", ["handle", "strip"])
def test_a_drag_moves_a_handle(open_page: Open, ada: User, days: list[date], by: str) -> None:
    """Held itself, or by the strip, whose nearest handle comes."""
    page = open_page(PLACE.trends(range="all"), ada)
    picture = page.locator(".strip-box svg")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box is not None
    x, y = middle(ends(page)[0]) if by == "handle" else (box["x"] + box["width"] * 0.2, box["y"] + 10)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.52, y, steps=4)
    expect(ends(page)[0]).to_have_attribute("aria-valuenow", "3")
    page.mouse.up()
    page.wait_for_url("**from=**")
    assert asked(page) == {"from": [f"{days[3]}"], "to": [f"{days[6]}"]}


def test_the_two_fields_and_no_script_do_the_same(open_page: Open, ada: User, days: list[date]) -> None:
    page = open_page(PLACE.trends(range="all"), ada, java_script_enabled=False)
    expect(page.locator(".strip-box svg")).to_be_visible()
    expect(page.get_by_role("slider")).to_have_count(0)
    expect(page.locator("[data-strip-help]")).to_be_hidden()
    page.get_by_role("textbox", name="From").fill(f"{days[1]}")
    page.get_by_role("textbox", name="To").fill(f"{days[5]}")
    page.get_by_role("button", name="Draw").click()
    assert page.locator("figure .chart-rows tbody tr").count() == 5
    shades = page.locator(".strip-rest")
    assert [round(float(shades.nth(n).get_attribute("width") or 0)) for n in (0, 1)] == [167, 167]


def test_axe_finds_nothing(open_page: Open, ada: User, days: list[date]) -> None:
    page = open_page(PLACE.trends(range="6m"), ada)
    found = {}
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found[scheme, width] = violations(page)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert {where: rules for where, rules in found.items() if rules} == {}
