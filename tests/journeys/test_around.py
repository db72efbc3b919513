"""What is on every page: theme, copying, keys, filters, reflow, and settings by hand."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from covdash.accounts.models import User
from covdash.projects import tokens, wishes
from covdash.projects.models import Membership, Project
from covdash.projects.registry import create_project
from ingest.components import recount
from tests.factories.uploads import Job, lcov, turn
from tests.journeys.conftest import SCHEMES, Visit, violations

pytestmark = pytest.mark.django_db(transaction=True)

NOT_FOUND = ("error: Failed to load resource: the server responded with a status of 404",)
SHOP = "/p/acme/platform/shop"


@pytest.fixture
def reported(project: Project) -> Project:
    """The project with a report on two git branches."""
    job = Job(project)
    turn(job.send(lcov({"src/a.c": {1: 1, 2: 0}}), branch="main", flags="unit"))
    turn(job.send(lcov({"src/a.c": {1: 1, 2: 2}}), commit="2" * 40, branch="feature/<b>#?%"))
    return project


def test_the_theme_is_chosen_kept_and_painted_by_the_server(visit: Visit, ada: User) -> None:
    page = visit("/help", dark=True)
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == "rgb(15, 20, 25)"

    page.click("[data-theme-switch]")

    assert page.evaluate(background) == "rgb(255, 255, 255)"
    page.reload()
    assert page.get_attribute("html", "data-theme") == "light"
    assert page.evaluate(background) == "rgb(255, 255, 255)"
    page.click("[data-theme-switch]")
    assert page.evaluate(background) == "rgb(15, 20, 25)"
    page.click("[data-theme-switch]")
    page.reload()
    assert page.get_attribute("html", "data-theme") is None


def test_copy_says_that_it_copied(visit: Visit, ada: User, project: Project) -> None:
    page = visit(f"{SHOP}/-/setup", user=ada)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    page.locator(".snippet .copy").first.click()

    page.wait_for_selector("[role=status]:text('Copied')", state="attached")
    assert "pytest --cov" in page.evaluate("navigator.clipboard.readText()")


def test_the_filter_of_the_projects_is_typed_and_is_an_address(
    visit: Visit, ada: User, project: Project
) -> None:
    create_project(slug="other/thing", owner=ada)
    page = visit("/", user=ada)
    assert page.locator("[data-row]").count() == 2

    page.keyboard.press(".")
    page.keyboard.type("THING")
    expect(page.locator("[data-row]")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**q=THING**")
    assert page.locator("[data-row]").all_inner_texts() == ["other/thing"]


def test_keys_walk_rows_and_go_places(visit: Visit, ada: User, reported: Project) -> None:
    page = visit(f"{SHOP}/-/branches", user=ada)

    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == "feature/<b>#?%"
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/-/branch/main")
    page.keyboard.press("g")
    page.keyboard.press("u")
    page.wait_for_url("**/-/uploads")
    page.goto("/help")
    page.uncheck("[data-keys-switch]")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_timeout(300)
    assert page.url.endswith("/help")


def test_a_nasty_branch_name_is_text_and_a_working_link(visit: Visit, ada: User, reported: Project) -> None:
    page = visit(f"{SHOP}/-/branches", user=ada)

    page.get_by_role("link", name="feature/<b>#?%").click()

    page.wait_for_url("**/-/branch/feature/%3Cb%3E%23%3F%25")
    assert "feature/<b>#?%" in page.inner_text("h1")


def test_uploads_follow_unfinished_work(visit: Visit, ada: User, project: Project) -> None:
    job = Job(project)
    upload = job.send(lcov({"a.c": {1: 1}}), name="late")
    page = visit(f"{SHOP}/-/uploads", user=ada)
    assert page.locator("tbody .state-received").count() == 1

    turn(upload)

    page.wait_for_selector("tbody .state-processed")
    page.wait_for_timeout(200)
    assert page.locator("[data-poll]").count() == 0


def test_components_without_script(visit: Visit, ada: User, reported: Project) -> None:
    """Added from the suggestions and by hand, moved, tried, corrected and saved, by plain submits."""
    page = visit(f"{SHOP}/-/settings/components", user=ada, script=False)
    page.get_by_role("button", name="Add a component").click()
    page.get_by_label("Name").fill("Everything")
    page.get_by_label("Paths, one on each line").fill("**")
    page.get_by_label("Floors").fill("lines 101")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("fieldset.rule summary")).to_have_text(re.compile("[0-9]+ files?"))
    expect(page.get_by_text("Not saved yet.")).to_be_visible()

    page.get_by_label("Name").press("Enter")  # the first button of a form is the one that Enter presses

    expect(page.get_by_text("must be from 0 to 100")).to_be_visible()
    page.get_by_label("Floors").fill("lines 100")
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_text("The components were saved.")).to_be_visible()
    expect(page.get_by_text("Last changed by ada")).to_be_visible()


def test_settings_by_hand(visit: Visit, ada: User, project: Project, cleo: User) -> None:
    tokens.mint(project=project, name="old one")
    page = visit(f"{SHOP}/-/settings/tokens", user=ada)
    page.fill("[name=name]", "CI")
    page.select_option("[name=expires]", "90")
    page.click("text=Make token")
    secret = page.inner_text(".secret code")
    assert tokens.verify(secret=secret).project == project
    row = page.locator("tr", has_text="old one")
    row.locator("summary").click()
    row.get_by_role("button", name="Revoke old one").click()
    page.wait_for_selector("text=The token old one was revoked")

    page.click("text=Members")
    page.fill("[name=username]", "cleo")
    page.click("main button:text-is('Add')")
    page.wait_for_selector("text=cleo belongs to this project now.")
    page.select_option("[aria-label='Role of cleo']", "maintainer")
    page.locator("tr", has_text="cleo").get_by_role("button", name="Change").click()
    page.wait_for_selector("text=The role was changed.")
    assert Membership.objects.get(user=cleo).role == "maintainer"

    page.click("text=General")
    page.check("[value=public]")
    page.fill("#id_confirm_public", project.slug)
    page.locator("form[action$=visibility] button").click()
    page.wait_for_selector("text=Everybody may read this project now.")
    page.fill("#id_confirm_delete", project.slug)
    page.click("text=Delete project")
    page.wait_for_selector("text=acme/platform/shop was deleted")
    assert not Project.objects.exists()


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_pages_reflow_and_are_free_of_what_axe_finds(
    visit: Visit, ada: User, reported: Project, *, dark: bool, width: int
) -> None:
    rule = {"name": "Source", "paths": ["src"], "weight": 9, "floors": {"lines": 99, "branches": 1}}
    wishes.write_section(project_id=reported.pk, actor=ada, section="components", said=[rule])
    recount(reported.pk)
    page = visit("/", user=ada, dark=dark, width=width, allowed=NOT_FOUND)
    for address in (
        "/",
        "/new",
        "/help",
        "/me",
        "/account/password",
        "/logout",
        "/p/nothing/",
        f"{SHOP}/-/setup?ci=github",
        f"{SHOP}/-/settings/general",
        f"{SHOP}/-/settings/members",
        f"{SHOP}/-/settings/tokens",
        f"{SHOP}/-/settings/flags",
        f"{SHOP}/-/settings/components",
        f"{SHOP}/-/settings/completeness",
        f"{SHOP}/-/settings/forks",
        f"{SHOP}/-/settings/file",
        SHOP,
        f"{SHOP}/-/branches",
        f"{SHOP}/-/uploads",
    ):
        page.goto(address)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{address} is {wide} px wide"
        assert page.locator("h1").count() == 1
        assert page.locator("main").count() == 1
        assert violations(page, only=SCHEMES["dark" if dark else "light"]) == [], address
