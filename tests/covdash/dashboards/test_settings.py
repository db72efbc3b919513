"""Settings of a project: who gets in, what each form changes, what is shown once."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from covdash.accounts.models import User
from covdash.projects import tokens
from covdash.projects.models import Branch, Membership, Project, UploadToken

ROOT = "/p/acme/platform/shop/-/settings"
PAGES = ("general", "members", "tokens", "flags", "components", "completeness", "forks", "retention", "file")
FORMS = (
    "general/branch",
    "general/visibility",
    "general/delete",
    "members/add",
    "members/1",
    "tokens/make",
    "tokens/1/revoke",
    "retention/save",
    "retention/count",
)
OWN_PAGE = ("flags", "components", "completeness", "forks")
"""Forms that are sent to the address of their page."""
MAX_QUERIES = 10


@pytest.fixture
def owner(client: Client, ada: User, project: Project) -> Client:
    """A browser in which ada is signed in."""
    client.force_login(ada)
    return client


@pytest.fixture
def maintainer(client: Client, ben: User) -> Client:
    """A browser in which ben, made a maintainer, is signed in."""
    Membership.objects.filter(user=ben).update(role=Membership.Role.MAINTAINER)
    client.force_login(ben)
    return client


def test_strangers_find_nothing(client: Client, project: Project, cleo: User) -> None:
    client.force_login(cleo)

    assert {client.get(f"{ROOT}/{page}").status_code for page in PAGES} == {404}
    assert {client.post(f"{ROOT}/{form}").status_code for form in (*FORMS, *OWN_PAGE)} == {404}


def test_members_are_told_which_right_they_lack(client: Client, ben: User) -> None:
    client.force_login(ben)

    for page in PAGES:
        answer = client.get(f"{ROOT}/{page}")
        assert answer.status_code == 403
        assert "An owner can give you the role." in answer.content.decode()
    assert {client.post(f"{ROOT}/{form}").status_code for form in (*FORMS, *OWN_PAGE)} == {403}


def test_a_maintainer_has_settings_and_tokens_but_not_members(maintainer: Client) -> None:
    text = maintainer.get(f"{ROOT}/general").content.decode()

    assert f"{ROOT}/tokens" in text
    assert f"{ROOT}/members" not in text
    assert "Delete this project" not in text
    assert "Who may read this project" not in text
    for form in ("general/visibility", "general/delete", "members/add"):
        assert maintainer.post(f"{ROOT}/{form}").status_code == 403


def test_the_signed_out_are_asked_to_sign_in_where_the_project_is_public(
    client: Client, project: Project
) -> None:
    assert client.get(f"{ROOT}/tokens").status_code == 404
    Project.objects.update(is_public=True)

    assert client.get(f"{ROOT}/tokens").headers["Location"] == f"/login?next={ROOT}/tokens"


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_cheap(
    owner: Client, page: str, django_assert_max_num_queries: Callable[..., object]
) -> None:
    with django_assert_max_num_queries(MAX_QUERIES):  # type: ignore[attr-defined]
        assert owner.get(f"{ROOT}/{page}").status_code == 200


def test_the_default_branch_is_one_that_uploads_named(owner: Client, project: Project) -> None:
    Branch.objects.create(project=project, name="release/2.x")

    owner.post(f"{ROOT}/general/branch", {"default_branch": "release/2.x"})
    refused = owner.post(f"{ROOT}/general/branch", {"default_branch": "nowhere"})

    project.refresh_from_db()
    assert project.default_branch == "release/2.x"
    assert refused.status_code == 200


def test_making_a_project_public_is_typed_and_closing_it_is_not(owner: Client, project: Project) -> None:
    refused = owner.post(f"{ROOT}/general/visibility", {"visibility": "public"})
    project.refresh_from_db()
    assert not project.is_public
    assert "Type the slug" in refused.content.decode()

    owner.post(f"{ROOT}/general/visibility", {"visibility": "public", "confirm": project.slug})
    project.refresh_from_db()
    assert project.is_public

    owner.post(f"{ROOT}/general/visibility", {"visibility": "private"})
    project.refresh_from_db()
    assert not project.is_public


def test_deleting_needs_the_slug(owner: Client, project: Project) -> None:
    assert "Nothing was deleted" in owner.post(f"{ROOT}/general/delete", {"confirm": "acme"}).content.decode()
    assert Project.objects.exists()

    answer = owner.post(f"{ROOT}/general/delete", {"confirm": project.slug}, follow=True)

    assert not Project.objects.exists()
    assert "acme/platform/shop was deleted" in answer.content.decode()


def test_members_come_change_and_go(owner: Client, project: Project, cleo: User) -> None:
    owner.post(f"{ROOT}/members/add", {"username": "cleo", "role": "member"})
    assert project.memberships.get(user=cleo).role == "member"

    owner.post(f"{ROOT}/members/{cleo.pk}", {"role": "owner"})
    assert project.memberships.get(user=cleo).role == "owner"

    answer = owner.post(f"{ROOT}/members/{User.objects.get(username='ada').pk}", {"role": "remove"})
    assert answer.headers["Location"] == "/"
    assert not project.memberships.filter(user__username="ada").exists()


def test_the_last_owner_stays(owner: Client, ada: User, project: Project) -> None:
    for role in ("remove", "member"):
        answer = owner.post(f"{ROOT}/members/{ada.pk}", {"role": role}, follow=True)
        assert "last owner" in answer.content.decode()
    assert project.memberships.get(user=ada).role == "owner"


def test_only_an_operator_makes_an_account_on_the_way(owner: Client, ada: User, project: Project) -> None:
    wish = {"username": "erin", "role": "member", "make_account": "on"}

    assert "There is no account" in owner.post(f"{ROOT}/members/add", wish).content.decode()
    assert not User.objects.filter(username="erin").exists()

    User.objects.filter(pk=ada.pk).update(is_superuser=True)
    text = owner.post(f"{ROOT}/members/add", wish).content.decode()
    password = re.search(r"<code>([^<]{16,})</code>", text)
    assert password
    assert User.objects.get(username="erin").check_password(password.group(1))
    assert password.group(1) not in owner.get(f"{ROOT}/members").content.decode()


def test_a_token_is_shown_once_and_works(owner: Client, project: Project) -> None:
    answer = owner.post(f"{ROOT}/tokens/make", {"name": "CI <b>", "expires": "90"})

    secret = re.search(r"<code>(cvdu_\w{38})</code>", answer.content.decode())
    assert secret
    row = tokens.verify(secret=secret.group(1))
    assert row.project == project
    assert row.expires_at is not None
    assert timedelta(days=89) < row.expires_at - timezone.now() < timedelta(days=91)
    assert "no-store" in answer.headers["Cache-Control"]
    later = owner.get(f"{ROOT}/tokens").content.decode()
    assert secret.group(1) not in later
    assert "CI &lt;b&gt;" in later
    assert "never used" not in later  # verify() above used it


def test_a_token_may_never_expire_and_needs_a_name(owner: Client) -> None:
    owner.post(f"{ROOT}/tokens/make", {"name": "for ever", "expires": ""})
    refused = owner.post(f"{ROOT}/tokens/make", {"name": "", "expires": "90"})

    assert UploadToken.objects.get().expires_at is None
    assert 'class="wrong"' in refused.content.decode()


def test_a_revoked_token_is_refused_from_then_on(owner: Client, project: Project) -> None:
    minted = tokens.mint(project=project, name="old")

    answer = owner.post(f"{ROOT}/tokens/{minted.row.pk}/revoke", follow=True)

    assert "The token old was revoked" in answer.content.decode()
    with pytest.raises(tokens.TokenError, match="was revoked"):
        tokens.verify(secret=minted.secret)


def test_a_token_of_another_project_cannot_be_revoked_from_here(owner: Client, cleo: User) -> None:
    other = tokens.mint(project=Project.objects.create(slug="other"), name="theirs")

    answer = owner.post(f"{ROOT}/tokens/{other.row.pk}/revoke", follow=True)

    assert "no such token" in answer.content.decode()
    assert tokens.verify(secret=other.secret)


def test_an_old_sign_in_is_confirmed_and_the_form_goes_on(client: Client, project: Project) -> None:
    """Security 2.5: tokens and members need a sign-in of the last 15 minutes; what was sent is not lost."""
    dora = User.objects.create_user("dora", "dora@example.org", "a-long-enough-passphrase")
    Membership.objects.create(project=project, user=dora, role=Membership.Role.OWNER)
    client.force_login(dora)

    asked = client.post(f"{ROOT}/tokens/make", {"name": "later", "expires": "90"})
    assert (
        asked.headers["Location"]
        == "/account/confirm?next=%2Fp%2Facme%2Fplatform%2Fshop%2F-%2Fsettings%2Ftokens%2Fmake"
    )
    assert not UploadToken.objects.exists()

    done = client.post(
        asked.headers["Location"], {"password": "a-long-enough-passphrase", "next": f"{ROOT}/tokens/make"}
    )
    assert "cvdu_" in done.content.decode()
    assert UploadToken.objects.get().name == "later"


def test_a_fresh_sign_in_is_recent_enough(
    client: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    dora = User.objects.create_user("dora", "dora@example.org", "a-long-enough-passphrase")
    Membership.objects.create(project=project, user=dora, role=Membership.Role.OWNER)
    client.post("/login", {"login": "dora", "password": "a-long-enough-passphrase"})

    assert client.post(f"{ROOT}/tokens/make", {"name": "now", "expires": "90"}).status_code == 200
    later = time.time() + 16 * 60
    monkeypatch.setattr(time, "time", lambda: later)
    assert client.post(f"{ROOT}/tokens/make", {"name": "later", "expires": "90"}).status_code == 302


def test_a_get_changes_nothing(owner: Client, project: Project) -> None:
    before = list(Membership.objects.values()), list(Project.objects.values())

    assert {owner.get(f"{ROOT}/{form}").status_code for form in FORMS} == {405}
    assert {owner.get(f"{ROOT}/{page}?do=save").status_code for page in PAGES} == {200}
    assert (list(Membership.objects.values()), list(Project.objects.values())) == before
