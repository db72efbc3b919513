"""A token of a group sends to every project below it and to none beside it; unknown projects are refused, or made if so set."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from covdash.accounts.models import User
from covdash.projects import access, tokens
from covdash.projects.models import FormerSlug, Membership, Project, UploadToken
from covdash.projects.registry import create_project
from covdash.reports.models import Upload
from tests.factories.uploads import SHA, lcov

REPORT = lcov({"a.py": {1: 1}})


class Group:
    """A CI that holds one token for all projects of `acme/platform`."""

    def __init__(self, created_by: User | None) -> None:
        self.minted = tokens.mint(project=None, group="acme/platform", name="org", created_by=created_by)
        self.client = Client()

    def send(self, project: str | None, secret: str = "") -> Any:
        query = {"commit": SHA, "branch": "main"} | ({} if project is None else {"project": project})
        headers = {"Authorization": f"Bearer {secret or self.minted.secret}"}
        return self.client.post(
            "/api/v1/uploads", data=REPORT, content_type="text/plain", query_params=query, headers=headers
        )

    def status(self, upload: str) -> int:
        headers = {"Authorization": f"Bearer {self.minted.secret}"}
        return self.client.get(f"/api/v1/uploads/{upload}", headers=headers).status_code


@pytest.fixture
def group(ada: User) -> Group:
    return Group(ada)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_it_sends_to_the_projects_of_its_group_and_sees_how_that_goes(group: Group, project: Project) -> None:
    answer = group.send("/acme/platform/shop/ ")

    assert answer.status_code == 202
    upload = Upload.objects.get()
    assert upload.project == project
    assert group.status(answer.json()["id"]) == 200
    Project.objects.update(slug="elsewhere/shop")
    assert group.status(answer.json()["id"]) == 404


@pytest.mark.parametrize(
    "slug", ["acme/other", "acme/platform", "acme/platformer/shop", "acme", "platform/shop"]
)
def test_it_sends_to_none_beside_its_group(group: Group, slug: str, settings: Settings) -> None:
    """Also where projects would be made."""
    settings.COVDASH_UNKNOWN_PROJECTS = "create"
    create_project(slug=slug)

    answer = group.send(slug)

    assert code(answer) == (403, "wrong_project")
    assert "acme/platform/" in answer.json()["error"]["hint"]
    assert not Upload.objects.exists()


@pytest.mark.parametrize("slug", [None, "", "  ", "/"])
def test_it_says_which_project_it_means(group: Group, slug: str | None) -> None:
    answer = group.send(slug)

    assert code(answer) == (400, "missing_field")
    assert "acme/platform/" in answer.json()["error"]["hint"]


def test_an_unknown_project_is_refused_by_default(group: Group) -> None:
    answer = group.send("acme/platform/new")

    assert code(answer) == (404, "unknown_project")
    assert "COVDASH_UNKNOWN_PROJECTS=create" in answer.json()["error"]["hint"]
    assert not Project.objects.exists()


def test_an_unknown_project_is_made_where_the_server_says_so(
    group: Group, ada: User, cleo: User, settings: Settings
) -> None:
    """It is private, and who made the token owns it."""
    settings.COVDASH_UNKNOWN_PROJECTS = "create"

    assert group.send("acme/platform/new").status_code == 202
    assert group.send("acme/platform/new").status_code in {200, 202}

    made = Project.objects.get()
    assert (made.slug, made.is_public) == ("acme/platform/new", False)
    assert access.find(user=ada, slug=made.slug) is not None
    assert access.find(user=cleo, slug=made.slug) is None
    assert code(group.send("acme/platform/a b")) == (400, "bad_slug")


def test_what_a_token_of_the_command_line_makes_belongs_to_the_first_administrator(
    db: None, settings: Settings
) -> None:
    settings.COVDASH_UNKNOWN_PROJECTS = "create"
    admin = User.objects.create_superuser("root", "root@example.org", "a-long-enough-passphrase")

    assert Group(None).send("acme/platform/new").status_code == 202

    assert Membership.objects.get().user == admin


def test_a_renamed_project_is_found_by_the_slug_it_had(
    group: Group, project: Project, settings: Settings
) -> None:
    """No second project appears under the old name, and its own token may still say it."""
    settings.COVDASH_UNKNOWN_PROJECTS = "create"
    own = tokens.mint(project=project, name="ci").secret
    FormerSlug.objects.create(slug="acme/platform/old", project=project)

    assert group.send("acme/platform/old").status_code == 202
    assert group.send("acme/platform/old", own).status_code in {200, 202}
    assert code(group.send("acme/platform/older", own)) == (403, "wrong_project")
    assert Project.objects.count() == 1


def test_a_revoked_token_is_refused(group: Group, project: Project) -> None:
    tokens.revoke(token=group.minted.row)

    assert code(group.send(project.slug)) == (401, "revoked_token")
    assert UploadToken.objects.get().project is None
