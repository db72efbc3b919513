"""How soon a source file can be read in a browser with a processor four times slower: as it is sent, against one plain table.

The plain table has the same rows, styles and scripts; only sections, `content-visibility` and windows are taken away. Both are given
to the browser out of memory, so that nothing but the browser is measured.
"""

from __future__ import annotations

import re
import statistics
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

LIMITS = {"3,000 lines": 0.35, "50,000 lines": 0.03}
"""Readiness of what is sent to that of the plain table, at most; the specification measured 0.21 and 0.01."""
SLOWER = 4
_JOINT = re.compile(
    r'</tbody></table></div>\s*<div class="lines"[^>]*><table class="src">.*?<tbody>', re.DOTALL
)
_KEPT: dict[str, tuple[bytes, str]] = {}
"""Styles and scripts with their types, by address."""
_READY = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"""


def compare(found: Any, over: Callable[[str], None]) -> None:
    """Print a row a file: milliseconds of the main thread until it is loaded and painted, of both variants, and their ratio."""
    from growing import GIANT, HUGE, LARGE  # noqa: PLC0415
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    from covdash.dashboards.addresses import Place  # noqa: PLC0415 - wants the virtual environment
    from tests.journeys.chromium import FLAGS  # noqa: PLC0415
    from tests.journeys.conftest import chromium  # noqa: PLC0415

    print(
        f"\n{'file in a browser, processor at a quarter':<44}{'as sent':>12}{'plain table':>14}{'ratio':>9} / limit"
    )
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        for name, path, runs in (("3,000 lines", LARGE, 3), ("50,000 lines", HUGE, 1)):
            address = Place(GIANT).file(path)
            sent = found.get(address).decode()
            whole = found.get(f"{address}?lines=all").decode()
            plain = _JOINT.sub("", whole).replace('<div class="lines"', "<div")
            assert plain.count('<table class="src">') == 1
            assert plain.count("<tr id=") >= int(name.split()[0].replace(",", ""))
            _ready(browser, found.url + address, sent)  # fetches what both load
            mine = statistics.median(_ready(browser, found.url + address, sent) for _ in range(3))
            other = statistics.median(_ready(browser, found.url + address, plain) for _ in range(runs))
            ratio, limit = mine / other, LIMITS[name]
            late = ratio > limit
            if late:
                over(f"{name} in a browser: {ratio:.2f} of a plain table > {limit}")
            print(
                f"{name:<44}{mine:>9,.0f} ms{other:>11,.0f} ms{ratio:>9.3f}{'!' if late else ' '}/ {limit}",
                flush=True,
            )
        browser.close()


def _ready(browser: Any, address: str, text: str) -> float:
    """Return the milliseconds that the page keeps the main thread busy until it is loaded and painted.

    Of the processor, not of the clock: other work on the machine counts less.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(300_000)

    def answer(route: Any) -> None:
        asked = route.request.url
        if asked == address:
            route.fulfill(body=text, content_type="text/html; charset=utf-8")
        elif "/static/" in asked:
            if asked not in _KEPT:
                with urllib.request.urlopen(asked, timeout=60) as found:
                    _KEPT[asked] = found.read(), found.headers["Content-Type"]
            body, kind = _KEPT[asked]
            route.fulfill(body=body, content_type=kind)
        else:
            route.abort()

    page.route("**/*", answer)
    session = context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(address, wait_until="load")
    page.evaluate(_READY)
    measured = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    context.close()
    return float(measured["TaskDuration"]) * 1000
