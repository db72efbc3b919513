"""Badges: the number at our own address and at those of Codecov and Coveralls; nothing told to strangers; the page that makes them."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from covdash.accounts.models import User
from covdash.projects.badge_tokens import token_of
from covdash.projects.models import Branch, Commit, FormerSlug, Membership, Project
from covdash.projects.tokens import PATTERN
from covdash.reports import completeness
from covdash.reports.models import CommitReport, Upload
from tests.covdash.reports.stock import Stock, lines, rich

SLUG = "acme/platform/shop"
OURS = f"/p/{SLUG}/-/badge.svg"
CODECOV = f"/gh/{SLUG}/graph/badge.svg"
COVERALLS = f"/repos/github/{SLUG}/badge.svg"
PAGE = f"/p/{SLUG}/-/settings/badges"


@pytest.fixture
def shop(stock: Stock) -> Project:
    """The project: 2 of 3 lines on main, 1 of 2 on a branch with a slash, a flag, a component."""
    head = stock.commit()
    stock.upload(head, {"src/a.py": rich()}, flags=["unit"])
    stock.assemble(head)
    other = stock.commit(branch="feature/a")
    stock.upload(other, {"src/a.py": lines(1, 0)})
    stock.assemble(other)
    CommitReport.objects.filter(commit=head, flag="").update(
        components={"auth": {"lines": {"covered": 1, "total": 4}}}
    )
    Project.objects.update(default_branch="main", is_public=True)
    return Project.objects.get()


def said(answer: Any) -> str:
    """Return what a badge says, from its title."""
    assert answer.status_code == 200
    found = re.search(r"<title>(.*?)</title>", answer.content.decode())
    assert found
    return html.unescape(found[1])


def get(path: str, **words: str) -> Any:
    return Client().get(path, words)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ({}, "coverage: 66.7 %"),
        ({"branch": "feature/a"}, "coverage: 50.0 %"),
        ({"metric": "arms"}, "arms: 50.0 %"),
        ({"metric": "functions"}, "functions: 50.0 %"),
        ({"flag": "unit"}, "coverage: unit: 66.7 %"),
        ({"component": "auth"}, "coverage: auth: 25.0 %"),
        ({"component": "auth", "metric": "arms"}, "arms: auth: not measured"),
        ({"label": "my tests"}, "my tests: 66.7 %"),
        ({"label": "<b>&\"'"}, "<b>&\"': 66.7 %"),
        ({"metric": "paths"}, "paths: not measured"),
        ({"metric": "happiness"}, "coverage: no such metric"),
        ({"branch": "nowhere"}, "coverage: not measured"),
        ({"flag": "nothing"}, "coverage: nothing: not measured"),
        ({"unknown": "word", "precision": "9"}, "coverage: 66.7 %"),
    ],
)
def test_our_own_badge(shop: Project, words: dict[str, str], text: str) -> None:
    assert said(get(OURS, **words)) == text


@pytest.mark.parametrize(
    ("path", "words", "text"),
    [
        (CODECOV, {}, "codecov: 66.7 %"),
        (CODECOV, {"precision": "0"}, "codecov: 67 %"),
        (CODECOV, {"precision": "2"}, "codecov: 66.67 %"),
        (CODECOV, {"flag": "unit"}, "codecov: 66.7 %"),
        (CODECOV, {"component": "auth"}, "codecov: 25.0 %"),
        (f"/gl/{SLUG}/graphs/badge.svg", {}, "codecov: 66.7 %"),
        (f"/bitbucket/{SLUG}/branch/feature/a/graph/badge.svg", {}, "codecov: 50.0 %"),
        (f"/gh/{SLUG}/branch/nowhere/graph/badge.svg", {}, "codecov: not measured"),
        (COVERALLS, {}, "coverage: 66.7 %"),
        (COVERALLS, {"branch": "feature/a"}, "coverage: 50.0 %"),
        (f"/repos/{SLUG}/badge.svg", {"service": "github"}, "coverage: 66.7 %"),
    ],
)
def test_badges_at_the_addresses_of_others(
    shop: Project, path: str, words: dict[str, str], text: str
) -> None:
    assert said(get(path, **words)) == text


def test_text_and_the_endpoint_of_shields(shop: Project) -> None:
    assert get(f"/gh/{SLUG}/graph/badge.txt").content == b"66.7%"
    found = get(f"/p/{SLUG}/-/badge.json", branch="feature/a")
    assert found.headers["Content-Type"].startswith("application/json")
    assert {
        "schemaVersion": 1,
        "label": "coverage",
        "message": "50.0 %",
        "cacheSeconds": 60,
    }.items() <= found.json().items()


def collecting(**said: Any) -> None:
    """Let the head of main collect: what is known of its uploads is `said`."""
    commit = Branch.objects.get(name="main").head
    assert commit is not None
    now = timezone.now()
    arrival = completeness.Arrival("unit", (), "", "processed", now)
    found = completeness.judge([arrival], completeness.Asked(timedelta(hours=1), **said), now=now)
    assert not found.is_complete
    Commit.objects.filter(pk=commit.pk).update(complete_at=None, completeness=completeness.as_json(found))


@pytest.mark.parametrize(
    ("known", "why"),
    [
        ({"expects": 5}, "1 of 5 uploads in"),
        ({"expect": ("unit", "secret-job")}, "1 of 2 uploads in"),
        ({}, "1 upload in, more may come"),
    ],
)
def test_numbers_that_are_not_final_say_so(
    shop: Project, known: dict[str, Any], why: str, django_assert_num_queries: Callable[..., Any]
) -> None:
    """In the picture, in its title, and for shields.io; no name of a job is told. The text for machines is the number alone."""
    before = get(OURS).headers["ETag"]
    collecting(**known)

    with django_assert_num_queries(2):
        answer = get(OURS)
    assert said(answer) == f"coverage: 66.7 % so far ({why})"
    assert answer.headers["ETag"] != before
    assert b">66.7 % so far</text>" in answer.content
    assert get(f"/p/{SLUG}/-/badge.json").json()["message"] == "66.7 % so far"
    assert said(get(CODECOV)) == f"codecov: 66.7 % so far ({why})"
    assert said(get(COVERALLS)) == f"coverage: 66.7 % so far ({why})"
    assert get(f"/gh/{SLUG}/graph/badge.txt").content == b"66.7%"
    assert said(get(OURS, flag="unit")) == f"coverage: unit: 66.7 % so far ({why})"
    assert said(get(OURS, component="auth")) == f"coverage: auth: 25.0 % so far ({why})"
    assert said(get(OURS, flag="late")) == f"coverage: late: not measured so far ({why})"
    assert said(get(OURS, branch="feature/a")) == "coverage: 50.0 %"


def test_an_upload_in_work_makes_a_number_that_is_not_final(shop: Project, stock: Stock) -> None:
    head = Branch.objects.get(name="main").head
    assert head is not None
    stock.upload(head, {}, state="processing")
    assert said(get(OURS)) == "coverage: 66.7 % so far (1 of 2 uploads in)"
    Upload.objects.filter(state="processing").delete()
    assert said(get(OURS)) == "coverage: 66.7 %"


@pytest.mark.parametrize(
    "path", [OURS, f"/p/{SLUG}/-/badge.json", CODECOV, f"/gh/{SLUG}/graph/badge.txt", COVERALLS]
)
def test_private_and_unknown_are_the_same_bytes(
    shop: Project, path: str, ada: User, client: Client, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    Project.objects.update(is_public=False)
    client.force_login(ada)  # who is signed in is not asked
    with django_assert_max_num_queries(2):  # the session, and the project
        private = client.get(path, {"token": "cvdb_wrong"})
    nothing = get(path.replace("shop", "nothing"))

    assert (private.status_code, private.content) == (nothing.status_code, nothing.content)
    assert b"unknown" in private.content
    # Every request has an id of its own, which says nothing of what was asked for.
    assert private.headers.pop("X-Request-ID") != nothing.headers.pop("X-Request-ID")
    assert private.headers == nothing.headers


def test_a_private_project_has_a_token_of_its_own(shop: Project) -> None:
    Project.objects.update(is_public=False)
    other = Project.objects.create(slug="acme/other")
    token = token_of(shop.pk)

    assert PATTERN.fullmatch(token), "scanners and the filter of the log know its form"
    assert token == token_of(shop.pk)
    answer = get(OURS, token=token)
    assert said(answer) == "coverage: 66.7 %"
    assert answer.headers["Cache-Control"] == "private, max-age=60"
    assert said(get(CODECOV, token=token)) == "codecov: 66.7 %"
    assert said(get(COVERALLS, t=token)) == "coverage: 66.7 %"
    assert said(get(OURS, token=token_of(other.pk))) == "coverage: unknown"
    assert Client().get(f"/p/{SLUG}/", {"token": token}).status_code == 404, "it opens nothing else"


def test_answers_may_be_kept_a_minute_and_asked_for_again(
    shop: Project, django_assert_num_queries: Callable[..., Any]
) -> None:
    with django_assert_num_queries(2):
        first = get(OURS)
    again = Client().get(OURS, headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Cache-Control"] == "public, max-age=60"
    assert first.headers["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert first.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert first.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "Set-Cookie" not in first.headers
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Cache-Control"] == "public, max-age=60"


def test_a_renamed_project_keeps_its_badge(shop: Project) -> None:
    FormerSlug.objects.create(slug="acme/old", project=shop)
    assert said(get("/p/acme/old/-/badge.svg")) == "coverage: 66.7 %"


def test_a_project_without_a_report_has_a_badge_that_says_so(project: Project) -> None:
    Project.objects.update(is_public=True)
    assert said(get(OURS)) == "coverage: not measured"


def test_the_addresses_of_others_hide_no_page_of_ours(shop: Project) -> None:
    Project.objects.create(slug="gh/x/graph", is_public=True)
    assert Client().get("/p/gh/x/graph/").status_code == 200
    assert Client().get("/gh/x/graph/badge.png").status_code == 404
    assert Client().post(OURS).status_code == 405


# The page


def test_the_page_shows_the_badge_and_what_to_copy(
    client: Client,
    ada: User,
    shop: Project,
    settings: Settings,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    settings.COVDASH_URL = "https://coverage.example.org"
    client.force_login(ada)
    with django_assert_max_num_queries(8):
        text = client.get(PAGE, {"flag": "unit", "label": "unit [x]"}).content.decode()

    picture = f"{OURS}?flag=unit&label=unit%20%5Bx%5D"
    assert f'src="{html.escape(picture)}"' in text
    shown = html.unescape(text)
    target = f"https://coverage.example.org/p/{SLUG}/"
    assert f"[![unit \\[x\\]](https://coverage.example.org{picture})]({target})" in shown
    assert f".. image:: https://coverage.example.org{picture}" in shown
    assert '<option value="unit" selected>' in text
    assert '<option value="auth">' in text
    assert '<option value="feature/a">' in text
    assert "cvdb_" not in text
    assert said(client.get(picture)) == "unit [x]: 66.7 %"


def test_the_page_of_a_private_project_has_its_token(client: Client, ada: User, shop: Project) -> None:
    Project.objects.update(is_public=False)
    client.force_login(ada)
    text = client.get(PAGE).content.decode()
    preview = html.unescape(re.search(r'<img src="([^"]+)"', text)[1])  # type: ignore[index]
    assert token_of(shop.pk) in preview
    assert said(Client().get(preview)) == "coverage: 66.7 %"


def test_who_may_make_badges(client: Client, ben: User, cleo: User, project: Project) -> None:
    assert client.get(PAGE).status_code == 404
    client.force_login(cleo)
    assert client.get(PAGE).status_code == 404
    client.force_login(ben)
    assert client.get(PAGE).status_code == 403
    Membership.objects.filter(user=ben).update(role="maintainer")
    assert client.get(PAGE).status_code == 200
