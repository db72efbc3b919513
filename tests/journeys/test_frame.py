"""The frame of the pages: the menu of a narrow window, the bar that stays in sight and hides nothing, paths that are folded."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.projects.models import Commit
from tests.covdash.reports.stock import Stock, lines
from tests.journeys.conftest import SCHEMES, Open, violations

PLACE = Place("acme/platform/shop")
DEEP = "src/main/java/org/example/payments/refunds/Service.java"


@pytest.fixture
def head(stock: Stock) -> Commit:
    """Many files in a directory, and one far down; the newest commit has no report."""
    found = stock.report(
        {f"src/a{n:02d}.py": lines(1, 0) for n in range(60)} | {DEEP: lines(*[1, 0] * 100)}, flags=["unit"]
    )
    stock.commit()
    return found


@pytest.mark.parametrize("script", ["script", ""])
@pytest.mark.parametrize("width", [899, 390])
def test_the_menu_of_a_narrow_window(
    open_page: Open, ada: User, head: Commit, width: int, script: str
) -> None:
    page = open_page(
        PLACE.tree("src"), ada, viewport={"width": width, "height": 800}, java_script_enabled=bool(script)
    )
    doors = page.get_by_role("navigation", name="Project")
    expect(doors).to_have_count(0)
    menu = page.locator(".project-menu > summary")
    expect(menu).to_have_text("Pages of this project, at Files")

    menu.press("Enter")

    expect(doors.get_by_role("link")).to_have_count(13)
    expect(doors.locator("[aria-current=page]")).to_have_text("Files")
    for door in doors.get_by_role("link").all():
        box = door.bounding_box()
        assert box is not None
        assert box["height"] >= 24
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    doors.get_by_role("link", name="Git branches").click()
    page.wait_for_url(f"**{PLACE.branches()}")
    expect(menu).to_have_text("Pages of this project, at Git branches")
    expect(doors).to_have_count(0)


def test_a_wide_window_has_no_menu(open_page: Open, ada: User, head: Commit) -> None:
    page = open_page(PLACE.tree("src"), ada, viewport={"width": 900, "height": 800})
    expect(page.locator(".project-menu")).to_be_hidden()
    expect(page.get_by_role("navigation", name="Project").get_by_role("link")).to_have_count(13)


def test_the_bar_stays_and_hides_no_focus_and_no_target(open_page: Open, ada: User, head: Commit) -> None:
    page = open_page(PLACE.tree("src"), ada, viewport={"width": 1280, "height": 600})
    page.evaluate("scrollTo(0, 900)")
    bar = page.get_by_role("region", name="What is shown")
    assert (bar.bounding_box() or {})["y"] == 0
    page.locator("table.entries tbody a").last.focus()
    hidden = """() => {
      const box = document.activeElement.getBoundingClientRect();
      const bar = document.querySelector(".context").getBoundingClientRect();
      return document.activeElement.closest("main") && box.top < bar.bottom - 1 && box.bottom > bar.top;
    }"""
    for _ in range(50):
        page.keyboard.press("Shift+Tab")
        assert not page.evaluate(hidden), page.evaluate("document.activeElement.outerHTML")
    page.goto(f"{PLACE.overview()}#needs-eyes")
    top = page.evaluate("document.querySelector('#needs-eyes').getBoundingClientRect().top")
    assert top >= (bar.bounding_box() or {"height": 0})["height"]


@pytest.mark.parametrize(("width", "height"), [(899, 800), (1280, 500)])
def test_where_there_is_no_room_it_goes(
    open_page: Open, ada: User, head: Commit, width: int, height: int
) -> None:
    page = open_page(PLACE.tree("src"), ada, viewport={"width": width, "height": height})
    page.evaluate("scrollTo(0, 900)")
    assert (page.locator(".context").bounding_box() or {})["y"] < 0


def test_the_page_of_a_file_keeps_one_bar(open_page: Open, ada: User, head: Commit) -> None:
    """Its own; a line that is linked to stands below it."""
    page = open_page(f"{PLACE.file(DEEP)}#L120", ada, viewport={"width": 1280, "height": 800})
    expect(page.locator("#L120")).to_be_in_viewport()
    assert (page.locator(".context").bounding_box() or {})["y"] < 0
    own = page.locator(".file-bar").bounding_box() or {}
    assert own["y"] == 0
    line = page.locator("#L120").bounding_box() or {}
    assert own["height"] < line["y"] < 800


def test_a_long_path_is_folded(open_page: Open, ada: User, head: Commit) -> None:
    page = open_page(PLACE.file(DEEP), ada)
    crumbs = page.get_by_role("navigation", name="Breadcrumbs")
    shown = crumbs.get_by_role("link").all_inner_texts()
    assert shown == ["Projects", "acme", "platform/shop", "payments", "refunds"]
    assert violations(page) == []

    page.get_by_text("6 more steps", exact=True).locator("xpath=..").press("Enter")

    shown = crumbs.get_by_role("link").all_inner_texts()
    assert shown == [
        "Projects",
        "acme",
        "platform/shop",
        "Files",
        "src",
        "main",
        "java",
        "org",
        "example",
        "payments",
        "refunds",
    ]
    crumbs.get_by_role("link", name="org").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("org/")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_that_axe_can_find(open_page: Open, ada: User, head: Commit, scheme: str) -> None:
    page = open_page("/help", ada, color_scheme=scheme)
    for address in (PLACE.overview(), PLACE.tree("src"), PLACE.file(DEEP), PLACE.map("src"), PLACE.arms()):
        page.goto(address)
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 800})
            page.evaluate(
                "for (const one of document.querySelectorAll('.project-menu, .crumbs-fold')) one.open = true"
            )
            assert violations(page, only=SCHEMES[scheme]) == [], (address, width)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (address, width)
