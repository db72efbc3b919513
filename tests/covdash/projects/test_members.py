"""A project keeps an owner; members are added once, by the name of an account."""

from __future__ import annotations

import pytest

from covdash.accounts.models import User
from covdash.projects import members
from covdash.projects.models import Membership, Project
from covdash.projects.registry import ProjectError


def test_owners_stand_first(project: Project, ben: User, cleo: User) -> None:
    members.add_member(project_id=project.pk, username="cleo", role="maintainer")

    assert [(m.username, m.role) for m in members.listing(project_id=project.pk)] == [
        ("ada", "owner"),
        ("cleo", "maintainer"),
        ("ben", "member"),
    ]


def test_the_last_owner_stays(project: Project, ada: User, ben: User) -> None:
    """Neither leaving nor another role: first somebody else becomes an owner."""
    with pytest.raises(ProjectError, match="last owner"):
        members.remove_member(project_id=project.pk, user_id=ada.pk)
    with pytest.raises(ProjectError, match="last owner"):
        members.set_role(project_id=project.pk, user_id=ada.pk, role="maintainer")
    assert Membership.objects.get(project=project, user=ada).role == "owner"

    members.set_role(project_id=project.pk, user_id=ben.pk, role="owner")
    members.remove_member(project_id=project.pk, user_id=ada.pk)

    assert [m.username for m in members.listing(project_id=project.pk)] == ["ben"]


@pytest.mark.parametrize(
    ("username", "role", "code"),
    [("dora", "member", "unknown_user"), ("ben", "owner", "already_member"), ("cleo", "king", "unknown_role")],
)  # fmt: skip
def test_what_cannot_be_added_is_said(
    username: str, role: str, code: str, project: Project, ben: User, cleo: User
) -> None:
    with pytest.raises(ProjectError) as caught:
        members.add_member(project_id=project.pk, username=username, role=role)

    assert caught.value.code == code
    assert len(members.listing(project_id=project.pk)) == 2


def test_a_stranger_has_no_role_to_change(project: Project, cleo: User) -> None:
    for act in (
        lambda: members.set_role(project_id=project.pk, user_id=cleo.pk, role="owner"),
        lambda: members.remove_member(project_id=project.pk, user_id=cleo.pk),
    ):
        with pytest.raises(ProjectError, match="not a member"):
            act()
