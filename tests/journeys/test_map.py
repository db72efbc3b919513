"""The map in a browser: by arrow keys, without script, and from the numbers of its legend to what they count."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from tests.covdash.reports.stock import Stock, lines, rich
from tests.journeys.conftest import Open

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place(stock: Stock) -> Place:
    stock.report(
        {
            "src/low.py": lines(*[0] * 30),
            "src/high.py": lines(*[1] * 30),
            "src/pay/charge.py": rich(),
        }
    )
    return Place(stock.project.slug)


def test_arrow_keys_go_from_point_to_point(open_page: Open, ada: User, place: Place) -> None:
    """The points are one stop for Tab; the line below says which one is looked at, and Enter opens its file."""
    page = open_page(place.map("src", view="quadrant", y="size"), ada)
    points = page.locator(".quadrant a")
    told = page.locator("[data-told]")

    expect(page.locator(".quadrant a[tabindex='0']")).to_have_count(1)
    points.first.focus()
    expect(told).to_have_text("src/high.py: 100 %, 30 / 30 lines")
    page.keyboard.press("ArrowLeft")
    expect(told).to_have_text("src/pay/charge.py: 66.7 %, 2 / 3 lines")
    page.keyboard.press("ArrowLeft")
    expect(told).to_have_text("src/low.py: 0 %, 0 / 30 lines")
    page.keyboard.press("Enter")
    page.wait_for_url("**/-/file/src/low.py*")


def test_from_areas_to_points_without_script(open_page: Open, ada: User, place: Place) -> None:
    page = open_page(place.map("src"), ada, java_script_enabled=False)

    page.get_by_role("link", name="quadrant").click()
    page.get_by_role("link", name="lines", exact=True).click()
    expect(page.locator(".quadrant a")).to_have_count(3)
    page.get_by_role("link", name="little run, small").click()
    expect(page.get_by_role("heading", name="Standing out: 1 file of 3")).to_be_visible()
    page.get_by_role("link", name="low.py", exact=True).click()
    page.wait_for_url("**/-/file/src/low.py*")


def test_another_base_is_chosen_by_a_form(open_page: Open, ada: User, stock: Stock, place: Place) -> None:
    """What else the address says is kept."""
    stock.report({"src/high.py": lines(*[0] * 30)}, branch="feature/x")
    page = open_page(place.map("src", size="missed"), ada)

    page.get_by_role("link", name="change of lines covered").click()
    page.get_by_label("Against").select_option("feature/x")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("+100.0 pp", exact=True).first).to_be_visible()
    assert "size=missed" in page.url
    assert "base=feature" in page.url
