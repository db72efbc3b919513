"""Who reads the API: members, everybody what is public, a stranger nothing, an upload token nothing."""

from __future__ import annotations

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.projects.registry import set_visibility
from covdash.projects.tokens import mint
from tests.covdash.reports.stock import Stock, lines

ROOT = "/api/v1/projects"
ADDRESSES = [
    "/", "", "/commits", "/commits/{sha}", "/commits/{sha}/tree", "/commits/{sha}/files/a.py", "/trend", "/branches", "/uploads",
    "/uploads/{upload}",
]  # fmt: skip


@pytest.fixture
def addresses(stock: Stock) -> list[str]:
    """Every address of the project, with and without the lone `-`."""
    commit = stock.commit()
    upload = stock.upload(commit, {"a.py": lines(1, 0)})
    stock.assemble(commit)
    filled = [rest.format(sha=commit.sha, upload=upload.pk) for rest in ADDRESSES]
    return [f"{ROOT}/{stock.project.slug}{dash}{rest}" for rest in filled for dash in ("", "/-")]


def test_members_read_everything(addresses: list[str], client: Client, ada: User, ben: User) -> None:
    for user in (ada, ben):
        client.force_login(user)
        for address in addresses:
            answer = client.get(address)
            assert answer.status_code == 200, address
            assert answer["Content-Type"] == "application/json"
            assert answer["Cache-Control"] == "private, no-cache"
            assert "Cookie" in answer["Vary"]


def test_a_stranger_cannot_tell_private_from_nothing(
    addresses: list[str], client: Client, stock: Stock, cleo: User
) -> None:
    """Not by status, not by body, not by a header; signed in or not, with an upload token of the project or not."""
    token = mint(project=stock.project, name="ci").secret
    cleo.is_superuser = True
    cleo.save()
    for headers in ({}, {"Authorization": f"Bearer {token}"}, {"Authorization": f"token {token}"}):
        for user in (None, cleo):
            client.logout()
            if user is not None:
                client.force_login(user)
            for address in addresses:
                private = client.get(address, headers=headers)
                nothing = client.get(address.replace("shop", "shed"), headers=headers)
                assert private.status_code == nothing.status_code == 404, address
                assert private.content == nothing.content
                # Every request has an id of its own, which says nothing of what was asked for.
                assert private.headers.pop("X-Request-ID") != nothing.headers.pop("X-Request-ID")
                assert dict(private.headers) == dict(nothing.headers)
                assert private.json()["error"]["code"] == "not_found"


def test_everybody_reads_what_is_public(addresses: list[str], client: Client, stock: Stock) -> None:
    set_visibility(project_id=stock.project.pk, is_public=True)

    for address in addresses:
        assert client.get(address).status_code == 200, address


def test_the_list_names_what_the_reader_may_see(
    addresses: list[str], client: Client, ada: User, cleo: User
) -> None:
    client.force_login(cleo)
    assert client.get(ROOT).json() == {"items": [], "next": None}
    client.force_login(ada)
    assert [item["slug"] for item in client.get(ROOT).json()["items"]] == ["acme/platform/shop"]


def test_nothing_is_written_here(addresses: list[str], client: Client, ada: User) -> None:
    client.force_login(ada)
    for method in (client.post, client.put, client.patch, client.delete, client.options):
        answer = method(addresses[0])
        assert answer.status_code == 405
        assert answer.json()["error"]["code"] == "method_not_allowed"
