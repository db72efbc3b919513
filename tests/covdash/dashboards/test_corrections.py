"""Corrections on the pages: who may do what, what each form changes, what is said, what it costs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.audit import trail
from covdash.projects.models import Commit, Membership, Project
from covdash.reports.models import CommitReport, Upload
from ingest import assemble
from tests.factories.uploads import Job, lcov, sha, turn

pytestmark = pytest.mark.django_db

ROOT = "/p/acme/platform/shop/-"
NASTY = '../../<script>"\r\nSet-Cookie: a=b;.info'


@pytest.fixture
def upload(project: Project) -> Upload:
    """A processed upload of the project."""
    sent = Job(project).send_form(
        [("file", "unit.info", lcov({"a.c": {1: 1, 2: 0}}))], commit=sha(1), job="unit"
    )
    turn(sent)
    sent.refresh_from_db()
    return sent


@pytest.fixture
def owner(client: Client, ada: User) -> Client:
    """A browser in which ada is signed in."""
    client.force_login(ada)
    return client


def deeds(upload: Upload) -> tuple[str, ...]:
    """Addresses of all that changes something, for maintainers only; the last one for members, too."""
    of_upload = f"{ROOT}/upload/{upload.pk}"
    return (
        f"{of_upload}/exclude",
        f"{of_upload}/include",
        f"{of_upload}/delete",
        f"{of_upload}/rule/save",
        f"{ROOT}/commit/{sha(1)}/lend",
        f"{ROOT}/commit/{sha(1)}/own",
        f"{ROOT}/settings/paths/add",
        f"{ROOT}/settings/paths/change",
        f"{ROOT}/settings/paths/again",
        f"{of_upload}/again",
    )


def pages(upload: Upload) -> tuple[str, ...]:
    """Addresses to look at, for maintainers only; the last one for members, too."""
    of_upload = f"{ROOT}/upload/{upload.pk}"
    return (f"{of_upload}/rule", f"{ROOT}/settings/paths", f"{ROOT}/settings/audit", f"{of_upload}/raw/0")


def state() -> Any:
    """Everything that a deed could change."""
    return (
        list(
            Upload.objects.order_by("pk").values_list("pk", "state", "excluded_at", "deleted_at", "revision")
        ),
        list(Commit.objects.order_by("pk").values_list("sha", "report_of")),
        list(Project.objects.values_list("settings")),
    )


def test_strangers_find_nothing(client: Client, cleo: User, upload: Upload) -> None:
    before = state()
    client.force_login(cleo)
    assert {client.get(address).status_code for address in pages(upload)} == {404}
    assert {client.post(address).status_code for address in deeds(upload)} == {404}
    assert state() == before


def test_readers_of_a_public_project_are_asked_to_sign_in_and_change_nothing(
    client: Client, cleo: User, upload: Upload
) -> None:
    Project.objects.update(is_public=True)
    before = state()
    assert {client.post(address).status_code for address in deeds(upload)} == {302}
    assert {client.get(address).status_code for address in pages(upload)} == {302}
    page = client.get(f"{ROOT}/upload/{upload.pk}").content.decode()
    assert "Correct" not in page
    assert "/raw/" not in page
    client.force_login(cleo)
    assert {client.post(address).status_code for address in deeds(upload)} == {403}
    assert {client.get(address).status_code for address in pages(upload)} == {403}
    assert state() == before


def test_members_may_read_again_and_download_and_nothing_else(
    client: Client, ben: User, upload: Upload
) -> None:
    client.force_login(ben)
    before = state()
    assert {client.post(address).status_code for address in deeds(upload)[:-1]} == {403}
    assert {client.get(address).status_code for address in pages(upload)[:-1]} == {403}
    assert state() == before
    page = client.get(f"{ROOT}/upload/{upload.pk}").content.decode()
    assert re.findall(r'action="[^"]*/(again|exclude|delete|rule)"', page) == ["again"]
    assert client.get(pages(upload)[-1]).status_code == 200
    assert client.post(deeds(upload)[-1]).status_code == 302
    upload.refresh_from_db()
    assert upload.state == "received"


def test_nothing_is_changed_by_another_site_or_by_looking(ada: User, upload: Upload) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada)
    before = state()
    assert {browser.post(address).status_code for address in deeds(upload)} == {403}
    assert {browser.get(address).status_code for address in deeds(upload)} == {405}
    assert state() == before


def test_an_upload_is_left_out_and_counts_again(owner: Client, upload: Upload) -> None:
    page = f"{ROOT}/upload/{upload.pk}"
    owner.post(f"{page}/exclude", {"why": "   "})
    upload.refresh_from_db()
    assert upload.excluded_at is None
    for _ in range(2):
        assert owner.post(f"{page}/exclude", {"why": "<b>wrong</b> build"}).status_code == 302
    assemble.run(upload.commit_id)
    shown = owner.get(page).content.decode()
    assert "Left out of the report" in shown
    assert "&lt;b&gt;wrong&lt;/b&gt; build" in shown
    assert "left out" in owner.get(f"{ROOT}/uploads?state=excluded").content.decode()
    assert not CommitReport.objects.exists()
    owner.post(f"{page}/include")
    owner.post(f"{page}/include")
    assemble.run(upload.commit_id)
    assert CommitReport.objects.get().totals.get("lines")
    assert [deed.action for deed in trail.listing(project_id=upload.project_id)] == [
        "upload.include",
        "upload.exclude",
    ]


def test_deleting_is_typed_and_done_once(owner: Client, upload: Upload) -> None:
    page = f"{ROOT}/upload/{upload.pk}"
    for typed in ("", "delete", str(upload.pk)):
        owner.post(f"{page}/delete", {"confirm": typed})
    assert Upload.objects.get().deleted_at is None
    answer = owner.post(f"{page}/delete", {"confirm": f" {str(upload.pk)[:8]} "})
    assert answer["Location"] == f"{ROOT}/uploads"
    assert owner.get(page).status_code == 404
    assert str(upload.pk) not in owner.get(f"{ROOT}/uploads").content.decode().replace(
        str(upload.pk)[:8], "", 1
    )
    assert owner.post(f"{page}/delete", {"confirm": str(upload.pk)[:8]}).status_code == 404
    assemble.run(upload.commit_id)
    assert not Upload.objects.exists()
    assert [deed.action for deed in trail.listing(project_id=upload.project_id)] == ["upload.delete"]


def test_what_is_no_upload_is_not_found(owner: Client, upload: Upload) -> None:
    for number in ("nonsense", "00000000-0000-4000-8000-000000000000"):
        for deed in ("exclude", "include", "delete", "again", "rule/save"):
            words = {"why": "x", "confirm": number[:8], "kind": "prefix", "find": "/a"}
            assert owner.post(f"{ROOT}/upload/{number}/{deed}", words).status_code == 404
        assert owner.get(f"{ROOT}/upload/{number}/raw/0").status_code == 404
        assert owner.get(f"{ROOT}/upload/{number}/rule").status_code == 404


def test_raw_files_are_saved_and_never_shown(owner: Client, project: Project) -> None:
    body = lcov({"a.c": {1: 1}})
    sent = Job(project).send_form([("file", "x", body), ("file", "y.html", b"<script>alert(1)</script>")])
    sent.files[1]["name"] = NASTY
    sent.save()
    answer = owner.get(f"{ROOT}/upload/{sent.pk}/raw/0")
    assert b"".join(answer.streaming_content) == body  # type: ignore[attr-defined]
    assert answer["Content-Disposition"] == 'attachment; filename="x"'
    second = owner.get(f"{ROOT}/upload/{sent.pk}/raw/1")
    for one in (answer, second):
        assert one["Content-Type"] == "application/octet-stream"
        assert one["X-Content-Type-Options"] == "nosniff"
        assert one["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert one["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in one.headers
    assert second["Content-Disposition"].startswith("attachment;")
    assert "\n" not in second["Content-Disposition"]
    assert b"".join(second.streaming_content) == b"<script>alert(1)</script>"  # type: ignore[attr-defined]
    assert owner.get(f"{ROOT}/upload/{sent.pk}/raw/2").status_code == 404
    assert owner.get(f"{ROOT}/upload/{sent.pk}").content.decode().count("/raw/") == 2


def test_the_page_links_its_data(owner: Client, upload: Upload) -> None:
    page = owner.get(f"{ROOT}/upload/{upload.pk}").content.decode()
    link = re.search(r'href="(/api/v1/[^"]+)">JSON', page)
    assert link
    said = owner.get(link[1]).json()
    assert (said["id"], said["excluded"], said["paths"]["matched"]) == (str(upload.pk), False, 1)


def test_a_report_is_lent_from_the_page_of_its_commit(owner: Client, upload: Upload) -> None:
    page = f"{ROOT}/commit/{sha(1)}"
    assert "Use this report for another commit" in owner.get(page).content.decode()
    wrong = owner.post(f"{page}/lend", {"sha": "abc", "branch": "main"}, follow=True).content.decode()
    assert "Give the whole commit id" in wrong
    assert owner.post(f"{page}/lend", {"sha": sha(2), "branch": "other"}).status_code == 302
    assert not Commit.objects.filter(sha=sha(2)).exists()
    for _ in range(2):
        answer = owner.post(f"{page}/lend", {"sha": sha(2), "branch": "main"})
        assert answer["Location"] == f"{ROOT}/commit/{sha(2)}"
    borrowed = owner.get(f"{ROOT}/commit/{sha(2)}").content.decode()
    assert "stands for this commit" in borrowed
    assert f"{ROOT}/commit/{sha(2)}" in owner.get(page).content.decode()
    owner.post(f"{ROOT}/commit/{sha(2)}/own")
    assert "stands for this commit" not in owner.get(f"{ROOT}/commit/{sha(2)}").content.decode()
    assert owner.post(f"{ROOT}/commit/{sha(2)}/own").status_code == 302
    assert owner.post(f"{ROOT}/commit/{sha(7)}/own").status_code == 404
    assert owner.post(f"{ROOT}/commit/{sha(7)}/lend", {"sha": sha(2)}).status_code == 404
    assert [deed.action for deed in trail.listing(project_id=upload.project_id)] == [
        "commit.own_report",
        "commit.borrow",
    ]


def test_the_audit_trail_tells_who_did_what(owner: Client, upload: Upload) -> None:
    owner.post(f"{ROOT}/upload/{upload.pk}/exclude", {"why": "<i>flaky</i>"})
    owner.post(f"{ROOT}/settings/paths/add", {"kind": "prefix", "find": "/app"})
    page = owner.get(f"{ROOT}/settings/audit").content.decode()
    assert re.findall(r"(left an upload out|changed the settings)", page) == [
        "changed the settings",
        "left an upload out",
    ]
    assert "&lt;i&gt;flaky&lt;/i&gt;" in page
    assert page.count("<bdi>ada</bdi>") == 5  # each for wide and for narrow screens, and the account


def test_a_member_made_a_maintainer_may_correct(client: Client, ben: User, upload: Upload) -> None:
    Membership.objects.filter(user=ben).update(role=Membership.Role.MAINTAINER)
    client.force_login(ben)
    assert client.post(f"{ROOT}/upload/{upload.pk}/exclude", {"why": "x"}).status_code == 302
    assert Upload.objects.get().excluded_why == "x"


@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("upload/{}", 6),
        ("upload/{}?kind=matched&q=a", 7),
        ("upload/{}/rule?kind=prefix&find=/a", 8),
        ("settings/audit", 6),
    ],
)
def test_pages_are_cheap(
    owner: Client, upload: Upload, address: str, most: int, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    owner.get(
        f"{ROOT}/{address.format(upload.pk)}"
    )  # the first form of a session writes its CSRF secret down
    with django_assert_max_num_queries(most):
        assert owner.get(f"{ROOT}/{address.format(upload.pk)}").status_code == 200
