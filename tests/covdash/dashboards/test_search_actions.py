"""The search finds actions by name: they are buttons of a form, which works without script and leads back to where the reader was."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.projects.models import Project

SLUG = "acme/platform/shop"
KEYS = [("keys", ""), ("keys", "off")]
THEMES = [("theme", ""), ("theme", "light"), ("theme", "dark")]


def actions(client: Client, text: str, **words: str) -> list[tuple[str, str]]:
    answer = client.get("/search", {"q": text, **words})
    assert answer.status_code == 200
    return re.findall(
        r'<button type="submit" class="button" name="(\w+)" value="(\w*)" data-row', answer.content.decode()
    )


def pages(client: Client, text: str, **words: str) -> list[str]:
    answer = client.get("/search", {"q": text, **words})
    return re.findall(r'<a href="([^"]*)" data-row data-hit>', answer.content.decode())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (">", [*THEMES, *KEYS]),
        ("toggle theme", THEMES),
        (">Theme", THEMES),
        ("dark", [("theme", "dark")]),
        ("theme sys", [("theme", "")]),
        ("keyboard shortcuts", KEYS),
        (">single off", [("keys", "off")]),
        (">trends", []),
        ("f:dark", []),
        ("", []),
        ("hema", []),
    ],
)
@pytest.mark.parametrize("part", ["", "results"])
def test_actions_are_found(
    db: None, client: Client, text: str, found: list[tuple[str, str]], part: str
) -> None:
    """By the beginning of any of their words, on the page as in the dialog, also by who is not signed in."""
    assert actions(client, text, part=part) == found


@pytest.mark.parametrize(
    ("word", "value", "said"), [("theme", "dark", "Theme: dark."), ("keys", "off", "Single keys: off.")]
)
def test_an_action_is_kept_and_leads_back(db: None, client: Client, word: str, value: str, said: str) -> None:
    answer = client.post("/preferences", {word: value}, headers={"Referer": "http://testserver/help#keys"})

    assert answer["Location"] == "http://testserver/help#keys"
    cookie = client.cookies[f"covdash-{word}"]
    assert (cookie.value, cookie["path"], cookie["samesite"]) == (value, "/", "Lax")
    assert not cookie["httponly"]
    assert int(cookie["max-age"]) > 0
    body = client.get("/help").content.decode()
    assert said in body
    assert ('data-theme="dark"' in body) == (word == "theme")
    client.post("/preferences", {word: ""})
    assert client.cookies[f"covdash-{word}"]["max-age"] == 0


@pytest.mark.parametrize("word", ["theme", "keys", "session", ""])
def test_nothing_else_is_kept(db: None, client: Client, word: str) -> None:
    answer = client.post(
        "/preferences", {word: "<b>", "next": "//evil.example"}, headers={"Referer": "https://evil.example/"}
    )

    assert answer["Location"] == "/search"
    assert not [name for name in client.cookies if name.startswith("covdash-")]


def test_only_forms_of_this_site_choose(db: None) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.get("/preferences").status_code == 405
    assert client.post("/preferences", {"theme": "dark"}).status_code == 403
    page = client.get("/search", {"q": ">"}).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    answer = client.post("/preferences", {"theme": "dark", "csrfmiddlewaretoken": token[1]})
    assert answer.status_code == 302


def test_go_to_pages(project: Project, ben: User, ada: User, client: Client) -> None:
    """Those that the reader may see; `>` alone has all of them."""
    root = f"/p/{SLUG}/-"
    assert pages(client, "go to trends", **{"in": SLUG}) == []
    assert "/me" not in pages(client, ">")
    client.force_login(ben)
    assert pages(client, "go to trends", **{"in": SLUG}) == [f"{root}/trends"]
    assert pages(client, ">gates", **{"in": SLUG}) == []
    every = pages(client, ">", **{"in": SLUG})
    assert {f"{root}/uploads", "/me", "/new", "/help"} <= set(every)
    assert "/ops/" not in every
    client.force_login(ada)
    assert pages(client, "go to settings: gates", **{"in": SLUG}) == [f"{root}/settings/gates"]
    ada.is_superuser = True
    ada.save()
    assert pages(client, ">operations") == ["/ops/"]


def test_the_dialog_tells_how_many_pages_there_are(project: Project, ada: User, client: Client) -> None:
    client.force_login(ada)
    part = client.get("/search", {"q": ">", "in": SLUG, "part": "results"}).content.decode()
    number = len(pages(client, ">", **{"in": SLUG}))

    assert f'data-results="Found: 5 of {number} pages, 5 actions."' in part
    assert f"All {number} pages" in part
