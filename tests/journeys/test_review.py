"""A team looks at its coverage together in a real browser: hides a row, decides, writes, prints; axe finds nothing on these pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.projects import wishes
from covdash.reports.models import Dismissal, ReviewDecision, ReviewNote
from ingest.components import recount
from tests.covdash.reports.stock import Stock, lines, rich
from tests.journeys.conftest import SCHEMES, Open, violations

PLACE = Place("acme/platform/shop")


@pytest.fixture
def filled(stock: Stock, ada: User) -> Stock:
    """Twelve directories that moved, three components of which one is under its floor, a decision, notes, and a hidden row."""
    rules = [
        {"name": name, "paths": [f"src/{name}/**"], "weight": weight, "floors": {"lines": 70, "branches": 40}}
        for name, weight in (("auth", 10), ("pay", 8), ("web", 2))
    ]
    wishes.write_section(project_id=stock.project.pk, actor=ada, section="components", said=rules)
    now = datetime.now(UTC)
    names = [
        f"src/{part}/{file}.py" for part in ("auth", "pay", "web") for file in ("login", "token", "form")
    ]
    names += [f"lib/part{number}/deep/file.py" for number in range(9)]
    for week in range(5):
        files = {
            name: lines(*[1] * (6 + week), *[0] * (12 - week - number % 3), *[number % 2] * week)
            for number, name in enumerate(names)
        }
        stock.report({**files, "src/pay/charge.py": rich()}, at=now - timedelta(days=29 - 7 * week))
    recount(stock.project.pk)
    today = now.date()
    ReviewNote.objects.create(
        project=stock.project,
        branch="main",
        until=today,
        body="**Seen**\n\n- one\n- two",
        by=ada,
        by_name="ada",
    )
    said = {
        "project": stock.project,
        "branch": "main",
        "by": ada,
        "by_name": "ada",
        "covered": 90,
        "total": 200,
    }
    for days in (0, 28):
        ReviewDecision.objects.create(
            text="Test the refund", until=today - timedelta(days=days), owner="ben", component="pay", **said
        )
    Dismissal.objects.create(
        project=stock.project, kind="zone", path="src/web/form.py", reason="goes away", until=today, by=ada
    )
    return stock


def test_a_row_is_hidden_and_a_decision_kept_without_script(
    open_page: Open, ada: User, filled: Stock
) -> None:
    page = open_page(PLACE.overview(), ada, java_script_enabled=False)
    page.get_by_role("link", name=re.compile("^All .* and why")).click()
    row = page.locator("tbody tr").filter(has_text="token.py").first
    row.locator("summary").click()
    row.get_by_label("Not now, because").fill("waits for the new login")
    row.get_by_role("button", name="Hide for the team").click()
    page.get_by_text("Hidden for everybody").wait_for()
    page.get_by_role("cell", name="waits for the new login").wait_for()

    page.get_by_role("link", name="Review", exact=True).first.click()
    page.get_by_label("Decided").fill("Close the gap of auth")
    page.get_by_label("About").select_option("auth")
    page.get_by_role("button", name="Keep").click()
    page.get_by_text("The decision is kept").wait_for()
    page.get_by_label("Notes to the period").fill("Talked about **auth**")
    page.get_by_role("button", name="Save the notes").click()
    page.locator(".prose strong", has_text="auth").wait_for()
    assert "until=" in page.url


def test_keys_and_search_lead_to_the_review(open_page: Open, ada: User, filled: Stock) -> None:
    page = open_page(PLACE.overview(), ada)
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_url("**/-/review")
    page.goto(f"/search?q=eyes&in={PLACE.slug}")
    page.get_by_role("link", name="Needs eyes").click()
    page.wait_for_url("**/-/attention")


def test_the_review_prints_on_two_pages(open_page: Open, ada: User, filled: Stock) -> None:
    page = open_page(PLACE.review(), ada)
    pdf = page.pdf(format="A4")

    assert 1 <= len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf)) <= 2
    page.emulate_media(media="print")
    assert page.locator(".review-sentence").is_visible()
    assert page.locator("form:visible").count() == 0
    assert page.locator("nav:visible").count() == 0


def test_pages_of_the_review(open_page: Open, ada: User, filled: Stock) -> None:
    """Light and dark, wide and narrow, filled and empty, with everything unfolded; no page scrolls sideways."""
    page = open_page("/help", ada)
    found = {}
    for address in (
        PLACE.overview(),
        PLACE.attention(),
        PLACE.review(),
        PLACE.review(until="2020-01-31", weeks=3, team="nobody"),
    ):
        page.goto(address)
        page.evaluate("for (const folded of document.querySelectorAll('main details')) folded.open = true")
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 900})
            for scheme, only in SCHEMES.items():
                page.emulate_media(color_scheme=scheme)
                found[address, scheme, width] = violations(page, only=only)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (address, width)
    assert {key: wrong for key, wrong in found.items() if wrong} == {}
