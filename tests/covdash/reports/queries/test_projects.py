"""The list of projects: what a reader may see, sorted, searched, with the trend of the default branch."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from covdash.accounts.models import User
from covdash.projects.models import Project
from covdash.projects.registry import create_project, set_visibility
from covdash.reports.models import Upload
from covdash.reports.queries import projects
from tests.covdash.reports.stock import Stock, lines


def test_a_card_tells_of_the_default_branch(
    stock: Stock, ada: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    now = timezone.now()
    stock.report({"a.py": lines(1, 0, 0)}, at=now - timedelta(weeks=20))
    stock.report({"a.py": lines(1, 1, 0)}, at=now - timedelta(days=9, minutes=2))
    stock.report({"a.py": lines(1, 0, 1)}, at=now - timedelta(days=8))
    head = stock.report({"a.py": lines(1, 1, 0)}, at=now - timedelta(days=2))
    stock.report({"a.py": lines(0, 0, 0)}, "side")
    stock.upload(head, {}, state="failed")
    old = stock.upload(head, {}, state="failed")
    Upload.objects.filter(pk=old.pk).update(received_at=now - timedelta(days=8))

    with django_assert_num_queries(4):
        page = projects.cards(user=ada)

    (card,) = page.items
    assert (card.project.slug, card.project.role, page.after) == ("acme/platform/shop", "owner", "")
    assert card.head is not None
    assert card.head.sha == head.sha
    assert card.totals == lines(1, 1, 0).totals()
    assert card.failed_uploads == 1
    covered = [point.totals.get("lines") for point in card.trend if point.totals]
    assert [count.covered for count in covered if count] == [1, 2, 2]
    assert card.trend[0].at > now - timedelta(weeks=12, minutes=1)
    assert card.trend[-1].sha == head.sha


def test_a_trend_has_one_point_a_day(stock: Stock, ada: User) -> None:
    """The last of each day, at most 84 of them."""
    noon = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)
    for day in range(90, 0, -1):
        for hour in (0, 5):
            stock.report({"a.py": lines(*[1] * day, *[0] * hour)}, at=noon - timedelta(days=day, hours=-hour))

    (card,) = projects.cards(user=ada).items

    assert len(card.trend) == 84
    assert [point.at for point in card.trend] == sorted(point.at for point in card.trend)
    counts = [point.totals.get("lines") for point in card.trend if point.totals]
    assert all(count is not None and count.missed == 5 for count in counts[1:])
    assert counts[-1] == (1, 6)


def test_a_reader_sees_what_is_public_and_what_is_theirs(
    stock: Stock, ada: User, ben: User, cleo: User
) -> None:
    create_project(slug="open", is_public=True)

    def seen(user: User | AnonymousUser) -> list[tuple[str, str]]:
        return [(card.project.slug, card.project.role) for card in projects.cards(user=user).items]

    assert seen(ada) == [("acme/platform/shop", "owner"), ("open", "")]
    assert seen(ben) == [("acme/platform/shop", "member"), ("open", "")]
    assert seen(cleo) == seen(AnonymousUser()) == [("open", "")]
    set_visibility(project_id=stock.project.pk, is_public=True)
    assert seen(cleo) == [("acme/platform/shop", ""), ("open", "")]


@pytest.fixture
def many(ada: User) -> dict[str, Project]:
    """Three projects with reports and two without."""
    made = {slug: create_project(slug=slug, owner=ada) for slug in ("b", "a", "d", "c", "e/x")}
    Stock(made["a"]).report({"f": lines(1, 0, 0, 0)})
    Stock(made["b"]).report({"f": lines(1, 1, 1, 1, 1, 1, 0, 0)}, at=timezone.now())
    Stock(made["c"]).report({"f": lines(1)})
    return made


@pytest.mark.parametrize(
    ("sort", "wanted"),
    [
        ("", "a b c d e/x"),
        ("nonsense", "a b c d e/x"),
        ("-slug", "e/x d c b a"),
        ("missed", "c b a d e/x"),
        ("-missed", "a b c d e/x"),
        ("coverage", "a b c d e/x"),
        ("-coverage", "c b a d e/x"),
        ("-last", "b a c d e/x"),
    ],
)
def test_projects_are_sorted_and_paged_the_same(
    sort: str, wanted: str, many: dict[str, Project], ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Projects without a value stand last; pages of two join up to the whole."""
    order = wanted.split()
    assert [card.project.slug for card in projects.cards(user=ada, sort=sort).items] == order

    monkeypatch.setattr(projects, "PAGE", 2)
    seen: list[str] = []
    after = ""
    while not seen or after:
        page = projects.cards(user=ada, sort=sort, after=after)
        seen += [card.project.slug for card in page.items]
        after = page.after
    assert seen == order


def test_a_search_is_for_a_part_of_the_slug(many: dict[str, Project], ada: User) -> None:
    assert [card.project.slug for card in projects.cards(user=ada, search="E/").items] == ["e/x"]
    assert projects.cards(user=ada, search="zzz").items == ()
