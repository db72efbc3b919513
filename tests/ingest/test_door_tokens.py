"""Who may upload: tokens, what they open and what they do not, and how much they may send."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from covdash.projects import tokens
from covdash.projects.models import Branch
from ingest import filing
from tests.factories.uploads import SHA, Job, project
from tests.ingest.refusals import REPORT, error_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("header", ["Bearer {}", "bearer {}", "token {}", "Token {}"])
def test_the_token_comes_as_bearer_or_token(job: Job, header: str) -> None:
    answer = job.post(REPORT, headers={"Authorization": header.format(job.secret)})
    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "token_required"),
        ("Bearer", "bad_token"),
        ("Basic dXNlcjpwYXNz", "bad_token"),
        ("Bearer cvdu_nonsense", "bad_token"),
        ("Bearer \u00e9", "bad_token"),
    ],
)
def test_without_a_good_token_401_says_what_to_do(job: Job, header: str, code: str) -> None:
    answer = job.post(REPORT, headers={"Authorization": header})
    error = error_of(answer, 401)
    assert error["code"] == code
    assert "oken" in error["hint"]
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_expired_and_revoked_tokens_are_refused_on_the_next_request(job: Job) -> None:
    old = tokens.mint(project=job.project, name="old", lifetime=timedelta(seconds=-1))
    assert (
        error_of(job.post(REPORT, headers={"Authorization": f"Bearer {old.secret}"}), 401)["code"]
        == "expired_token"
    )
    tokens.revoke_secret(secret=job.secret)
    assert error_of(job.post(REPORT), 401)["code"] == "revoked_token"


def test_whoever_holds_a_token_may_kill_it(job: Job) -> None:
    """No sign-in, no other right: the token alone, so that a scanner which finds one can stop it."""
    answer = job.client.post(
        "/api/v1/tokens/revoke", data={"token": job.secret}, content_type="application/json"
    )
    assert answer.status_code == 204
    assert error_of(job.post(REPORT), 401)["code"] == "revoked_token"
    for body in ({"token": "cvdu_nonsense"}, {"token": 1}, {}, [1]):
        answer = job.client.post("/api/v1/tokens/revoke", data=body, content_type="application/json")
        assert answer.json()["error"]["code"] == "unknown_token"
    minted = tokens.mint(project=job.project, name="other")
    call_command("revoke_token", minted.secret)
    assert (
        error_of(job.post(REPORT, headers={"Authorization": f"Bearer {minted.secret}"}), 401)["code"]
        == "revoked_token"
    )
    with pytest.raises(CommandError):
        call_command("revoke_token", "cvdu_nonsense")


def test_a_commit_takes_so_many_uploads_and_no_more(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filing, "MAX_UPLOADS", 2)
    assert [job.post(REPORT, job=str(n)).status_code for n in range(3)] == [202, 202, 429]
    assert job.post(REPORT, job="2").json()["error"]["code"] == "too_many_uploads"
    assert job.post(REPORT, job="2", commit="2" * 40).status_code == 202


def test_a_flood_of_flags_or_branches_is_stopped(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filing, "MAX_FLAGS", 3)
    monkeypatch.setattr(filing, "MAX_NEW_BRANCHES", 2)
    assert job.post(REPORT, flags="a,b").status_code == 202
    assert job.post(REPORT, flags="b,c").status_code == 202
    assert job.post(REPORT, flags="c,d").json()["error"]["code"] == "too_many_flags"
    assert job.post(REPORT, flags="a,b").status_code == 202
    assert job.post(REPORT, flags="c,d", commit="2" * 40, branch="second").status_code == 202
    answer = job.post(REPORT, branch="third")
    assert (answer.status_code, answer.json()["error"]["field"]) == (429, "branch")
    assert not Branch.objects.filter(name="third").exists()


def test_a_token_writes_to_its_own_project_only(job: Job) -> None:
    project("acme/other")
    error = error_of(job.post(REPORT, project="acme/other"), 403)
    assert (error["code"], error["field"]) == ("wrong_project", "project")
    assert error_of(job.post(REPORT, project="no/such"), 403)["code"] == "wrong_project"
    assert job.post(REPORT, project=job.project.slug).status_code == 202


def test_the_state_of_an_upload_is_for_its_own_project(job: Job) -> None:
    upload = job.send(REPORT)
    assert job.status(upload).status_code == 200
    assert Job().status(upload).status_code == 404
    assert Job().status("00000000-0000-0000-0000-000000000000").json()["error"]["code"] == "not_found"
    assert job.client.get(f"/api/v1/uploads/{upload.pk}").status_code == 401


def test_a_cookie_opens_nothing_here(job: Job, ada: Any) -> None:
    job.client.force_login(ada)
    answer = job.client.post(
        f"/api/v1/uploads?commit={SHA}&branch=main", data=REPORT, content_type="text/plain"
    )
    assert error_of(answer, 401)["code"] == "token_required"
