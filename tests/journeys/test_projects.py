"""The list of projects in a browser, and the way from one project to another: by mouse, by key, and without script."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.projects.registry import create_project
from tests.covdash.reports.stock import Stock, lines
from tests.journeys.conftest import Open, violations

PLACE = Place("acme/platform/shop")


@pytest.fixture
def some(stock: Stock, ada: User) -> None:
    """A project with a report, and two others."""
    stock.report({"src/a.py": lines(1, 0, 0)})
    create_project(slug="acme/billing", owner=ada)
    create_project(slug="zoo/keeper", owner=ada)


@pytest.mark.usefixtures("some")
def test_switching_by_key(open_page: Open, ada: User) -> None:
    """The button lists all projects before anything is typed, and finds nothing else; the search stays what it was."""
    page = open_page(PLACE.tree(), ada, reduced_motion="reduce")
    page.get_by_role("link", name="Switch project").press("Enter")
    dialog = page.get_by_role("dialog", name="Switch project")
    options = dialog.get_by_role("option")
    expect(options).to_have_text(["acme/billing", "acme/platform/shop", "zoo/keeper"])
    expect(dialog.get_by_role("combobox", name="Switch project")).to_be_focused()
    assert violations(page) == []
    page.keyboard.type("a.py")
    expect(options).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Switch project")).to_be_focused()

    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Search")).to_have_value("")
    page.keyboard.type("a.py")
    expect(page.get_by_role("option", name="src/a.py")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Switch project").click()
    page.keyboard.type("zoo")
    expect(options).to_have_text(["zoo/keeper"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/p/zoo/keeper/**")


@pytest.mark.usefixtures("some")
def test_switching_without_script(open_page: Open, ada: User) -> None:
    """The link leads to the list, where one can type at once."""
    page = open_page(PLACE.tree(), ada, java_script_enabled=False)
    page.get_by_role("link", name="Switch project").click()
    page.wait_for_url("**/#find")
    page.keyboard.type("keeper")
    page.keyboard.press("Enter")
    expect(page.locator("tbody [data-row]")).to_have_text(["zoo/keeper"])
    page.get_by_label("Slug contains").fill("")
    page.get_by_label("Owner").select_option("acme")
    page.get_by_label("Order").select_option("slug")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody [data-row]")).to_have_text(["acme/billing", "acme/platform/shop"])
    assert "owner=acme&sort=slug" in page.url


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_list_at_every_width(open_page: Open, ada: User, scheme: str) -> None:
    """Typing keeps owner and order; nothing scrolls sideways; the orders that have no column on a narrow window are in the form."""
    page = open_page("/?owner=acme&sort=slug", ada, color_scheme=scheme, reduced_motion="reduce")
    page.get_by_label("Slug contains").press_sequentially("i", delay=10)
    expect(page.locator("tbody [data-row]")).to_have_text(["acme/billing", "acme/platform/shop"])
    page.get_by_label("Slug contains").press_sequentially("ll", delay=10)
    expect(page.locator("tbody [data-row]")).to_have_text(["acme/billing"])
    for width in (1280, 390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert violations(page) == [], width
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    expect(page.get_by_label("Order").locator("option[value='-risk']")).to_have_text("most risk")


@pytest.mark.usefixtures("some")
def test_steps_lead_out(open_page: Open, ada: User) -> None:
    page = open_page(PLACE.file("src/a.py"), ada)
    crumbs = page.get_by_role("navigation", name="Breadcrumbs")
    expect(crumbs.get_by_role("link")).to_have_text(["Projects", "acme", "platform/shop", "Files", "src"])
    crumbs.get_by_role("link", name="acme").click()
    page.wait_for_url("**/o/acme/")
    page.get_by_role("navigation", name="Breadcrumbs").get_by_role("link", name="Projects").click()
    expect(page.get_by_role("heading", level=1, name="Projects")).to_be_visible()
