"""The map in a browser: by arrow keys, without script, on paper, and from the numbers of its legend to what they count."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from shutil import which

import pytest
from playwright.sync_api import expect

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.projects import wishes
from ingest.components import recount
from tests.covdash.reports.stock import Stock, lines, rich
from tests.journeys.conftest import Open, violations

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


@pytest.fixture
def ruled(stock: Stock, ada: User, place: Place) -> Place:
    """Two components, of which one is under its floor, and forty files in a third directory."""
    stock.report(
        {
            "src/low.py": lines(*[0] * 30),
            "src/pay/charge.py": rich(),
            "src/pay/refund.py": lines(*[1, 0] * 20),
            **{f"src/many/file_{n:02d}.py": lines(*[1] * (n + 1)) for n in range(40)},
        }
    )
    rules = [
        {"name": "Payments", "paths": ["src/pay"], "floors": {"lines": 90}},
        {"name": "old", "paths": ["src/low.py"]},
    ]
    wishes.write_section(project_id=stock.project.pk, actor=ada, section="components", said=rules)
    recount(stock.project.pk)
    return place


def test_components_are_outlined_by_a_link_and_lead_to_their_tiles(
    open_page: Open, ada: User, ruled: Place
) -> None:
    """Without script; the name of the component is in the name of each tile."""
    page = open_page(ruled.map("src"), ada, java_script_enabled=False)

    page.get_by_role("link", name="components", exact=True).click()
    legend = page.get_by_role("list", name="Components")
    expect(legend).to_contain_text("Payments: lines 51.2 %, under its floor by 38.8 pp 2")
    expect(page.locator(".part")).to_have_count(2)
    legend.get_by_role("link", name="Payments").click()
    expect(page.get_by_role("heading", name="Standing out: 2 tiles of 43")).to_be_visible()
    expect(page.locator("#map-table tbody tr")).to_have_count(2)
    expect(page.locator(".map a:not(.dim):has(.band) title", has_text="in Payments")).to_have_count(2)
    page.get_by_role("list", name="Outlines").get_by_role("link", name="none").click()
    expect(page.locator(".part")).to_have_count(0)


def test_outlines_tell_themselves_apart_without_colour(open_page: Open, ada: User, ruled: Place) -> None:
    page = open_page(ruled.map("src", overlay="components"), ada)
    dashes = page.evaluate(
        "[...document.querySelectorAll('.map .part-line')].map((one) => getComputedStyle(one).strokeDasharray)"
    )
    assert len(set(dashes)) == 2
    found = {}
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found[scheme, width] = violations(page)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert {where: rules for where, rules in found.items() if rules} == {}
    page.locator(".map a").first.focus()
    page.keyboard.press("h")
    page.wait_for_timeout(200)
    assert page.url.endswith("/-/map/src/?overlay=components"), "there is no map above"


def test_h_goes_up(open_page: Open, ada: User, ruled: Place) -> None:
    """On the map and among files, with what the address says; not where it is switched off."""
    page = open_page(ruled.map("src/pay", overlay="components"), ada)
    page.keyboard.press("h")
    page.wait_for_url("**/-/map/src/?overlay=components")
    page.goto(ruled.tree("src/pay", col="age"))
    page.keyboard.press("h")
    page.wait_for_url("**/-/tree/src/?col=age")
    page.context.add_cookies([{"name": "covdash-keys", "value": "off", "url": page.url}])
    page.keyboard.press("h")
    page.wait_for_timeout(200)
    assert page.url.endswith("/-/tree/src/?col=age")


@pytest.mark.parametrize("view", ["tiles", "quadrant"])
def test_print(open_page: Open, ada: User, ruled: Place, tmp_path: Path, view: str) -> None:
    """The picture with its legend on one page across, the thirty greatest rows on the next one upright."""
    tools = [which("pdftotext"), which("pdfinfo")]
    if None in tools:
        pytest.skip("no pdftotext: install poppler-utils")
    words = {"view": view, "y": "size"} if view == "quadrant" else {"overlay": "components"}
    page = open_page(ruled.map("src/many" if view == "tiles" else "src", **words), ada)
    paper = tmp_path / "map.pdf"
    page.pdf(path=paper, format="A4", prefer_css_page_size=True)

    told = subprocess.run(["pdfinfo", "-l", "9", paper], capture_output=True, text=True, check=True).stdout
    sizes = [(float(x), float(y)) for x, y in re.findall(r"Page +\d+ size: +([\d.]+) x ([\d.]+)", told)]
    assert [x > y for x, y in sizes] == [True, False]
    text = subprocess.run(
        ["pdftotext", "-layout", paper, "-"], capture_output=True, text=True, check=True
    ).stdout
    first, second = text.split("\f")[:2]
    assert "src/" in first
    assert ("100 %" if view == "tiles" else "little run, small") in first
    rows = re.findall(r"^ *(\S+\.py) ", second, re.MULTILINE)
    assert len(rows) == 30
    assert "The first 30 of " in second
    assert "Outlines" not in text
