"""Signing in and out, changing the password, confirming oneself: the pages work, keep `next`, and tell a stranger nothing."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from covdash.accounts.models import User

PASSWORD = "a-long-enough-passphrase"


@pytest.fixture
def dora(db: None) -> User:
    """Has a password, unlike the cast."""
    cache.clear()
    return User.objects.create_user("dora", "dora@example.org", PASSWORD)


def sign_in(client: Client, password: str = PASSWORD, **words: str) -> str:
    answer = client.post("/login", {"login": "dora", "password": password, **words})
    return answer.headers.get("Location", "") or answer.content.decode()


def told(page: str) -> str:
    """What a page tells: all of it but the name that was typed and the masked token of the form."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.replace("nobody", "dora"))


def test_signing_in_goes_on_to_next(client: Client, dora: User) -> None:
    page = client.get("/login?next=/p/acme/shop/")

    assert 'name="next" value="/p/acme/shop/"' in page.content.decode()
    assert sign_in(client, next="/p/acme/shop/") == "/p/acme/shop/"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_next_never_leaves_the_site(client: Client, dora: User, elsewhere: str) -> None:
    assert sign_in(client, next=elsewhere) == "/"


def test_wrong_password_and_unknown_name_read_the_same(client: Client, dora: User) -> None:
    wrong = client.post("/login", {"login": "dora", "password": "not-the-passphrase"})
    unknown = client.post("/login", {"login": "nobody", "password": "not-the-passphrase"})

    assert wrong.status_code == unknown.status_code == 200
    assert "not correct" in wrong.content.decode()
    assert told(wrong.content.decode()) == told(unknown.content.decode())


def test_signing_out_asks_and_clears_the_browser(client: Client, dora: User) -> None:
    sign_in(client)

    assert "signed in as <strong>dora" in client.get("/logout").content.decode()
    assert "dora" in client.get("/").content.decode()
    answer = client.post("/logout")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "dora" not in client.get("/").content.decode()


def test_the_password_can_be_changed(client: Client, dora: User) -> None:
    sign_in(client)
    assert client.get("/account/password").status_code == 200
    new = "another-good-passphrase"

    client.post("/account/password", {"oldpassword": PASSWORD, "password1": new, "password2": new})

    dora.refresh_from_db()
    assert dora.check_password(new)


def test_the_account_is_one_page(client: Client, dora: User) -> None:
    """A stranger signs in first and comes back to it; the menu of each page leads there."""
    assert client.get("/me")["Location"] == "/login?next=/me"
    sign_in(client)
    assert '<a href="/me">' in client.get("/").content.decode()
    text = client.get("/me").content.decode()
    assert "dora" in text
    for way in ('href="/account/password"', "data-keys-switch", 'href="/help#keys"'):
        assert way in text
    assert client.post("/me").status_code == 405


def test_nobody_signs_up_alone(client: Client, db: None) -> None:
    words = {"username": "eve", "password1": PASSWORD, "password2": PASSWORD}

    assert "made by operators" in client.get("/signup").content.decode()
    client.post("/signup", words)
    assert not User.objects.filter(username="eve").exists()


def test_pages_of_people_are_not_stored(client: Client, dora: User) -> None:
    assert "no-store" in client.get("/login").headers["Cache-Control"]
    sign_in(client)
    for address in ("/logout", "/me", "/account/password", "/account/confirm"):
        assert "no-store" in client.get(address).headers.get("Cache-Control", ""), address


def test_guessing_is_slowed_down_in_words(client: Client, dora: User, settings: Settings) -> None:
    """Five wrong passwords for a name; then the right one waits too.

    Counted in the memory of this process: on a busy machine a count may move between cache and memory, which `test_cache.py` is for.
    """
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    answers = [
        client.post("/login", {"login": "dora", "password": f"wrong-passphrase-{number}"}).content.decode()
        for number in range(6)
    ]

    assert ["Too many" in answer for answer in answers] == [False] * 5 + [True]
    assert "sessionid" not in client.cookies
    assert sign_in(client) != "/"
