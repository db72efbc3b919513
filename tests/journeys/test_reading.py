"""Reading a report in a browser: from the list of projects to the line that never ran, by mouse, by key, and without script."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.projects.models import Commit
from covdash.reports.models import Upload
from tests.covdash.reports.stock import Stock, lines, rich
from tests.journeys.conftest import Open

PLACE = Place("acme/platform/shop")
TEXT = "def pay(order):\n    if order.paid:\n        return\n    charge(order)\n"
HITS = (1, 0, 0, 1, *([1] * 60), 0, *([1] * 60), 0, 0)


@pytest.fixture
def head(stock: Stock) -> Commit:
    """Three commits; a file with three zones, one with arms and text."""
    for hits in ((1, 0), (1, 1), (0, 1)):
        commit = stock.report(
            {"src/a.py": lines(*hits), "src/pay/charge.py": rich(), "src/zones.py": lines(*HITS)},
            sources={"src/pay/charge.py": TEXT},
        )
    return commit


def test_from_the_projects_to_the_line_that_never_ran(open_page: Open, ada: User, head: Commit) -> None:
    page = open_page("/", ada)
    page.get_by_role("link", name="acme/platform/shop").first.click()
    expect(page).to_have_title("94.7 % acme/platform/shop · main")
    page.get_by_role("region", name="Files and directories of the project").get_by_role(
        "link", name="pay/"
    ).click()
    page.get_by_role("link", name="charge.py").click()
    row = page.locator("#L1")
    expect(row).to_have_class("p")
    row.get_by_text("arm 1 of block 0 never taken").click()
    expect(row.get_by_text("arm 0 of block 0: 5 times")).to_be_visible()


def test_zones_by_key_and_by_button(open_page: Open, ada: User, head: Commit) -> None:
    page = open_page(PLACE.file("src/zones.py"), ada)
    at = page.locator("[data-zone-at]")
    expect(at).to_have_text("3 zones")
    for key, zone, line in (
        ("n", "Zone 1 of 3", 2),
        ("n", "Zone 2 of 3", 65),
        ("n", "Zone 3 of 3", 126),
        ("p", "Zone 2 of 3", 65),
    ):
        page.keyboard.press(key)
        expect(at).to_contain_text(zone)
        expect(page.locator("tr.here")).to_have_attribute("id", f"L{line}")
        expect(page.locator(f"#L{line}")).to_be_in_viewport()
    page.get_by_role("link", name="Next", exact=True).click()
    expect(at).to_contain_text("Zone 3 of 3")
    page.keyboard.press("1")
    expect(page.locator("tr.here")).to_have_attribute("id", "L2")
    page.get_by_text("All zones").click()
    page.get_by_role("link", name="L65").click()
    expect(page.locator("tr.here")).to_have_attribute("id", "L65")


def test_single_keys_can_be_switched_off_and_spare_inputs(open_page: Open, ada: User, head: Commit) -> None:
    page = open_page(PLACE.file("src/zones.py"), ada)
    page.get_by_placeholder("Line").press("n")
    expect(page.locator("[data-zone-at]")).to_have_text("3 zones")
    page.context.add_cookies([{"name": "covdash-keys", "value": "off", "url": page.url}])
    page.locator("h2").first.click()
    page.keyboard.press("n")
    expect(page.locator("[data-zone-at]")).to_have_text("3 zones")


def test_a_range_of_lines_is_an_address(open_page: Open, ada: User, head: Commit) -> None:
    page = open_page(PLACE.file("src/zones.py"), ada)
    page.locator("#L10 th a").click()
    page.locator("#L12 th a").click(modifiers=["Shift"])
    assert page.url.endswith("#L10-L12")
    expect(page.locator("tr.here")).to_have_count(3)
    page.reload()
    expect(page.locator("tr.here")).to_have_count(3)
    expect(page.locator("#L10")).to_be_in_viewport()


def test_the_permalink_names_the_commit(open_page: Open, ada: User, head: Commit) -> None:
    page = open_page(PLACE.at(branch="main").file("src/zones.py"), ada)
    page.keyboard.press("y")
    page.wait_for_url(f"**commit={head.sha}")
    expect(page.locator("tr.m").first).to_have_attribute("id", "L2")


def test_a_long_file_loads_what_is_looked_at(open_page: Open, ada: User, stock: Stock) -> None:
    stock.report({"big.py": lines(*([1] * 5999), 0, *([1] * 6000))})
    page = open_page(PLACE.file("big.py") + "#L11000", ada)
    expect(page.locator("#L11000")).to_be_in_viewport()
    expect(page.locator("tr.here")).to_have_attribute("id", "L11000")
    expect(page.locator("#L3000")).to_have_count(0)
    page.evaluate("document.querySelector('.lines-gap[data-first=\"2801\"]').scrollIntoView()")
    expect(page.locator("#L3000")).to_be_attached()
    page.get_by_placeholder("Line").fill("8000")
    page.get_by_placeholder("Line").press("Enter")
    expect(page.locator("#L8000")).to_be_in_viewport()


def test_the_trend_and_its_table_hold_the_same_numbers(open_page: Open, ada: User, head: Commit) -> None:
    page = open_page(PLACE.overview(range="all"), ada)
    expect(page.locator("canvas")).to_be_visible()
    config = json.loads(page.locator("#trend-config").text_content() or "")
    drawn = [f"{datum['y']:.1f} %" for datum in config["data"]["datasets"][0]["data"]]
    page.get_by_text("The same numbers as a table").click()
    table = page.locator(".chart-rows tbody tr td:nth-child(3)").all_inner_texts()
    assert drawn == list(reversed(table))
    assert len(drawn) == 3
    page.locator("canvas").focus()
    page.keyboard.press("End")
    expect(page.locator("[data-chart-voice]")).to_contain_text(drawn[-1])
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/-/commit/{head.sha}")


def test_an_upload_is_followed_until_it_is_done(open_page: Open, ada: User, stock: Stock) -> None:
    commit = stock.commit()
    upload = stock.upload(commit, {"a.py": lines(1, 0)}, state="processing")
    page = open_page(PLACE.upload(str(upload.pk)), ada)
    expect(page.locator("[data-poll]")).to_have_count(1)
    Upload.objects.filter(pk=upload.pk).update(state="processed")
    stock.assemble(commit)
    expect(page.get_by_role("link", name="the report of the commit")).to_be_visible()
    expect(page.locator("[data-poll]")).to_have_count(0)


def test_everything_can_be_read_without_script(
    open_page: Open, ada: User, head: Commit, stock: Stock
) -> None:
    page = open_page(PLACE.overview(range="all"), ada, java_script_enabled=False)
    expect(page.locator("canvas")).to_be_hidden()
    expect(page.get_by_role("region", name="Trend as a table")).to_be_visible()
    page.get_by_label("Git branch").select_option("main")
    page.get_by_role("button", name="Show").click()
    assert "branch=main" in page.url
    page.goto(PLACE.tree("src"))
    page.get_by_label("Name contains").fill("zones")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="zones.py").click()
    expect(page.locator("#L125")).to_be_attached()
    page.get_by_role("link", name="Next", exact=True).click()
    assert page.url.endswith("line=2#L2")
    expect(page.locator("[data-zone-at]")).to_have_text("Zone 1 of 3")
    stock.report({"big.py": lines(*([1] * 6000))})
    page.goto(PLACE.file("big.py"))
    page.get_by_role("link", name="Lines 1001 to 1200").click()
    expect(page.locator("#L1100")).to_be_attached()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_first_paint_has_the_chosen_theme(open_page: Open, ada: User, head: Commit, theme: str) -> None:
    """The server knows the choice from the cookie, whatever the system says."""
    other = "dark" if theme == "light" else "light"
    page = open_page("/help", ada, color_scheme=other)
    page.context.add_cookies([{"name": "covdash-theme", "value": theme, "url": page.url}])
    page.goto(PLACE.file("src/zones.py"))
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colour == ("rgb(255, 255, 255)" if theme == "light" else "rgb(15, 20, 25)")
    missed = page.evaluate("getComputedStyle(document.querySelector('tr.m td')).backgroundColor")
    assert missed == ("rgb(251, 220, 217)" if theme == "light" else "rgb(85, 29, 27)")


def test_states_differ_without_colour(open_page: Open, ada: User, head: Commit) -> None:
    """The edge of a row has a pattern and the hits are a number: colour is never alone."""
    page = open_page(PLACE.file("src/pay/charge.py"), ada, forced_colors="active")

    def edge(line: int) -> str:
        style: str = page.evaluate(
            "line => { const style = getComputedStyle(document.querySelector(`#L${line} th`));"
            " return `${style.borderLeftWidth} ${style.borderLeftStyle}`; }",
            line,
        )
        return style

    assert edge(1) == "4px dashed"
    assert edge(2) == "4px solid"
    assert page.locator("#L2 .h").text_content() == "0"
    assert page.locator("#L1 .a").text_content() == "1/2"
