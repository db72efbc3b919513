"""A part of a page that fails says so beside what was there, with the id of the request, and can be asked for again."""

from __future__ import annotations

from playwright.sync_api import Route, expect

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.projects.models import Project
from covdash.projects.registry import create_project
from tests.covdash.reports.stock import Stock, lines
from tests.journeys.conftest import Open, violations

PLACE = Place("acme/platform/shop")
FAILED = ("error: Failed to load resource: the server responded with a status of 500",)


def broken(route: Route) -> None:
    route.fulfill(status=500, headers={"X-Request-ID": "a1b2c3d4e5f6"}, body="broken")


def test_a_list_that_is_filtered(open_page: Open, ada: User, project: Project) -> None:
    create_project(slug="other/thing", owner=ada)
    page = open_page("/", ada, allowed=FAILED)
    page.route("**/?part=rows**", broken)
    page.keyboard.press(".")
    page.keyboard.type("THING")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("the server answered 500, request a1b2c3d4e5f6")
    expect(page.locator("[data-row]")).to_have_count(2)
    assert "q=THING" in (alert.get_by_role("link", name="Open the page instead").get_attribute("href") or "")
    assert violations(page) == []

    alert.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_have_count(1)
    page.unroute("**/?part=rows**")
    page.get_by_role("alert").get_by_role("button", name="Try again").click()

    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_directory_that_is_opened(open_page: Open, ada: User, stock: Stock) -> None:
    stock.report({"src/a.py": lines(1, 0), "b.py": lines(1)})
    page = open_page(PLACE.tree(), ada, allowed=FAILED)
    page.route("**/*part=children**", broken)
    page.get_by_role("button", name="Files of src").click()
    told = page.get_by_text("could not be opened (500, request a1b2c3d4e5f6)")
    expect(told).to_be_visible()
    assert violations(page) == []

    page.unroute("**/*part=children**")
    page.get_by_role("button", name="Files of src").click()

    expect(page.locator("table.entries").get_by_text("a.py")).to_be_visible()
    expect(told).to_have_count(0)


def test_lines_that_are_scrolled_to(open_page: Open, ada: User, stock: Stock) -> None:
    stock.report({"long.py": lines(*[1, 0] * 3000)})
    page = open_page("/help", ada, allowed=FAILED)
    page.route("**/*part=lines**", broken)
    page.goto(PLACE.file("long.py", lines="1-200"))
    gap = page.locator(".lines-gap").first
    gap.scroll_into_view_if_needed()
    expect(gap).to_contain_text("could not be loaded (500, request a1b2c3d4e5f6)")
    first = gap.get_attribute("data-first")
    page.unroute("**/*part=lines**")

    gap.get_by_role("button", name="Try again").click()

    expect(page.locator(f"#L{first}")).to_be_attached()
