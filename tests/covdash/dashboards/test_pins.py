"""Pinned projects: they stand first in every order and on every page of the list, for nobody but the one who pinned them."""

from __future__ import annotations

import re
from itertools import chain, combinations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from covdash.accounts.models import User
from covdash.projects import pins
from covdash.projects.models import Membership, Pin, Project
from covdash.projects.registry import create_project, delete_project, rename_project
from covdash.reports.queries import projects as queries
from covdash.reports.queries import search
from tests.covdash.dashboards.test_projects import MAX_QUERIES, report, slugs
from tests.covdash.dashboards.test_projects_orders import get, walked

SLUGS = ("acme/a", "acme/b", "acme/c", "d", "new")


@pytest.fixture
def five(ada: User, client: Client) -> dict[str, Project]:
    """Five projects of Ada, who is signed in; the last has no report, two have equal ones."""
    made = {slug: create_project(slug=slug, owner=ada) for slug in SLUGS}
    for slug, counts in zip(SLUGS[:4], (((1, 9), (2, 9)), ((5, 9),), ((5, 9),), ((9, 9),)), strict=True):
        report(made[slug], *counts)
    client.force_login(ada)
    return made


def send(client: Client, slug: str, do: str = "pin", back: str = "/") -> int:
    """Press a button of the list; returns the status."""
    answer = client.post(f"/p/{slug}/-/pin", {"do": do, "back": back})
    assert answer.status_code == 404 or answer["Location"] == back
    return answer.status_code


