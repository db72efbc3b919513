"""Codecov's protocol and what does not fit: an outcome whose sentence stands in the log of the job, and nothing lost or doubled."""

from __future__ import annotations

import base64
import gzip
import json
import time
import zlib
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from covdash.projects import refusals, tokens
from covdash.projects.models import Project
from covdash.reports.models import Announcement, CommitReport, Upload
from ingest import announce, codecov_said, forks, rate, receive
from tests.factories.uploads import SHA, Job, lcov, turn
from tests.ingest.protocols.codecov import Codecov, facts, packed, text_of

pytestmark = pytest.mark.django_db

REPORT = lcov({"src/a.py": {1: 1, 2: 0}})
ALLOWED = {"uploads": {"forks": True}}


@pytest.fixture
def ci() -> Codecov:
    return Codecov()


def refused(answer: Any, status: int, words: str) -> None:
    """Check that the body is one readable sentence with these words, and that nothing was kept."""
    assert answer.status_code == status, answer.content
    said = answer.json()
    assert words in said["detail"], said
    assert said["detail"].startswith(said["error"]["message"])
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (None, "carries no upload token. Set CODECOV_TOKEN"),
        ("cvdu_nonsense", "oken"),
        ("00000000-uuid", "oken"),
    ],
)
def test_tokens_that_are_none(ci: Codecov, token: str | None, words: str) -> None:
    ci.token = token
    refused(ci.announce(), 401, words)
    refused(ci.create_commit(), 401, words)


def test_an_empty_token_header_is_none_and_text_is_for_text_clients(ci: Codecov) -> None:
    answer = Client().post(f"/upload/v4?commit={SHA}&branch=main", headers={"X-Upload-Token": ""})
    assert answer.status_code == 401
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.content.decode().startswith("The request carries no upload token. Set CODECOV_TOKEN")


def test_a_revoked_token_is_shown_on_the_setup_page(ci: Codecov) -> None:
    tokens.revoke_secret(secret=str(ci.token))
    refused(ci.announce(), 401, "revoked")
    assert refusals.last(project_id=ci.project.pk).status == 401  # type: ignore[union-attr]


def test_a_refused_fact_is_shown_on_the_setup_page(ci: Codecov) -> None:
    refused(ci.announce(commitid="abc"), 400, "full git id")
    assert "full git id" in refusals.last(project_id=ci.project.pk).message  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "step",
    ["reports", "reports/default/uploads", "upload-complete", "empty-upload", "reports/default/results"],
)
@pytest.mark.parametrize("sha", ["abc", "HEAD", "g" * 40, "a" * 41])
def test_a_commit_that_is_no_full_id(ci: Codecov, step: str, sha: str) -> None:
    refused(ci.post(f"commits/{sha}/{step}", {}), 400, "full git id: 40 or 64")
    assert "--sha SHA" in ci.post(f"commits/{sha}/{step}", {}).json()["detail"]


@pytest.mark.parametrize("body", ["", "user_provided_base_sha=main"])
def test_a_base_that_is_no_full_id(ci: Codecov, body: str) -> None:
    kind = "application/x-www-form-urlencoded"
    answer = ci.client.put("/api/v1/gh/a/b/pulls/1", data=body, content_type=kind, headers=ci.headers)
    refused(answer, 400, "--base-sha SHA")


@pytest.mark.parametrize("body", [b"{", b"[1]", b"null", b"\xff\xfe", b'"' + b"a" * 100, b"[" * 100_000])
def test_bodies_that_say_nothing(ci: Codecov, body: bytes) -> None:
    assert ci.post("upload-coverage", body).status_code == 400
    assert not Announcement.objects.exists()


def test_a_hundred_thousand_flags(ci: Codecov) -> None:
    refused(ci.announce(flags=[f"f{n}" for n in range(100_000)]), 400, "more than 50")


def test_more_facts_than_anybody_needs(ci: Codecov) -> None:
    refused(ci.announce(flags=["x" * codecov_said.MAX_BYTES]), 413, "more than")


def test_a_form_bomb(ci: Codecov) -> None:
    body = "&".join(f"a{n}=1" for n in range(100_000))
    answer = ci.client.put(
        "/api/v1/github/a/b/pulls/1",
        data=body,
        content_type="application/x-www-form-urlencoded",
        headers=ci.headers,
    )
    refused(answer, 413, "1000 fields")


