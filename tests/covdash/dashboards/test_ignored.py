"""Words of an address that make no sense give the default, and a quiet note names them: commit, comparison, pull request, map."""

from __future__ import annotations

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.projects.models import PullRequest
from tests.covdash.reports.stock import Stock, lines

PLACE = Place("acme/platform/shop")


@pytest.fixture
def reader(client: Client, ben: User, stock: Stock) -> Client:
    """Ben, before two commits and a pull request."""
    stock.report({"src/a.py": lines(1, 0), "src/b.py": lines(1)})
    head = stock.report({"src/a.py": lines(1, 1), "src/b.py": lines(1)}, branch="change")
    PullRequest.objects.create(project=stock.project, number=7, head=head, base="main")
    client.force_login(ben)
    return client


def address(stock: Stock, page: str, **words: str) -> str:
    return {
        "commit": PLACE.commit_page(stock.project.commits.latest("committed_at").sha, **words),
        "compare": PLACE.compare("main", "change", **words),
        "pull": PLACE.pull(7, **words),
        "map": PLACE.map("src", **words),
    }[page]


@pytest.mark.parametrize(
    ("page", "bad", "good"),
    [
        ("commit", {"tab": "<b>"}, {"tab": "uploads"}),
        ("compare", {"tab": "foo", "cell": "XYZ"}, {"tab": "all", "cell": "GNC"}),
        ("pull", {"tab": "foo"}, {"tab": "indirect"}),
        (
            "map",
            {"size": "foo", "color": "foo", "as": "foo"},
            {"size": "missed", "color": "coverage", "as": "table"},
        ),
    ],
)
def test_a_quiet_note_names_them(
    reader: Client, stock: Stock, page: str, bad: dict[str, str], good: dict[str, str]
) -> None:
    plain = reader.get(address(stock, page)).content.decode()
    noted = reader.get(address(stock, page, **bad)).content.decode()
    fine = reader.get(address(stock, page, **good)).content.decode()

    said = ", ".join(f"{word}={value}" for word, value in bad.items()).replace("<b>", "&lt;b&gt;")
    assert f'<p class="caption">Ignored: {said}</p>' in noted
    assert "Ignored:" not in plain
    assert "Ignored:" not in fine
    assert plain.count('aria-current="page"') == noted.count('aria-current="page"')
