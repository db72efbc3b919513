"""Codacy: the calls of its reporter store lines, name the git branch that was assumed, and close the commit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from covdash.projects import tokens
from covdash.projects.models import Commit, Project
from covdash.reports.models import CommitReport, Upload
from ingest import rate
from tests.factories.uploads import SHA, Job, lcov, project, sha, turn

pytestmark = pytest.mark.django_db

BODY = {"fileReports": [{"filename": "src/A.scala", "coverage": {"1": 3, "2": 0, "5": 1}}]}


@pytest.fixture
def job() -> Job:
    return Job()


def post(job: Job, path: str, body: Any = None, *, header: str = "project-token", **query: str) -> Any:
    """Call as the reporter does."""
    data = body if isinstance(body, bytes) else json.dumps(BODY if body is None else body)
    return job.client.post(
        f"/2.0/{path}",
        data=data,
        content_type="application/json",
        headers={header: job.secret},
        query_params=query,
    )


def taken(answer: Any) -> Upload:
    assert answer.status_code == 200, answer.content
    assert isinstance(answer.json()["success"], str)
    return Upload.objects.get(pk=answer.json()["id"])


def test_lines_of_a_report_become_the_report_of_the_commit(job: Job) -> None:
    upload = taken(post(job, f"coverage/{SHA}/scala"))
    turn(upload)
    upload.refresh_from_db()

    assert (upload.state, upload.protocol, upload.name) == ("processed", "codacy", "scala")
    assert CommitReport.objects.get().totals.as_dict()["lines"] == {"covered": 2, "total": 3}
    commit = Commit.objects.get()
    assert (commit.sha, commit.done_by) == (SHA, "codacy")


def test_partial_reports_are_complete_after_the_final_call(job: Job) -> None:
    other = {"fileReports": [{"filename": "src/B.java", "coverage": {"1": 0}}]}
    turn(
        taken(post(job, f"coverage/{SHA}/scala", partial="true")),
        taken(post(job, f"coverage/{SHA}/java", other, partial="true")),
        taken(post(job, f"coverage/{SHA}/java", BODY, partial="true")),
    )
    assert Commit.objects.get().done_at is None
    assert CommitReport.objects.get().totals.as_dict()["lines"] == {"covered": 2, "total": 4}

    answer = post(job, f"commit/{SHA}/coverageFinal", {})
    assert answer.json() == {"success": "All reports of the commit were received."}
    assert Commit.objects.get().done_at is not None


@pytest.mark.parametrize("path", ["gh/acme/shop", "ghe/acme/shop", "acme/shop"])
def test_an_account_token_is_told_the_repository(path: str) -> None:
    job = Job(project("acme/shop"))
    job.secret = tokens.mint(project=None, group="acme", name="all").secret

    upload = taken(post(job, f"{path}/commit/{SHA}/coverage/java", header="api-token", partial="true"))
    assert upload.project == job.project
    assert post(job, f"{path}/commit/{SHA}/coverageFinal", {}, header="api-token").status_code == 200
    assert Commit.objects.get().done_at is not None
    refused = post(job, f"coverage/{SHA}/java", header="api-token")
    assert "which project" in refused.json()["error"]


def test_the_branch_that_was_assumed_is_said(job: Job) -> None:
    first = taken(post(job, f"coverage/{sha(1)}/go"))
    assert first.declared["assumed"] == {"branch": "no git branch of the project is known yet"}
    Project.objects.update(is_public=True)
    page = job.client.get(f"/p/{job.project.slug}/-/upload/{first.pk}").content.decode()
    assert "Its client named no git branch." in page
    assert "no git branch of the project is known yet" in page
    job.send(lcov({"a.go": {1: 1}}), commit=sha(2), branch="topic")
    known = taken(post(job, f"coverage/{sha(2)}/go"))
    assert (known.branch and known.branch.name) == "topic"
    default = taken(post(job, f"coverage/{sha(3)}/go"))
    assert (default.branch and default.branch.name) == "main"
    assert default.declared["assumed"] == {"branch": "the default branch of the project"}


@pytest.mark.parametrize("header", ["project-token", "api-token", "Authorization"])
def test_the_token_stands_in_a_header(job: Job, header: str) -> None:
    if header == "Authorization":
        job.secret = f"Bearer {job.secret}"
    taken(post(job, f"coverage/{SHA}/go", header=header))


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "not a JSON object"),
        (b"hello", 400, "not a JSON object"),
        (b'{"fileReports": [', 400, "cut off"),
        (b"{}", 400, "fileReports"),
        (b'{"fileReports": ' + b"[" * 1000, 400, "nested"),
        (b"[]", 400, "not a JSON object"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_broken_body_is_refused_with_a_sentence(job: Job, body: bytes, status: int, words: str) -> None:
    answer = post(job, f"coverage/{SHA}/go", body)
    assert answer.status_code == status
    assert words in answer.json()["error"]
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("coverage/abc/go", "full git id"),
        (f"coverage/{SHA}/" + "go%0d%0aX:%20y", "control character"),
    ],
)
def test_wrong_words_in_the_address_are_refused(job: Job, path: str, words: str) -> None:
    answer = post(job, path)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


@pytest.mark.usefixtures("one_window")
def test_strangers_are_told_what_to_set_and_stopped(job: Job) -> None:
    secret, job.secret = job.secret, ""
    answer = post(job, f"coverage/{SHA}/go")
    assert answer.status_code == 401
    assert "CODACY_PROJECT_TOKEN" in answer.json()["error"]
    job.secret = "nonsense"
    statuses = [post(job, f"coverage/{SHA}/go").status_code for _ in range(rate.MAX_STRANGERS)]
    assert statuses == [401] * (rate.MAX_STRANGERS - 1) + [429]
    job.secret = secret
    assert post(job, f"coverage/{SHA}/go").status_code == 429


def test_a_final_call_without_reports_is_refused(job: Job) -> None:
    answer = post(job, f"commit/{SHA}/coverageFinal", {})
    assert answer.status_code == 404
    assert "before the final call" in answer.json()["error"]


@pytest.mark.parametrize(
    ("files", "state", "total"),
    [
        ([{"filename": "a", "coverage": {"x": 1, "-1": 1, "99999999999": 1, "2": 1}}], "processed", 1),
        ([{"filename": "a", "coverage": {"1": 2.5, "2": None, "3": "4", "4": -1}}], "processed", 3),
        ([{"filename": "a"}], "processed", 0),
        ([{"coverage": {}}], "failed", 0),
        ([5], "failed", 0),
    ],
    ids=str,
)
def test_odd_lines_count_as_far_as_they_can(job: Job, files: list[Any], state: str, total: int) -> None:
    upload = taken(post(job, f"coverage/{SHA}/go", {"fileReports": files}))
    turn(upload)
    upload.refresh_from_db()
    assert upload.state == state, upload.outcomes
    if upload.totals is not None:
        assert upload.totals.as_dict()["lines"]["total"] == total
