"""Uploads that were announced and never came stay visible: in the list, and at the address that the client was given."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client

from covdash.accounts.models import User
from covdash.projects.models import Project
from covdash.reports.models import Announcement
from tests.factories.exchange import GitTree, Uploader
from tests.factories.uploads import Job, lcov

ROOT = "/p/acme/platform/shop/-"
ONE, TWO = lcov({"a.c": {1: 1}}), lcov({"b.c": {1: 1}})
REPORTS = {"one.info": ONE, "<two>.info": TWO}
MAX_QUERIES = 9


@pytest.fixture
def uploader(project: Project) -> Uploader:
    return Uploader(Job(project))


@pytest.fixture
def member(client: Client, ben: User) -> Client:
    client.force_login(ben)
    return client


def announced(uploader: Uploader) -> str:
    manifest = uploader.manifest(REPORTS, GitTree({"a.c": b""}), fields={"job": "<unit>"})
    number: str = uploader.announce(manifest).json()["id"]
    # 200 where another test has sent the same: objects outlive the rows of a test.
    assert uploader.put(number, f"reports/{hashlib.sha256(ONE).hexdigest()}", ONE).status_code in (200, 201)
    return number


def test_a_project_without_a_report_says_where_its_uploads_stand(client: Client, project: Project) -> None:
    """A report that is still to be processed is not nothing."""
    project.is_public = True
    project.save()
    Job(project).send(ONE)
    page = client.get("/p/acme/platform/shop/").content.decode()
    assert "Nothing was uploaded" not in page
    assert f'href="{ROOT}/uploads">See the uploads' in page


def test_strangers_find_nothing(client: Client, uploader: Uploader, cleo: User) -> None:
    number = announced(uploader)
    assert client.get(f"{ROOT}/upload/{number}").status_code == 404
    client.force_login(cleo)
    assert client.get(f"{ROOT}/upload/{number}").status_code == 404


def test_what_is_missing_is_said(
    member: Client, uploader: Uploader, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    number = announced(uploader)
    with django_assert_max_num_queries(MAX_QUERIES):
        text = member.get(f"{ROOT}/upload/{number}").content.decode()
    assert "Waiting for 1 report" in text
    assert "&lt;two&gt;.info" in text
    assert "the list of files of the repository" in text
    assert "<unit>" not in text
    listed = member.get(f"{ROOT}/uploads").content.decode()
    assert f"{ROOT}/upload/{number}" in listed
    assert "waiting for 1 report" in listed


def test_what_never_came_has_a_way_out(
    member: Client, uploader: Uploader, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    number = announced(uploader)
    Announcement.objects.update(announced_at=Now() - timedelta(hours=3))
    with django_assert_max_num_queries(MAX_QUERIES):
        text = member.get(f"{ROOT}/uploads?state=announced").content.decode()
    assert "1 report never arrived" in text
    page = member.get(f"{ROOT}/upload/{number}").content.decode()
    assert "never arrived" in page
    assert "Run the upload step again: it sends only what is missing." in page
    assert "Announced, not here" not in member.get(f"{ROOT}/uploads?state=failed").content.decode()


def test_a_foreign_client_that_never_sent_is_shown_too(member: Client, project: Project) -> None:
    Announcement.objects.create(project=project, kind="commit", sha="a" * 40)
    assert "Nothing is missing" in member.get(f"{ROOT}/uploads?state=announced").content.decode()
    row = Announcement.objects.create(project=project, kind="coverage", sha="a" * 40, fields={"job": ["e2e"]})
    Announcement.objects.update(announced_at=Now() - timedelta(hours=3))
    assert "the report never arrived" in member.get(f"{ROOT}/uploads").content.decode()
    assert "good for two hours" in member.get(f"{ROOT}/upload/{row.pk}").content.decode()


def test_the_address_leads_on_to_the_upload(member: Client, uploader: Uploader) -> None:
    upload = uploader.send({"one.info": ONE})
    assert member.get(f"{ROOT}/upload/{upload.pk}").status_code == 200
    again = uploader.announce(uploader.manifest({"one.info": ONE}, fields={"title": "x"})).json()["id"]
    uploader.done(again)
    answer = member.get(f"{ROOT}/upload/{again}")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{ROOT}/upload/{upload.pk}")
    assert "Announced, not here" not in member.get(f"{ROOT}/uploads").content.decode()