@pytest.mark.parametrize("sort", ["slug", "-slug", "-missed", "changed"])
def test_every_choice_of_pins_pages_through_all_projects_once(
    sort: str, five: dict[str, Project], ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All 32 of them: the pinned ones first, and both parts in the order that stands without pins."""
    plain = [card.project.slug for card in queries.cards(user=ada, sort=sort).items]
    monkeypatch.setattr(queries, "PAGE", 2)
    for chosen in chain.from_iterable(combinations(SLUGS, number) for number in range(6)):
        Pin.objects.all().delete()
        for slug in chosen:
            pins.pin(project_id=five[slug].pk, user=ada)
        seen: list[tuple[str, bool]] = []
        after = ""
        while not seen or after:
            page = queries.cards(user=ada, sort=sort, after=after, pinned_first=True)
            seen += [(card.project.slug, card.is_pinned) for card in page.items]
            after = page.after
        assert seen == sorted(((slug, slug in chosen) for slug in plain), key=lambda one: not one[1]), chosen


def test_a_button_pins_and_unpins_and_leads_back(five: dict[str, Project], client: Client) -> None:
    """To the list as it was narrowed, ordered and paged; twice is once."""
    place = "/?q=a&owner=acme&sort=-slug"
    body = get(client, f"{place}&part=rows")
    assert f'name="back" value="{place.replace("&", "&amp;")}"' in body
    assert 'formaction="/p/acme/a/-/pin" name="do" value="pin">Pin<span' in body

    assert [send(client, "acme/a", back=place) for _ in range(2)] == [302, 302]

    body = get(client, place)
    assert slugs(body) == ["acme/a", "acme/c", "acme/b"]
    row = body.partition("<tbody")[2].partition("</tr>")[0]
    assert '<span class="tag">pinned</span>' in row
    assert re.search(r'value="unpin">Unpin<span class="visually-hidden"> acme/a</span>', row)
    group = get(client, "/o/acme/?sort=-slug").partition('id="pins"')[2]
    assert slugs(group) == ["acme/a", "acme/c", "acme/b"]
    assert 'name="back" value="/o/acme/?sort=-slug"' in group
    send(client, "acme/a", "unpin", place)
    assert slugs(get(client, place)) == ["acme/c", "acme/b", "acme/a"]


def test_pages_of_the_list_join_with_pins(
    five: dict[str, Project], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE", 2)
    for slug in ("new", "d", "acme/b"):
        send(client, slug)

    assert walked(client, "/?sort=slug") == ["acme/b", "d", "new", "acme/a", "acme/c"]
    asked = client.get("/api/v1/projects?sort=slug").json()
    assert [item["slug"] for item in asked["items"]] == ["acme/a", "acme/b"], "programs get the plain order"


def test_a_later_page_is_where_its_button_leads_back_to(
    five: dict[str, Project], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE", 2)
    door = re.search(r'href="(\?[^"]+)" rel="next"', get(client, "/?sort=slug"))
    assert door is not None

    page = get(client, f"/{door[1].replace('&amp;', '&')}")

    back = re.search(r'name="back" value="([^"]+)"', page)
    assert back is not None
    assert slugs(get(client, back[1].replace("&amp;", "&"))) == slugs(page) == ["acme/c", "d"]


def test_pins_are_nobody_elses(five: dict[str, Project], client: Client, ada: User, cleo: User) -> None:
    """Others see the plain order, whoever is signed out sees no button, and none of it asks more of the database."""
    Project.objects.update(is_public=True)
    for project in (five["d"], five["new"]):
        pins.pin(project_id=project.pk, user=ada)
    get(client, "/")
    with CaptureQueriesContext(connection) as asked:
        assert slugs(get(client, "/?sort=changed"))[:2] == ["d", "new"]
    assert len(asked) <= MAX_QUERIES
    assert [hit.key for hit in search.projects(user=ada, text="")][:3] == ["d", "new", "acme/a"]
    assert [hit.key for hit in search.projects(user=AnonymousUser(), text="")] == list(SLUGS)
    client.force_login(cleo)
    assert slugs(get(client, "/?sort=slug")) == list(SLUGS)
    client.logout()
    body = get(client, "/?sort=slug")
    assert slugs(body) == list(SLUGS)
    assert '<button class="quiet"' not in body
    assert "csrfmiddlewaretoken" not in body


def test_who_may_not_see_a_project_may_not_pin_it(
    five: dict[str, Project], client: Client, cleo: User
) -> None:
    client.force_login(cleo)
    assert send(client, "acme/a") == send(client, "nowhere") == 404
    client.logout()
    assert send(client, "acme/a") == 404
    Project.objects.filter(slug="acme/a").update(is_public=True)
    answer = client.post("/p/acme/a/-/pin", {"do": "pin", "back": "/?sort=slug"})
    assert answer["Location"] == "/login?next=/%3Fsort%3Dslug"
    assert client.get("/p/acme/a/-/pin").status_code == 405
    assert not Pin.objects.exists()


def test_a_pin_opens_nothing(five: dict[str, Project], client: Client, cleo: User, ada: User) -> None:
    """A project that one may no longer see is neither listed nor found by its pin."""
    member = Membership.objects.create(project=five["d"], user=cleo, role=Membership.Role.MEMBER)
    client.force_login(cleo)
    send(client, "d")
    member.delete()

    assert slugs(get(client, "/")) == []
    assert search.projects(user=cleo, text="") == ()
    assert send(client, "d", "unpin") == 404


def test_a_form_from_elsewhere_pins_nothing(five: dict[str, Project], ada: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ada)

    assert strict.post("/p/d/-/pin", {"do": "pin"}).status_code == 403
    assert not Pin.objects.exists()


@pytest.mark.parametrize(
    "back", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "d", ""]
)
def test_no_form_leads_elsewhere(back: str, five: dict[str, Project], client: Client) -> None:
    assert client.post("/p/d/-/pin", {"do": "pin", "back": back})["Location"] == "/"


def test_pins_go_with_their_project_and_user_and_survive_a_new_name(
    five: dict[str, Project], ada: User, cleo: User, client: Client
) -> None:
    for user in (ada, cleo):
        for slug in ("d", "new"):
            pins.pin(project_id=five[slug].pk, user=user)

    rename_project(project_id=five["d"].pk, slug="zoo/d")
    assert slugs(get(client, "/?sort=slug"))[:2] == ["new", "zoo/d"]
    delete_project(project_id=five["new"].pk)
    assert set(Pin.objects.values_list("user__username", "project__slug")) == {
        ("ada", "zoo/d"), ("cleo", "zoo/d"),
    }  # fmt: skip
    cleo.delete()
    assert Pin.objects.get().user == ada
