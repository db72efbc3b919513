"""What a browser has to fetch (ui budget 6.1): compressed sizes of styles, scripts and the biggest list."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.projects.models import Project
from covdash.projects.registry import create_project

ROOT = Path(__file__).parents[3]
STATIC = ROOT / "static"
KB = 1000


def packed(*files: Path) -> int:
    """Return the bytes of `files`, each compressed as the server does."""
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)


def test_the_styles_of_every_page_stay_small() -> None:
    """A page fetches the styles of `base.html` and those that its own template names; every style is one of them."""
    named = {
        template: set(re.findall(r"static '(css/[\w.]+)'", template.read_text()))
        for template in (ROOT / "templates").rglob("*.html")
    }
    everywhere = named[ROOT / "templates" / "base.html"]

    assert everywhere
    assert set().union(*named.values()) == {f"css/{file.name}" for file in (STATIC / "css").glob("*.css")}
    for template, own in named.items():
        assert packed(*(STATIC / name for name in everywhere | own)) <= 14 * KB, template


def test_scripts_of_a_list_stay_small() -> None:
    """The modules that every page loads, and htmx."""
    base = (ROOT / "templates" / "base.html").read_text()
    own = [STATIC / name for name in re.findall(r"static '(js/[\w.]+)'", base)]

    assert own
    assert packed(*own) <= 8 * KB
    assert packed(*own, STATIC / "js/swap.js", STATIC / "vendor/htmx.org-4.0.1/htmx.min.js") <= 26 * KB


def test_scripts_of_a_chart_stay_small() -> None:
    files = [STATIC / "vendor/chart.js-4.6.1/chart.umd.min.js", STATIC / "js/charts.js"]

    # Half a KB more than the plan: reading the words of the points from the table takes tens of KB out of the page.
    assert packed(*files) <= (71 + 4.5) * KB


def test_scripts_of_the_trends_stay_small() -> None:
    """All that the page fetches: the modules of every page, the chart, and what its own template names."""
    named = {
        name
        for template in ("base.html", "components/_chart_scripts.html", "dashboards/trends.html")
        for name in re.findall(
            r"static '((?:js|vendor)/[^']+\.js)'", (ROOT / "templates" / template).read_text()
        )
    }

    assert {"js/brush.js", "js/charts.js", "js/keys.js"} <= named
    assert packed(*(STATIC / name for name in named)) <= 102 * KB
    assert packed(STATIC / "js/brush.js") <= 2.5 * KB


def test_the_biggest_list_of_projects_stays_small(client: Client, ada: User, project: Project) -> None:
    for number in range(60):
        create_project(slug=f"group-{number % 7}/a-rather-long-project-name-{number}", owner=ada)
    client.force_login(ada)

    page = client.get("/?sort=slug")

    assert page.content.count(b"data-row") == 50
    assert len(gzip.compress(page.content, 6)) <= 20 * KB


@pytest.mark.parametrize("template", sorted((ROOT / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_no_template_needs_what_the_policy_forbids(template: Path) -> None:
    """No inline script, style or handler, no `hx-on`, no `js:`; nothing from elsewhere."""
    text = template.read_text()

    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "inline script"
    assert not re.search(r"<style\b|\sstyle=", text), "inline style"
    assert not re.search(r"\son[a-z]+=", text), "inline handler"
    assert not re.search(r"hx-on|js:", text), "needs eval"
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text), "something from elsewhere"
