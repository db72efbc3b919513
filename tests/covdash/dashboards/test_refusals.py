"""Whoever lacks a right is told which, and who can give it; names of owners are for members."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.dashboards.views import doors
from covdash.projects.models import Membership, Project

PLACE = Place("acme/platform/shop")


def said(client: Client, section: str = "tokens") -> str:
    answer = client.get(PLACE.settings(section))
    assert answer.status_code == 403
    found = re.search(r'<p class="lead">(.*?)</p>', answer.content.decode())
    assert found
    return found[1].replace("\u2068", "").replace("\u2069", "")


@pytest.mark.parametrize("section", ["general", "tokens", "members"])
def test_a_member_learns_who_can_give_the_right(client: Client, ada: User, ben: User, section: str) -> None:
    client.force_login(ben)
    assert said(client, section).endswith("An owner can give you the role. Owner of this project: ada.")


def test_several_owners_are_named_up_to_a_limit(
    client: Client, ben: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who cannot sign in can give nothing; maintainers cannot either."""
    for name, role, active in (("dan", "owner", True), ("eve", "owner", False), ("fay", "maintainer", True)):
        user = User.objects.create_user(name, f"{name}@example.org", is_active=active)
        Membership.objects.create(project=project, user=user, role=role)
    client.force_login(ben)
    assert said(client).endswith("Owners of this project: ada, dan.")
    monkeypatch.setattr(doors, "OWNERS", 1)
    assert said(client).endswith("Owners of this project: ada and 1 more.")


def test_a_reader_of_a_public_project_learns_no_name(client: Client, cleo: User, project: Project) -> None:
    Project.objects.update(is_public=True)
    client.force_login(cleo)
    assert said(client).endswith("An owner can give you the role.")
