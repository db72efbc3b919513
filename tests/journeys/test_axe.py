"""Every main page is free of what axe can find, light and dark, wide and narrow."""

from __future__ import annotations

import pytest

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.projects.models import Commit
from covdash.reports.models import Upload
from covdash.sources import marking
from covdash.sources.store import blob_id
from tests.covdash.reports.stock import Stock, lines, rich
from tests.journeys.conftest import SCHEMES, Open, violations

PLACE = Place("acme/platform/shop")
SOURCES = {
    "src/pay/charge.py": (
        "def pay(order):\n    return 'paid' if order.paid else 12  # again\n"
        "    raise ValueError('never', 3)  # a missed line\n" + "    charge(order)  # and again\n" * 60
    ),
    "README.md": "# Shop\n",
}


@pytest.fixture
def head(stock: Stock) -> Commit:
    """Three commits with sources, a flag, arms, functions, a failed and a waiting upload."""
    for hits in ((1, 0, 0), (1, 1, 0)):
        stock.report({"src/a.py": lines(*hits), "src/pay/charge.py": rich()})
    commit = stock.commit()
    files = {"src/a.py": lines(0, 0, 1), "src/pay/charge.py": rich(), "src/pay/ok.py": lines(1)}
    stock.upload(commit, files, flags=["unit"], sources=SOURCES)
    stock.upload(commit, {}, state="failed")
    stock.upload(commit, {}, state="processing")
    stock.assemble(commit)
    for path, text in SOURCES.items():
        marking.mark(project_id=stock.project.pk, blob=blob_id(text.encode()), path=path)
    return commit


def addresses(head: Commit) -> dict[str, str]:
    upload = Upload.objects.filter(commit=head, state="processed").get()
    failed = Upload.objects.filter(commit=head, state="failed").get()
    return {
        "overview": PLACE.overview(),
        "tree": PLACE.tree("src"),
        "flat": PLACE.tree(flat=True, show="missed"),
        "nothing found": PLACE.tree("src", q="nowhere"),
        "file": PLACE.file("src/pay/charge.py"),
        "selected line": PLACE.file("src/pay/charge.py", 2, find="charge"),
        "unmeasured file": PLACE.file("README.md"),
        "missing file": PLACE.file("src/nowhere.py"),
        "file without text": PLACE.file("src/a.py"),
        "arms": PLACE.arms(show="all"),
        "arms of a kind": PLACE.arms(kind="number"),
        "arms by kind": PLACE.arms(group="kind", show="all"),
        "lost arms": PLACE.arms(show="lost"),
        "flaky arms": PLACE.arms(show="flaky"),
        "new arms": PLACE.arms(since="2026-01-01"),
        "risky functions": PLACE.functions(show="risk"),
        "changed files": PLACE.tree(flat=True, show="changed"),
        "commits": PLACE.commits(),
        "commit": PLACE.commit_page(head.sha),
        "uploads of a commit": PLACE.commit_page(head.sha, tab="uploads"),
        "files of a commit": PLACE.commit_page(head.sha, tab="files"),
        "branch": PLACE.branch_page("main"),
        "upload": PLACE.upload(str(upload.pk)),
        "failed upload": PLACE.upload(str(failed.pk)),
    }


@pytest.mark.parametrize("half", [0, 1])
def test_pages_of_a_report(open_page: Open, ada: User, head: Commit, half: int) -> None:
    """Light and dark, wide and narrow, with everything unfolded; no page scrolls sideways."""
    missing = "error: Failed to load resource: the server responded with a status of 404"
    page = open_page("/help", ada, allowed=(missing,))
    found = {}
    for name, address in list(addresses(head).items())[half::2]:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        for folded in page.locator("main details > summary").all():
            folded.click()
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            for scheme, only in SCHEMES.items():
                page.emulate_media(color_scheme=scheme)
                found[name, scheme, width] = violations(page, only=only)
            fits = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert fits, f"{name} scrolls sideways at {width} px"
    assert {where: rules for where, rules in found.items() if rules} == {}
