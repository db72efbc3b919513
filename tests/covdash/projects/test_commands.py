"""The commands beside a running server print exactly what a script needs, and refuse in one sentence."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from covdash.accounts.models import User
from covdash.projects.models import Project
from covdash.projects.tokens import verify


def printed(*command: str) -> str:
    """Run a command and return what it prints."""
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


def test_a_project_and_its_token(db: None) -> None:
    assert printed("create_project", "acme/shop", "--public") == "acme/shop\n"
    token = printed("create_token", "acme/shop", "--name", "nightly")

    assert token.endswith("\n")
    row = verify(secret=token[:-1])
    assert (row.project.slug, row.project.is_public, row.name) == ("acme/shop", True, "nightly")


def test_a_token_of_a_group(db: None) -> None:
    row = verify(secret=printed("create_token", "--group", "/acme/platform/", "--name", "org").strip())

    assert (row.project, row.group, row.name) == (None, "acme/platform", "org")


def test_the_admin_can_sign_in_and_owns_what_nobody_owned(db: None) -> None:
    printed("create_project", "early")

    name, password = printed("create_admin").split()
    printed("create_project", "late")

    admin = authenticate(None, username=name, password=password)
    assert isinstance(admin, User)
    assert (name, admin.is_superuser) == ("admin", True)
    owned = Project.objects.filter(memberships__user=admin, memberships__role="owner")
    assert {project.slug for project in owned} == {"early", "late"}


def test_an_owner_can_be_named(cleo: User) -> None:
    printed("create_project", "mine", "--owner", "cleo")

    assert Project.objects.get(memberships__user=cleo).slug == "mine"


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("create_project", "a//b"), "cannot be part of a slug"),
        (("create_project", "acme/platform/shop"), "already"),
        (("create_project", "new", "--owner", "dora"), "no account 'dora'"),
        (("create_token", "nothing"), "create_project nothing"),
        (("create_token",), "--group GROUP"),
        (("create_token", "acme/platform/shop", "--group", "acme"), "--group GROUP"),
        (("create_token", "--group", "a//b"), "cannot be part of a slug"),
        (("create_admin", "--username", "ada"), "already"),
        (("create_admin", "--username", "a b"), "cannot be a name"),
    ],
)
def test_mistakes_are_one_sentence(command: tuple[str, ...], sentence: str, project: Project) -> None:
    with pytest.raises(CommandError, match=sentence) as caught:
        printed(*command)

    assert caught.value.returncode == 1
    assert "\n" not in str(caught.value)
    assert Project.objects.count() == 1
