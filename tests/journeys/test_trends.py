"""The trends in a real browser: gaps stay open, keys speak and open, axe finds nothing, and the page is whole without script."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from covdash.accounts.models import User
from covdash.audit import trail
from covdash.dashboards.addresses import Place
from covdash.projects.models import Commit
from covdash.reports.models import ReviewDecision
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
TICKS = """() => Chart.getChart(document.querySelector("canvas")).scales.x.ticks.map(({ label }) => label)"""
"""What is written below the plot: each tells its day."""
PLOT = """() => {
    const box = document.querySelector("canvas").getBoundingClientRect();
    const {left, right, top, bottom} = Chart.getChart(document.querySelector("canvas")).chartArea;
    return [box.left + left, box.left + right, box.top + top, box.top + bottom];
}"""
"""Left, right, top and bottom of the plot in the window."""
NAMED = """(name) => {
    const canvas = document.querySelector("canvas"), box = canvas.getBoundingClientRect();
    const config = JSON.parse(document.getElementById("trends-config").textContent), chart = Chart.getChart(canvas);
    const {x} = config.marks.items.find(({text}) => text === name);
    return [box.left + chart.scales.x.getPixelForValue(x) + 12, box.top + chart.chartArea.top - 8];
}"""
"""Where the name of a mark is written."""
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
    newest = page.locator("figure .chart-rows tbody tr").first
    oldest = page.locator("figure .chart-rows tbody tr").last
    told = [f"Lines: {row.locator('td.number').first.text_content()}, " for row in (oldest, newest)]
    page.locator("canvas").focus()
    page.keyboard.press("Home")
    voice = page.locator("[data-chart-voice]")
    expect(voice).to_contain_text(
        f"{oldest.locator('time').text_content()}, {oldest.locator('code').text_content()}. {told[0]}"
    )
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-chart-voice]")).to_contain_text("Arms: ")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("End")
    expect(voice).to_contain_text(told[1] + str(newest.locator("td.number").first.get_attribute("title")))
    href = newest.locator("td.number a").first.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{href}")
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


def drag(page: Page, first: float, last: float) -> None:
    """Press the button over the chart at `first` of its plot and move to `last`, as shares of its width; the button stays down."""
    page.locator("canvas").scroll_into_view_if_needed()
    left, right, top, bottom = page.evaluate(PLOT)
    x, y = (left + (right - left) * first, (top + bottom) / 2)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + (right - left) * (last - first), y, steps=5)


def rows(page: Page) -> list[str]:
    return page.locator("figure .chart-rows tbody tr").all_text_contents()


def test_a_drag_sees_some_days_alone_as_the_form_does(open_page: Open, ada: User, filled: Stock) -> None:
    here = PLACE.trends(metric="lines", range="6m", y="0-100", grain="commit")
    page = open_page(here, ada)
    help_line = page.locator("[data-brush-help]")
    expect(help_line).to_contain_text("Drag across the chart")
    said = help_line.text_content()
    drag(page, 0.45, 0.95)
    expect(page.locator(".chart-band")).to_be_visible()
    expect(help_line).to_contain_text(" to ")
    page.mouse.up()
    page.wait_for_url("**from=**")
    found = parse_qs(urlsplit(page.url).query)
    span = [date.fromisoformat(found.pop(word)[0]) for word in ("from", "to")]
    assert found == {"metric": ["lines"], "y": ["0-100"], "grain": ["commit"]}
    monday = timezone.now().date() - timedelta(days=timezone.now().weekday())
    for day, share in zip(span, (0.45, 0.95), strict=True):
        reached = 8 - 7 * share  # reports are from eight weeks before to one
        assert abs((monday - day) / timedelta(weeks=1) - reached) <= 1 / 7
    assert len(rows(page)) == 2
    expect(page.get_by_role("textbox", name="From")).to_have_value(f"{span[0]}")
    expect(page.get_by_role("textbox", name="To")).to_have_value(f"{span[1]}")
    expect(help_line).to_have_text(said or "")
    seen = rows(page)

    plain = open_page(here, ada, java_script_enabled=False)
    plain.get_by_role("textbox", name="From").fill(f"{span[0]}")
    plain.get_by_role("textbox", name="To").fill(f"{span[1]}")
    plain.get_by_role("button", name="Draw").click()
    assert rows(plain) == seen
    expect(plain.locator("[data-brush-help]")).to_be_hidden()

    page.go_back()
    page.wait_for_url(f"**{here}")
    drag(page, 0.95, 0.45)  # to the left it is the same
    page.mouse.up()
    page.wait_for_url("**from=**")
    assert rows(page) == seen


def test_escape_and_a_short_way_choose_nothing(open_page: Open, ada: User, filled: Stock) -> None:
    page = open_page(PLACE.trends(metric="lines"), ada)
    here, band = page.url, page.locator(".chart-band")
    drag(page, 0.2, 0.8)
    expect(band).to_be_visible()
    page.keyboard.press("Escape")
    expect(band).to_be_hidden()
    expect(page.locator("[data-brush-help]")).to_contain_text("Drag across the chart")
    page.mouse.move(900, 500)
    expect(band).to_be_hidden()
    page.mouse.up()
    drag(page, 0.2, 0.8)
    left, right, top, _ = page.evaluate(PLOT)
    page.mouse.move(left + (right - left) * 0.2 + 2, top + 20)
    page.mouse.up()
    page.wait_for_timeout(300)
    assert page.url == here, "neither days nor a click on a point"
    drag(page, 0.5, 0.5)
    page.mouse.up()
    page.wait_for_url("**/-/compare?base=**")


def span_of(page: Page) -> list[date]:
    found = parse_qs(urlsplit(page.url).query)
    return [date.fromisoformat(found[word][0]) for word in ("from", "to")]


def press(page: Page, key: str, part: str) -> None:
    """Press a key of the chart, which has the focus, and wait for a page whose address has `part`; its chart has the focus again."""
    expect(page.locator("canvas")).to_be_focused()
    page.keyboard.press(key)
    page.wait_for_url(f"**{part}**#trends-canvas")
    expect(page.locator("canvas")).to_be_focused()


def test_keys_show_fewer_and_more_days(open_page: Open, ada: User, filled: Stock) -> None:
    page = open_page(PLACE.trends(metric="lines", y="0-100"), ada)
    monday = timezone.now().date() - timedelta(days=timezone.now().weekday())
    page.locator("canvas").focus()

    press(page, "+", "from=")  # eight weeks before to one: the middle half
    first, last = span_of(page)
    for day, weeks in ((first, 6.25), (last, 2.75)):
        assert abs((monday - day) / timedelta(weeks=1) - weeks) <= 1 / 7
    assert "metric=lines&y=0-100&from=" in page.url
    assert len(rows(page)) == 2
    expect(page.get_by_role("textbox", name="From")).to_have_value(f"{first}")
    assert [
        said for said in page.evaluate(TICKS) if not re.fullmatch(r"(\d{4}-)?\d\d-\d\d( \d\d:00)?", said)
    ] == []

    days = (last - first).days
    press(page, "-", f"from={first - timedelta((days + 1) // 2)}")
    assert span_of(page)[1] == last + timedelta(days // 2)
    press(page, "0", "range=all")
    assert len(rows(page)) == 5
    page.keyboard.press("-")
    expect(page.locator("[data-chart-voice]")).to_have_text("These are all days.")

    page.keyboard.press("End")
    press(page, "=", "from=")  # around the point that the keys are at
    assert span_of(page)[1] == monday - timedelta(weeks=1)
    page.keyboard.press("Control+-")
    page.keyboard.press("a")
    assert span_of(page)[1] == monday - timedelta(weeks=1)


def test_keys_go_from_range_to_range_and_leave_a_line(open_page: Open, ada: User, filled: Stock) -> None:
    page = open_page(PLACE.trends(metric="lines"), ada)
    page.locator("canvas").focus()
    for word in ("6m", "1y", "all"):
        press(page, "-", f"range={word}")

    monday = timezone.now().date() - timedelta(days=timezone.now().weekday())
    days = [monday - timedelta(weeks=weeks) for weeks in (4, 3)]
    page = open_page(PLACE.trends(metric="lines", from_=f"{days[0]}", to=f"{days[1]}"), ada)
    here = page.url
    page.locator("canvas").focus()
    page.keyboard.press("+")
    expect(page.locator("[data-chart-voice]")).to_have_text("Fewer days would be no line.")
    assert page.url == here
    page = open_page(PLACE.trends(metric="lines", from_="1980-01-01"), ada)
    page.locator("canvas").focus()
    press(page, "-", "range=all")


def test_a_mark_of_the_team_leads_to_its_review(open_page: Open, ada: User, filled: Stock) -> None:
    until = (timezone.now() - timedelta(weeks=5, days=timezone.now().weekday())).date()
    ReviewDecision.objects.create(project=filled.project, branch="main", until=until, text="Pay first")
    page = open_page(PLACE.trends(metric="lines"), ada)
    page.locator("canvas").scroll_into_view_if_needed()
    x, y = page.evaluate(NAMED, "decision")
    page.mouse.move(x, y)
    expect(page.locator("canvas")).to_have_css("cursor", "pointer")
    page.mouse.click(x, y)
    page.wait_for_url(f"**{PLACE.review(until=f'{until}')}")
    expect(page.locator("main")).to_contain_text("Pay first")
    page.go_back()
    page.get_by_text("The same numbers as a table").click()
    page.get_by_role("link", name="Pay first").click()
    page.wait_for_url(f"**{PLACE.review(until=f'{until}')}")


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
