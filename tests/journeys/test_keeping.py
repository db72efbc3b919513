"""What a browser keeps: the page of a finished commit is not asked for again, until its reader changes something or signs out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.signals import request_started
from django.utils import timezone

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.reports.models import CommitReport, Upload
from tests.covdash.reports.stock import Stock, lines
from tests.journeys.conftest import Open

PLACE = Place("acme/platform/shop")


@pytest.fixture
def asked() -> Iterator[Counter[str]]:
    """Count what the server is asked for."""
    seen: Counter[str] = Counter()

    def note(environ: dict[str, Any], **_signal: Any) -> None:
        seen[environ["PATH_INFO"]] += 1

    request_started.connect(note)
    yield seen
    request_started.disconnect(note)


def test_pages_of_a_finished_commit(open_page: Open, ada: User, stock: Stock, asked: Counter[str]) -> None:
    head = stock.report({"src/a.py": lines(1, 0), "b.py": lines(1)}, at=timezone.now() - timedelta(days=1))
    CommitReport.objects.update(updated_at=timezone.now() - timedelta(hours=5))
    tree = PLACE.at(commit=head.sha).tree("src").partition("?")[0]
    commit = PLACE.commit_page(head.sha)
    page = open_page("/help", ada, allowed=("error: Failed to load resource: the server responded with a",))
    for _ in range(2):
        page.goto(PLACE.at(commit=head.sha).tree("src"))
        page.goto(commit)
        page.goto(PLACE.tree())
    assert (asked[tree], asked[commit], asked[PLACE.tree()]) == (1, 1, 2)

    page.goto(PLACE.upload(str(Upload.objects.get().pk)))
    page.get_by_label("Leave it out of the report, because").fill("wrong job")
    page.get_by_role("button", name="Leave it out").click()
    page.get_by_text("It is left out: wrong job").wait_for()
    page.goto(commit)
    page.goto(PLACE.at(commit=head.sha).tree("src"))
    assert (asked[tree], asked[commit]) == (2, 2), "whoever wrote sees nothing old"
    assert Upload.objects.get().excluded_at

    page.goto("/logout")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/")
    answer = page.goto(PLACE.at(commit=head.sha).tree("src"))
    assert answer is not None
    assert (answer.status, asked[tree]) == (404, 3)
