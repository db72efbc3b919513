"""Who sees what: owners and members their project, everybody a public one, a stranger nothing at all."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from pytest_django import DjangoAssertNumQueries

from covdash.accounts.models import User
from covdash.projects import access
from covdash.projects.models import Membership, Project
from covdash.projects.registry import set_visibility


@pytest.mark.parametrize(("name", "role"), [("ada", "owner"), ("ben", "member")])
def test_members_find_the_project_with_their_role(
    name: str, role: str, project: Project, request: pytest.FixtureRequest,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    user = request.getfixturevalue(name)

    with django_assert_num_queries(1):
        found = access.find(user=user, slug="acme/platform/shop")

    assert found is not None
    assert (found.id, found.slug, found.is_public, found.role) == (
        project.pk,
        "acme/platform/shop",
        False,
        role,
    )
    assert list(access.visible(user=user)) == [project]


def test_a_stranger_finds_nothing(project: Project, ben: User, cleo: User) -> None:
    """A private project and one that is not there are the same to cleo, to an operator and to nobody."""
    cleo.is_superuser = True
    for user in (cleo, AnonymousUser()):
        assert access.find(user=user, slug=project.slug) is None
        assert access.find(user=user, slug="acme/other") is None
        assert not access.visible(user=user).exists()


def test_everybody_reads_a_public_project(project: Project, ada: User, ben: User, cleo: User) -> None:
    set_visibility(project_id=project.pk, is_public=True)

    for user in (cleo, AnonymousUser()):
        found = access.find(user=user, slug=project.slug)
        assert found is not None
        assert (found.role, found.is_public) == ("", True)
        assert access.rights(found.role) == {"read"}
        assert list(access.visible(user=user)) == [project]
    found = access.find(user=ada, slug=project.slug)
    assert found is not None
    assert found.role == "owner"
    assert list(access.visible(user=ada)) == [project]


def test_rights_grow_with_the_role() -> None:
    """Each role may do all that the one below it may; only owners decide who may read and delete."""
    member, maintainer, owner = (
        access.rights(role)
        for role in (Membership.Role.MEMBER, Membership.Role.MAINTAINER, Membership.Role.OWNER)
    )

    assert access.rights("") < member < maintainer < owner
    assert owner == {"read", "upload", "settings", "members", "tokens", "delete"}
    assert owner - maintainer == {"members", "delete"}
    assert access.rights("operator") == access.rights("")
