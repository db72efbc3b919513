"""From an empty server to the first report: sign in, make a project, make a token, paste the command, watch it arrive."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect

from covdash.accounts.models import User
from covdash.reports.models import Upload
from tests.factories.uploads import lcov, turn
from tests.journeys.conftest import PASSWORD, Visit

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("curl") is None, reason="the pasted command needs curl"),
]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one commit and a report."""
    (tmp_path / "coverage.info").write_bytes(lcov({"src/pay.c": {1: 3, 2: 0, 3: 1}}))
    git = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], cwd=tmp_path, check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "--message", "Pay"], cwd=tmp_path, check=True)
    return tmp_path


def paste(script: str, secret: str, folder: Path) -> None:
    """Do in a shell what the page told to do."""
    environment = {"PATH": os.environ["PATH"], "COVDASH_TOKEN": secret}
    subprocess.run(["sh", "-e", "-c", script], cwd=folder, env=environment, check=True, timeout=30)


def test_a_new_user_reaches_a_first_report(visit: Visit, ada: User, checkout: Path) -> None:
    page = visit("/", user=ada)
    page.click("text=New project")
    page.fill("[name=slug]", "acme/shop")
    page.click("text=Create project")
    page.wait_for_url("**/p/acme/shop/-/setup")
    assert page.locator(".step-done").count() == 0

    page.click("text=Make a token")
    secret = page.inner_text(".secret code")
    assert re.fullmatch(r"cvdu_\w{38}", secret)
    assert page.locator(".step-done").count() == 1
    page.click("text=Clang, Swift: llvm-cov")
    page.wait_for_url("**tool=llvm**")
    script = page.locator("[aria-label='Commands that send the report']").inner_text()
    assert page.get_by_text("Waiting for the first upload").is_visible()

    paste(script, secret, checkout)
    page.wait_for_selector("text=coverage.info has arrived")
    turn(Upload.objects.get())
    page.wait_for_selector("text=1 source file read from coverage.info.")

    page.click("text=Open the overview")
    page.wait_for_url("**/p/acme/shop/")
    assert "66.7 %" in page.inner_text("main")


def test_the_same_way_without_script(visit: Visit, ada: User, checkout: Path) -> None:
    page = visit("/new", user=ada, script=False)
    page.fill("[name=slug]", "acme/plain")
    page.click("text=Create project")
    page.click("text=Make a token")
    secret = page.inner_text(".secret code")
    page.click("text=Clang, Swift: llvm-cov")
    paste(page.locator("[aria-label='Commands that send the report']").inner_text(), secret, checkout)
    turn(Upload.objects.get())

    page.reload()

    assert page.get_by_text("The report is here").is_visible()
    assert page.locator("[data-copy]:visible").count() == 0
    assert page.locator("[data-theme-switch]:visible").count() == 0


def test_a_failed_first_upload_says_why_at_once(visit: Visit, ada: User, checkout: Path) -> None:
    page = visit("/new", user=ada)
    page.fill("[name=slug]", "acme/broken")
    page.click("text=Create project")
    page.click("text=Make a token")
    secret = page.inner_text(".secret code")
    page.click("text=Clang, Swift: llvm-cov")
    script = page.locator("[aria-label='Commands that send the report']").inner_text()
    (checkout / "coverage.info").write_bytes(b"\x7fELF this is no report")

    paste(script, secret, checkout)
    turn(Upload.objects.get())

    page.wait_for_selector(".waiting-failed")
    page.click("text=Look at the upload")
    page.wait_for_url("**/-/upload/*")


def test_a_wrong_password_and_a_right_one(visit: Visit, ada: User) -> None:
    page = visit("/new", user=None)
    assert page.url.endswith("/login?next=/new")
    ada.set_password(PASSWORD)
    ada.save()
    page.fill("[name=login]", "ada")
    page.fill("[name=password]", "not this one at all")
    page.click("main button[type=submit]")
    expect(page.get_by_role("alert")).to_be_focused()

    page.fill("[name=login]", "ada")
    page.fill("[name=password]", PASSWORD)
    page.click("text=Show")
    assert page.get_attribute("[name=password]", "type") == "text"
    page.click("main button[type=submit]")
    page.wait_for_url("**/new")
    page.goto("/logout")
    page.click("main button[type=submit]")
    page.wait_for_url("**/")
    assert page.get_by_text("Sign in").first.is_visible()
