"""The trends in a real browser: gaps stay open, keys speak and open, axe finds nothing, and the page is whole without script."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from covdash.accounts.models import User
from covdash.audit import trail
from covdash.dashboards.addresses import Place
from covdash.projects.models import Commit
from tests.covdash.reports.stock import Stock, lines, rich
from tests.journeys.conftest import Open, violations

PLACE = Place("acme/platform/shop")
DRAWN = """() => {
    const chart = Chart.getChart(document.querySelector("canvas"));
    return chart.data.datasets.map((_, place) => {
        const meta = chart.getDatasetMeta(place);
        return {
            skipped: meta.data.map((point) => Boolean(point.skip)), decimated: "_data" in chart.data.datasets[place],
            segments: meta.dataset.segments.map(({ start, end }) => [start, end]),
        };
    });
}"""
"""What Chart.js made of each line: points left out as gaps, whether decimation took over its data, and its unbroken stretches."""
WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth && !one.closest(".table-box"))
    .map((one) => `${one.tagName}.${one.className} ${one.getBoundingClientRect().right}`)"""
"""What sticks out on the right, when the page scrolls sideways."""


@pytest.fixture
def filled(stock: Stock) -> Stock:
    """Reports in five weeks of eight, a release, a change of the settings, a failed upload."""
    monday = timezone.now() - timedelta(days=timezone.now().weekday())
    for weeks, hits in (
        (8, (1, 0, 0, 0)),
        (7, (1, 1, 0, 0)),
        (4, (1, 1, 1, 0)),
        (3, (1, 1, 0, 1)),
        (1, (1, 1, 1, 1)),
    ):
        commit = stock.report(
            {"src/a.py": lines(*hits), "src/pay/b.py": rich()},
            at=monday - timedelta(weeks=weeks),
            flags=["unit"],
        )
        if weeks == 4:
            Commit.objects.filter(pk=commit.pk).update(tag="v2.4")
    stock.upload(commit, {}, state="failed")
    trail.note(project_id=stock.project.pk, actor=None, action="settings.change", target="components")
    return stock


def config(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page.locator("#trends-config").text_content() or "")
    return found


@pytest.mark.parametrize("unit", ["percent", "count"])
def test_gaps_survive_in_the_browser(open_page: Open, ada: User, filled: Stock, unit: str) -> None:
    page = open_page(PLACE.trends(grain="week", metric="lines", unit=unit), ada)
    expect(page.locator("canvas")).to_be_visible()
    for series, drawn in zip(config(page)["data"]["datasets"], page.evaluate(DRAWN), strict=True):
        holes = [datum["y"] is None for datum in series["data"]]
        assert holes == [False, False, True, False, False, True, False]
        assert drawn == {"skipped": holes, "decimated": False, "segments": [[0, 1], [3, 4], [6, 6]]}


def test_keys_speak_and_open_the_comparison(open_page: Open, ada: User, filled: Stock) -> None:
    page = open_page(PLACE.trends(metric=("lines", "branches")), ada)
    series = config(page)["data"]["datasets"]
    page.locator("canvas").focus()
    page.keyboard.press("Home")
    expect(page.locator("[data-chart-voice]")).to_contain_text(series[0]["data"][0]["text"])
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-chart-voice]")).to_contain_text("Arms: ")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("End")
    expect(page.locator("[data-chart-voice]")).to_contain_text(series[0]["data"][-1]["text"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{series[0]['data'][-1]['href']}")
    assert "/-/compare?base=" in page.url
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url("**/-/trends")


def test_the_form_makes_the_address(open_page: Open, ada: User, filled: Stock) -> None:
    page = open_page(PLACE.trends(), ada)
    page.get_by_text("Metrics, flags").click()
    page.get_by_role("checkbox", name="Arms").uncheck()
    page.get_by_role("checkbox", name="unit").check()
    page.get_by_label("Point").select_option("week")
    page.get_by_role("button", name="Draw").click()
    page.wait_for_url("**metric=lines**")
    assert [line["label"] for line in config(page)["data"]["datasets"]] == ["unit"]
    table = page.locator(".chart-rows tbody tr")
    page.get_by_text("The same numbers as a table").click()
    expect(table.first).to_be_visible()


@pytest.mark.parametrize(
    "address",
    [
        "trends?grain=week",
        "trends?unit=count",
        "branch/main?tab=trend",
        "trends?from=2020-01-01&to=2020-02-01",
    ],
)
def test_axe_finds_nothing(open_page: Open, ada: User, filled: Stock, address: str) -> None:
    page = open_page(f"{PLACE.root}-/{address}", ada)
    for folded in page.locator("main details > summary").all():
        folded.click()
    found = {}
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found[scheme, width] = violations(page)
        assert page.evaluate(WIDE) == [], f"scrolls sideways at {width} px"
    assert {where: rules for where, rules in found.items() if rules} == {}


def test_it_is_whole_without_script(open_page: Open, ada: User, filled: Stock) -> None:
    page = open_page(PLACE.trends(grain="week"), ada, java_script_enabled=False)
    expect(page.locator(".chart-rows tbody tr").first).to_be_visible()
    expect(page.locator("canvas")).to_be_hidden()
    assert "measuring changed" in page.locator("main").inner_text()
