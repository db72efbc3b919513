"""An upload token can be typed wrong, leak, expire or be revoked, and the server never keeps the secret itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from covdash.projects import tokens
from covdash.projects.models import Project, UploadToken

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return Project.objects.create(slug="acme/shop")


def test_a_token_has_the_published_form_and_is_accepted(project: Project) -> None:
    minted = tokens.mint(project=project, name="ci")
    assert tokens.PATTERN.fullmatch(minted.secret)
    assert len(minted.secret) == 43
    row = tokens.verify(secret=minted.secret, address="192.0.2.7")
    assert (row.project.slug, row.hint) == ("acme/shop", f"cvdu_…{minted.secret[-4:]}")


def test_only_a_keyed_digest_is_kept(project: Project) -> None:
    """A dump of the table holds neither the secret nor a digest that could be recomputed without the pepper."""
    minted = tokens.mint(project=project, name="ci")
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM projects_uploadtoken t")
        (dump,) = cursor.fetchone()
    assert minted.secret not in dump
    assert minted.secret not in repr(minted)


def test_every_wrong_character_is_found_without_asking_the_database(
    project: Project, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    secret = tokens.mint(project=project, name="ci").secret
    with django_assert_num_queries(0):
        for at in range(len(secret)):
            changed = secret[:at] + ("A" if secret[at] != "A" else "B") + secret[at + 1 :]
            with pytest.raises(tokens.TokenError) as caught:
                tokens.verify(secret=changed)
            assert caught.value.code == "bad_token"


@pytest.mark.parametrize("text", ["", "cvdu_", "x" * 43, "cvdu_" + "ä" * 38, "cvdu_" + "0" * 37, "\x00" * 43])
def test_text_that_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(tokens.TokenError) as caught:
        tokens.verify(secret=text)
    assert caught.value.code == "bad_token"


def test_a_token_of_another_server_is_unknown(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tokens.mint(project=project, name="ci").secret
    monkeypatch.setattr(settings, "COVDASH_TOKEN_PEPPERS", ["another pepper"])
    with pytest.raises(tokens.TokenError) as caught:
        tokens.verify(secret=secret)
    assert caught.value.code == "unknown_token"


def test_the_pepper_can_be_replaced_while_tokens_live_on(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tokens.mint(project=project, name="ci").secret
    monkeypatch.setattr(settings, "COVDASH_TOKEN_PEPPERS", ["new pepper", *settings.COVDASH_TOKEN_PEPPERS])
    assert tokens.verify(secret=secret).project == project


def test_revoking_works_on_the_next_request_and_says_so(project: Project) -> None:
    minted = tokens.mint(project=project, name="ci")
    tokens.revoke(token=minted.row)
    with pytest.raises(tokens.TokenError) as caught:
        tokens.verify(secret=minted.secret)
    assert caught.value.code == "revoked_token"
    assert minted.row.hint in str(caught.value)
    assert minted.secret not in str(caught.value) + caught.value.hint


def test_whoever_holds_a_token_may_kill_it(project: Project) -> None:
    minted = tokens.mint(project=project, name="ci")
    assert tokens.revoke_secret(secret=minted.secret)
    assert tokens.revoke_secret(secret=minted.secret)
    assert not tokens.revoke_secret(secret="cvdu_nonsense")
    with pytest.raises(tokens.TokenError):
        tokens.verify(secret=minted.secret)


def test_an_expired_token_is_refused_by_the_clock_of_the_database(project: Project) -> None:
    minted = tokens.mint(project=project, name="ci", lifetime=timedelta(seconds=-1))
    with pytest.raises(tokens.TokenError) as caught:
        tokens.verify(secret=minted.secret)
    assert caught.value.code == "expired_token"
    assert tokens.verify(secret=tokens.mint(project=project, name="ci", lifetime=None).secret)


def test_the_last_use_is_written_at_most_once_a_minute(
    project: Project, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    secret = tokens.mint(project=project, name="ci").secret
    with django_assert_num_queries(2):
        tokens.verify(secret=secret, address="192.0.2.7")
    with django_assert_num_queries(1):
        tokens.verify(secret=secret, address="192.0.2.8")
    row = UploadToken.objects.get()
    assert row.last_used_at is not None
    assert row.last_used_from == "192.0.2.7"