def test_line_breaks_in_names_are_no_headers(ci: Codecov) -> None:
    ci.send(
        {"a\r\nX-Evil: 1/lcov.info": REPORT},
        name="x\r\nSet-Cookie: a=b",
        job_code="j\n",
        ci_url="http://x/\r\ny",
    )
    upload = Upload.objects.get()
    assert (upload.name, upload.build_url) == ("x Set-Cookie: a=b", "")
    refused_branch = ci.announce(branch="a\r\nb")
    assert refused_branch.status_code == 400
    assert "\r" not in str(refused_branch.headers)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "empty"),
        (b"{}", 400, "holds no report"),
        (b'{"coverage_files": []}', 400, "holds no report"),
        (b'{"coverage_files": [', 400, "not what Codecov's clients send"),
        (b'{"coverage_files": {"a": 1}}', 400, "not what Codecov's clients send"),
        (b'{"coverage_files": [{"filename": "a", "data": 7}]}', 400, "not what Codecov's clients send"),
        (b'{"coverage_files": [{"filename": "a"}]}', 400, "has no data"),
        (b'{"coverage_files": [{"filename": "a", "format": "zip", "data": ""}]}', 400, "the format 'zip'"),
        (b'{"coverage_files": [{"filename": "a", "data": "AAA"}]}', 400, "no base64"),
        (b'{"coverage_files": [{"filename": "a", "data": "@@@@"}]}', 400, "no base64"),
        (b'{"coverage_files": [{"filename": "a", "data": "AA==AAAA"}]}', 400, "no base64"),
        (b"\x1f\x8b\x08\x00damaged", 400, "cannot be read"),
        (b"PK\x03\x04", 400, "The body"),
    ],
)
def test_bodies_that_are_no_reports(ci: Codecov, body: bytes, status: int, words: str) -> None:
    answer = ci.announce()
    refused(ci.put(answer, body), status, words)
    assert ci.put(answer, packed({"lcov.info": REPORT})).status_code == 200, "the address is still good"
    assert Upload.objects.count() == 1


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_a_damaged_file_is_its_own_outcome(ci: Codecov, damage: str) -> None:
    good = zlib.compress(REPORT * 50)
    bad = {
        "cut": good[:-20],
        "changed": good[:30] + bytes([good[30] ^ 0xFF]) + good[31:],
    }[damage]
    said = json.loads(packed({"good/lcov.info": REPORT}))
    said["coverage_files"].append({"filename": "bad/lcov.info", "data": base64.b64encode(bad).decode()})
    ci.put(ci.announce(), json.dumps(said).encode())

    turn(Upload.objects.get())
    upload = Upload.objects.get()
    outcomes = {o["name"].rpartition("> ")[2]: (o["state"], o.get("code")) for o in upload.outcomes}
    assert upload.state == "processed"
    assert tuple(CommitReport.objects.get(flag="").totals.get("lines")) == (1, 2)  # type: ignore[arg-type]
    assert outcomes["good/lcov.info"] == ("parsed", None)
    assert outcomes["bad/lcov.info"] == ("failed", {"cut": "truncated", "changed": "malformed"}[damage])


def test_a_file_that_is_a_bomb_ends_its_upload_with_the_reason(ci: Codecov) -> None:
    ci.send({"lcov.info": b"\0" * 80_000_000})
    turn(Upload.objects.get())
    upload = Upload.objects.get()
    assert (upload.state, upload.error_code) == ("failed", "decompression_limit")


def test_a_body_that_is_gzip_of_zeros_is_given_up(ci: Codecov) -> None:
    refused(ci.put(ci.announce(), gzip.compress(b"{" + b" " * 200_000_000, 1)), 413, "unpacks to more than")


def test_a_body_above_the_limit(ci: Codecov, settings: Settings) -> None:
    settings.COVDASH_MAX_UPLOAD_BYTES = 1000
    refused(ci.put(ci.announce(), b"x" * 1001), 413, "the limit is 1000")


def test_put_to_an_address_of_yesterday_or_of_nobody(ci: Codecov, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = ci.announce()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + announce.LIFETIME.total_seconds() + 60)
    refused(ci.put(answer, packed({"lcov.info": REPORT})), 403, "older than two hours")
    monkeypatch.undo()
    bad = Client().put("/upload/bytes/abc:def:ghi", data=b"x", content_type="")
    refused(bad, 403, "signature is wrong")
    Announcement.objects.all().delete()
    refused(ci.put(answer, packed({"lcov.info": REPORT})), 404, "not known any more")


def test_an_address_of_a_commit_takes_no_bytes(ci: Codecov) -> None:
    ci.create_commit()
    path = urlsplit(announce.address_for(Announcement.objects.get())).path
    refused(Client().put(path, data=b"x", content_type=""), 404, "takes no reports")


