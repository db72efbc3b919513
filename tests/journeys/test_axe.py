"""Every main page is free of what axe can find, light and dark, wide and narrow."""

from __future__ import annotations

import pytest

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.projects.models import Commit
from covdash.reports.models import Upload
from tests.covdash.reports.stock import Stock, lines, rich
from tests.journeys.conftest import Open, violations

PLACE = Place("acme/platform/shop")
TEXT = "def pay(order):\n    if order.paid:\n        return\n" + "    charge(order)  # again and again\n" * 60


@pytest.fixture
def head(stock: Stock) -> Commit:
    """Three commits with sources, a flag, arms, functions, a failed and a waiting upload."""
    for hits in ((1, 0, 0), (1, 1, 0)):
        stock.report({"src/a.py": lines(*hits), "src/pay/charge.py": rich()})
    commit = stock.commit()
    files = {"src/a.py": lines(0, 0, 1), "src/pay/charge.py": rich(), "src/pay/ok.py": lines(1)}
    stock.upload(commit, files, flags=["unit"], sources={"src/pay/charge.py": TEXT})
    stock.upload(commit, {}, state="failed")
    stock.upload(commit, {}, state="processing")
    stock.assemble(commit)
    return commit


def addresses(head: Commit) -> dict[str, str]:
    upload = Upload.objects.filter(commit=head, state="processed").get()
    failed = Upload.objects.filter(commit=head, state="failed").get()
    return {
        "overview": PLACE.overview(),
        "tree": PLACE.tree("src"),
        "file": PLACE.file("src/pay/charge.py"),
        "file without text": PLACE.file("src/a.py"),
        "commits": PLACE.commits(),
        "commit": PLACE.commit_page(head.sha),
        "uploads of a commit": PLACE.commit_page(head.sha, tab="uploads"),
        "files of a commit": PLACE.commit_page(head.sha, tab="files"),
        "branch": PLACE.branch_page("main"),
        "upload": PLACE.upload(str(upload.pk)),
        "failed upload": PLACE.upload(str(failed.pk)),
    }


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_a_report(open_page: Open, ada: User, head: Commit, scheme: str, width: int) -> None:
    page = open_page("/help", ada, color_scheme=scheme, viewport={"width": width, "height": 900})
    found = {}
    for name, address in addresses(head).items():
        page.goto(address)
        page.wait_for_load_state("networkidle")
        found[name] = violations(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} scrolls sideways"
    assert {name: rules for name, rules in found.items() if rules} == {}
