"""A real browser before the real pages: what every journey stands on.

Without a browser on the machine the journeys are skipped with a reason; in CI, where `CI` is set, they must run. Every page fails its
test on a violation of the content security policy, on an error of a script, and on a resource that is not there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    expect,
    sync_playwright,
)
from pytest_django.live_server_helper import LiveServer

from covdash.accounts.models import User
from tests.journeys.chromium import FLAGS, NAMES

AXE = Path(__file__).parents[1] / "vendor" / "axe-core-4.14.1" / "axe.min.js"
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

SCHEMES = {"light": "", "dark": "color-contrast"}
"""The rules of axe that a page is held to in each scheme, "" for all; a scheme can change nothing but contrast."""

PATIENCE = 20_000
"""Milliseconds that a page may take on a busy machine; what a test waits for is mostly there at once."""
expect.set_options(timeout=PATIENCE)

Open = Callable[..., Page]
Visit = Callable[..., Page]
PASSWORD = "a-long-enough-passphrase"


def chromium() -> str:
    """Return the browser of this machine, or skip; in CI a missing browser is a failure."""
    found = os.environ.get("COVDASH_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return found
    message = "no browser: put chromium on the PATH or set COVDASH_CHROMIUM"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the journeys of a process."""
    executable = chromium()
    # Playwright runs an event loop in this thread, and Django refuses its database there unless told that this is known.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
            yield browser
            browser.close()
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
        else:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


class Watch:
    """What went wrong in the pages of a context."""

    def __init__(self, context: BrowserContext) -> None:
        """Listen to every page of `context`, from before its first script."""
        self.found: list[str] = []
        context.add_init_script(
            "addEventListener('securitypolicyviolation', event =>"
            " console.error(`CSP ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`))"
        )
        context.on("console", self._console)
        context.on("weberror", lambda error: self.found.append(f"script: {error.error}"))
        context.on("requestfailed", self._request)

    def _request(self, request: Request) -> None:
        # Going to the next page aborts what the last one was still asking for, such as the news of a poll.
        if request.failure != "net::ERR_ABORTED":
            self.found.append(f"not loaded: {request.url} {request.failure}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.found.append(f"{message.type}: {message.text} at {message.location.get('url')}")


@pytest.fixture
def open_page(browser: Browser, live_server: LiveServer) -> Iterator[Open]:
    """Return `open(path, reader=None, **context)`: a page of the live server in a fresh profile, signed in as `reader`.

    `allowed` are beginnings of complaints that belong to the test, such as the browser's note on a 404.
    """
    contexts: list[tuple[BrowserContext, Watch, tuple[str, ...]]] = []

    def opened(
        path: str = "/", reader: User | None = None, *, allowed: tuple[str, ...] = (), **options: Any
    ) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport=options.pop("viewport", {"width": 1280, "height": 900}),
            **options,
        )
        watch = Watch(context)
        contexts.append((context, watch, allowed))
        if reader is not None:
            client = Client()
            client.force_login(reader)
            cookies = [
                {"name": name, "value": morsel.value, "url": live_server.url}
                for name, morsel in client.cookies.items()
            ]
            context.add_cookies(cookies)  # type: ignore[arg-type]
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(path)
        return page

    yield opened
    complaints = []
    for context, watch, allowed in contexts:
        context.close()
        complaints += [text for text in watch.found if not text.startswith(allowed or ("\0",))]
    assert complaints == []


@pytest.fixture
def visit(open_page: Open, live_server: LiveServer, settings: Any) -> Visit:
    """Return `visit(path, user=None, ...)`: a page as somebody sees it who signed in through the form; `user` gets `PASSWORD`."""
    settings.COVDASH_URL = live_server.url

    def visit(
        path: str,
        *,
        user: User | None = None,
        dark: bool = False,
        width: int = 1280,
        script: bool = True,
        allowed: tuple[str, ...] = (),
    ) -> Page:
        page = open_page(
            path if user is None else "/login",
            allowed=allowed,
            color_scheme="dark" if dark else "light",
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
            reduced_motion="reduce",
        )
        if user is not None:
            sign_in(page, user)
            page.goto(path)
        return page

    return visit


def sign_in(page: Page, user: User) -> None:
    """Give `user` the password of the journeys and sign in on the page."""
    user.set_password(PASSWORD)
    user.save()
    page.fill("[name=login]", user.username)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/")


def violations(page: Page, *, only: str = "") -> list[str]:
    """Return what axe finds wrong with the page as it stands, or what the rule `only` does: rule, what it says, elements."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found = page.evaluate(
        "runOnly => axe.run(document, {runOnly, rules: runOnly.type == 'tag' ? {'target-size': {enabled: true}} : {},"
        " preload: false, resultTypes: ['violations']}).then(found => found.violations)",
        {"type": "rule", "values": [only]} if only else {"type": "tag", "values": list(TAGS)},
    )
    return [
        f"{rule['id']}: {rule['help']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for rule in found
        for node in rule["nodes"][:4]
    ]
