"""Takes pictures of the pages of a running covdash: `python -m tests.reliability.photos URL FOLDER [--login NAME:PASSWORD] PATH...`.

Each page is taken light and dark at 1280 pixels, and light at 390; a page that scrolls sideways is named. To be looked at by people.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.journeys.chromium import FLAGS, NAMES

LOOKS = (("light", 1280), ("dark", 1280), ("light", 390))


def main() -> int:
    """Take the pictures; 1 when a page does not answer 200 or is wider than its window."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--login", default="")
    parser.add_argument("--fold", action="store_true", help="only what fits the window")
    words = parser.parse_args()
    words.folder.mkdir(parents=True, exist_ok=True)
    executable = next(filter(None, map(shutil.which, NAMES)))
    wrong = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        for scheme, width in LOOKS:
            page = _signed_in(browser, words.url, words.login, scheme, width)
            for path in words.paths:
                wrong += _take(
                    page, path, words.folder / f"{_name(path)}-{scheme}-{width}.png", whole=not words.fold
                )
            page.context.close()
        browser.close()
    return bool(wrong)


def _signed_in(browser: Browser, url: str, login: str, scheme: str, width: int) -> Page:
    context = browser.new_context(
        base_url=url,
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    if login:
        name, _, password = login.partition(":")
        page.goto("/login")
        page.fill("[name=login]", name)
        page.fill("[name=password]", password)
        page.click("main button[type=submit]")
        page.wait_for_url("**/")
    return page


def _take(page: Page, path: str, target: Path, *, whole: bool) -> int:
    answer = page.goto(path)
    page.wait_for_timeout(400)  # charts draw after load
    page.screenshot(path=target, full_page=whole)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    status = answer.status if answer else 0
    wrong = status != 200 or wide > 0
    print(f"{status} {target.name}{f' is {wide} pixels too wide' if wide > 0 else ''}")
    return int(wrong)


def _name(path: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", path).strip("-") or "projects"


if __name__ == "__main__":
    sys.exit(main())
