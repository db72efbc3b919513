"""A file as a diff in the browser: with the key, with the links alone, by the changes that are not covered; axe finds nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.projects.models import Commit
from tests.covdash.reports.stock import Stock, lines
from tests.journeys.conftest import SCHEMES, Open, violations

PLACE = Place("acme/platform/shop")
PATH = "src/pay/refund.py"
OLD = [f"    step_{n} = account.move({n})  # of the refund\n" for n in range(1, 121)]
NEW = [*OLD[:40], "    audit(order)\n", *OLD[40:90], *OLD[95:]]


@pytest.fixture
def base(stock: Stock) -> Commit:
    """A file of 120 lines that all ran; then one line came that no test runs, five went, and two were lost."""
    base = stock.report({PATH: lines(*[3] * 120)}, sources={PATH: "".join(OLD)}, flags=["unit"])
    now = [3] * 116
    now[40] = now[99] = now[100] = 0
    stock.report({PATH: lines(*now)}, parent=base.sha, sources={PATH: "".join(NEW)}, flags=["unit"])
    return base


def test_the_key_shows_the_diff_and_hides_it(open_page: Open, ada: User, base: Commit) -> None:
    page = open_page(PLACE.file(PATH), ada)
    page.keyboard.press("d")
    page.wait_for_url(f"**?diff={base.sha}")
    expect(page.locator("#L41")).to_contain_text("new, not tested UNC")
    expect(page.locator("tr.minus")).to_have_count(5)
    page.keyboard.press("n")
    expect(page.locator("#L41")).to_have_class("m plus here")
    expect(page.locator("[data-zone-at]")).to_have_text("Uncovered change 1 of 2, L41")
    page.keyboard.press("n")
    expect(page.locator("#L100")).to_have_class("m here")
    page.reload()
    expect(page.locator("#L100")).to_have_class("m here")
    page.keyboard.press("d")
    page.wait_for_url(f"**/{PATH}")
    expect(page.locator("tr.minus")).to_have_count(0)


def test_folds_open_where_they_are(open_page: Open, ada: User, base: Commit) -> None:
    page = open_page(PLACE.file(PATH, diff=base.sha), ada)
    page.get_by_role("link", name="Only changes").click()
    expect(page.locator("tr.minus")).to_have_count(5)
    expect(page.locator("#L20")).to_have_count(0)
    page.locator(".lines-fold a").first.click()
    expect(page.locator("#L20")).to_contain_text("still tested CBC")
    page.get_by_role("link", name="lost LBC").click()
    expect(page.locator("[data-source] tbody tr")).to_have_count(2)


def test_without_script(open_page: Open, ada: User, base: Commit) -> None:
    page = open_page(PLACE.file(PATH), ada, java_script_enabled=False)
    page.get_by_role("link", name=f"Diff against {base.sha[:8]}").click()
    expect(page.locator("tr.minus").first).to_contain_text("deleted, was tested DCB")
    page.get_by_role("link", name="Next", exact=True).click()
    expect(page.locator("[data-zone-at]")).to_have_text("Uncovered change 1 of 2")
    page.get_by_role("list", name="Flags").get_by_role("link", name="unit").click()
    expect(page.locator("#L41")).to_contain_text("new, not tested UNC")
    page.get_by_role("link", name="Only zones").click()
    expect(page.locator("#L20")).to_have_count(0)
    page.locator(".lines-fold a").first.click()
    expect(page.locator("#L20")).to_be_visible()
    page.get_by_role("link", name="Whole comparison").click()
    page.get_by_role("link", name=f"Show lines of {PATH}").click()
    page.get_by_role("link", name="Open in the file at line").first.click()
    expect(page.locator("tr.minus")).to_have_count(5)


@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing(open_page: Open, ada: User, base: Commit, width: int) -> None:
    pages = {
        "diff": PLACE.file(PATH, 41, diff=base.sha),
        "only changes": PLACE.file(PATH, diff=base.sha, only="changes"),
        "left out": PLACE.file(PATH, 0, diff=base.sha, col="memory", only="nonsense"),
        "comparison": PLACE.compare(base.sha, "main", file=PATH),
    }
    page = open_page("/", ada, viewport={"width": width, "height": 900})
    for name, address in pages.items():
        page.goto(address)
        for scheme, only in SCHEMES.items():
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert violations(page, only=only) == [], (name, scheme)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