def test_a_post_without_a_put_stays_as_what_it_is(ci: Codecov) -> None:
    ci.announce()
    assert Announcement.objects.get().upload is None
    Announcement.objects.update(
        announced_at=Announcement.objects.get().announced_at - announce.KEPT - timedelta(days=1)
    )
    ci.announce(name="next")
    announce.sweep()
    assert [found.fields.get("name") for found in Announcement.objects.all()] == [["next"]]


def test_a_full_disk_is_told_before_anything_is_read(ci: Codecov, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = ci.announce()
    monkeypatch.setattr(receive, "FREE_SHARE", 1.0)
    monkeypatch.setattr(receive, "FREE_BYTES", 2**60)
    stored = ci.put(answer, packed({"lcov.info": REPORT}))
    assert (stored.status_code, stored.headers["Retry-After"]) == (503, "5")


def test_another_report_than_the_default(ci: Codecov) -> None:
    ci.create_commit()
    refused(ci.post(f"commits/{SHA}/reports", {"code": "mine"}), 400, "no report 'mine'")
    refused(ci.post(f"commits/{SHA}/reports/mine/uploads", facts()), 400, "Leave out --code")


# Forks without a token


@pytest.fixture
def fork() -> Codecov:
    """A job of a fork, without a token, of a public project that lets forks in."""
    owner = Project.objects.create(slug="acme/demo", is_public=True, settings=ALLOWED)
    found = Codecov(owner)
    found.token = None
    return found


def test_a_fork_is_let_in_where_the_owner_says_so_and_counts_beside_nobody(fork: Codecov) -> None:
    fork.send({"lcov.info": lcov({"src/a.py": {1: 1, 2: 1}})}, branch="mallory:main", pullid="3")

    upload = Upload.objects.get()
    assert (upload.fork, upload.branch.name, upload.pull.number) == ("mallory:main", "mallory:main", 3)  # type: ignore[union-attr]
    assert Project.objects.get().default_branch == "", "a stranger's branch leads no project"
    turn(upload)
    ours = Job(fork.project).send(REPORT)
    turn(ours)
    assert tuple(CommitReport.objects.get(flag="").totals.get("lines")) == (1, 2)  # type: ignore[arg-type]


def test_a_fork_may_use_the_four_requests_and_ends_nothing(fork: Codecov) -> None:
    assert fork.create_commit(branch="mallory:fix").status_code == 201
    assert fork.post(f"commits/{SHA}/reports", {}).status_code == 201
    announced = fork.post(f"commits/{SHA}/reports/default/uploads", facts())
    assert fork.put(announced, packed({"lcov.info": REPORT})).status_code == 200
    upload = Upload.objects.select_related("commit").get()
    assert upload.fork == "mallory:fix"
    assert fork.post(f"commits/{SHA}/upload-complete", {}).json()["uploads_total"] == 1
    upload.commit.refresh_from_db()
    assert upload.commit.done_at is None


def test_what_a_fork_says_of_a_commit_is_not_believed_of_ours(fork: Codecov) -> None:
    fork.create_commit(branch="mallory:main")
    ours = Codecov(fork.project)
    assert ours.post(f"commits/{SHA}/reports/default/uploads", facts()).status_code == 400


@pytest.mark.parametrize("settings_of_project", [{}, {"uploads": {"forks": False}}])
def test_where_forks_are_not_let_in_an_unknown_project_looks_the_same(
    fork: Codecov, settings_of_project: Any
) -> None:
    Project.objects.update(settings=settings_of_project)
    known = fork.announce(branch="mallory:main")
    fork.root = "/upload/github/acme::::nothing"
    unknown = fork.announce(branch="mallory:main")

    assert known.status_code == 401
    assert known.content == unknown.content
    assert "ask its owner" in known.json()["detail"]


def test_a_protected_branch_wants_a_token(fork: Codecov) -> None:
    refused(fork.announce(branch="main"), 401, "carries no upload token")


def test_a_fork_sends_little(fork: Codecov, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "MAX_BYTES", 100)
    refused(fork.put(fork.announce(branch="m:x"), packed({"lcov.info": REPORT * 9})), 413, "A fork may send")
    monkeypatch.setattr(rate, "FORK_PER_HOUR", 0)
    refused(fork.announce(branch="m:x"), 429, "within an hour")


def test_text_of_is_what_zlib_reads() -> None:
    """The helper of these tests packs as the client does."""
    assert zlib.decompress(base64.b64decode(text_of(REPORT))) == REPORT
