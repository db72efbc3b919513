"""Codecov's protocol: every request that codecov-cli 11.3.1 sends is answered as it wants, and gives the report that was measured."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from covdash.projects import tokens
from covdash.projects.models import Branch, Commit, Project, PullRequest
from covdash.reports.models import Announcement, CommitReport, Upload
from tests.factories.uploads import SHA, lcov, project, sha, turn
from tests.ingest.protocols.codecov import Codecov, facts, packed
from tests.ingest.samples import SAMPLES

pytestmark = pytest.mark.django_db

REPORT = lcov({"src/a.py": {1: 1, 2: 0}})
OTHER = lcov({"src/a.py": {1: 0, 2: 5}})
JUNIT = (SAMPLES / "junit/pytest/shopcart/junit.xml").read_bytes()
BASE = "b" * 40


@pytest.fixture
def ci() -> Codecov:
    return Codecov()


def lines() -> tuple[int, int]:
    turn(*Upload.objects.filter(state="received"))
    return tuple(CommitReport.objects.get(flag="").totals.get("lines"))  # type: ignore[return-value]


def test_upload_coverage_is_a_post_and_a_put(ci: Codecov) -> None:
    answer = ci.announce(flags=["unit", "e2e"], name="job1")

    assert answer.status_code == 201
    assert answer.json()["url"].endswith(f"/p/{ci.project.slug}/-/commit/{SHA}")
    assert not Upload.objects.exists(), "nothing is an upload before its bytes are there"
    waiting = Announcement.objects.get()
    assert (waiting.kind, waiting.upload) == ("coverage", None)

    stored = ci.put(answer, packed({"/home/ci/repo/lcov.info": REPORT}, network=["src/a.py"]))

    assert (stored.status_code, stored.content) == (200, b"")
    upload = Upload.objects.get()
    assert Announcement.objects.get().upload == upload
    assert (upload.flags, upload.job, upload.protocol) == (["e2e", "unit"], "job1", "codecov")
    assert upload.declared["user_agent"] == "codecov-cli/11.3.1"
    assert upload.declared["ci"] == {"name": "local", "forge": "github"}
    assert [file["role"] for file in upload.files] == ["report", "files"]
    assert lines() == (1, 2)
    upload.refresh_from_db()
    assert [(o["name"], o["format"]) for o in upload.outcomes] == [("lcov.info", "lcov")]


def test_upload_process_is_four_requests(ci: Codecov) -> None:
    commit = ci.create_commit(pullid="12", parent_commit_id=BASE)
    report = ci.post(f"commits/{SHA}/reports", {"code": "default"})
    announced = ci.post(f"commits/{SHA}/reports/default/uploads", facts() | {"flags": ["unit"]})
    stored = ci.put(announced, packed({"lcov.info": REPORT}))

    assert [a.status_code for a in (commit, report, announced, stored)] == [201, 201, 201, 200]
    assert {
        "commitid": SHA,
        "branch": "main",
        "pullid": 12,
        "parent_commit_id": BASE,
    }.items() <= commit.json().items()
    assert {"external_id", "created_at", "commit_sha", "code"} <= set(report.json())
    upload = Upload.objects.get()
    assert (upload.branch.name, upload.pull.number, upload.flags) == ("main", 12, ["unit"])  # type: ignore[union-attr]
    assert upload.declared["parent"] == BASE


def test_do_upload_without_create_commit_uses_what_the_client_repeats(ci: Codecov) -> None:
    said = facts() | {"cli_args": {"branch": "feature/x", "pull_request_number": "7"}}

    answer = ci.post(f"commits/{SHA}/reports/default/uploads", said)

    assert answer.status_code == 201
    assert Announcement.objects.get().fields == {"branch": ["feature/x"], "pull": ["7"], "commit": [SHA]}


def test_a_branch_that_nobody_names_is_asked_for(ci: Codecov) -> None:
    answer = ci.post(f"commits/{SHA}/reports/default/uploads", facts())

    assert answer.status_code == 400
    assert "--branch" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("branch", "pull", "name"),
    [
        ("refs/heads/fix/a", None, "fix/a"),
        ("origin/main", "false", "main"),
        ("HEAD", "12", "pull/12"),
        (None, 12, "pull/12"),
        ("mallory:main", None, "mallory:main"),
    ],
)
def test_git_branches_are_read_as_they_are_meant(ci: Codecov, branch: Any, pull: Any, name: str) -> None:
    assert ci.create_commit(branch=branch, pullid=pull).status_code == 201
    assert Announcement.objects.get().fields["branch"] == [name]


def test_a_tag_goes_to_the_git_branch_where_its_commit_was_reported(ci: Codecov) -> None:
    ci.send({"lcov.info": REPORT}, branch="release")

    assert ci.announce(branch=None).status_code == 201
    assert ci.announce(branch=None, commitid=sha(9)).status_code == 400
    assert Announcement.objects.order_by("announced_at").last().fields["branch"] == ["release"]  # type: ignore[union-attr]


def test_test_results_are_parsed_as_such_and_change_no_number(ci: Codecov) -> None:
    said = facts() | {"slug": "acme::::demo", "branch": "main", "commit": SHA, "service": "github"}
    answer = ci.post("/upload/test_results/v1", said)
    stored = ci.put(answer, packed({"/ci/junit.xml": JUNIT}, key="test_results_files"))

    assert (answer.status_code, stored.status_code) == (201, 200)
    assert set(answer.json()) == {"raw_upload_location"}
    turn(Upload.objects.get())
    upload = Upload.objects.get()
    assert (upload.state, upload.totals, upload.outcomes[0]["format"]) == ("processed", None, "junit")
    assert upload.outcomes[0]["results"]
    assert not CommitReport.objects.exists()


def test_no_test_results_want_no_bytes(ci: Codecov) -> None:
    said = facts() | {"branch": "main", "commit": SHA, "file_not_found": True}
    assert ci.post("/upload/test_results/v1", said).status_code == 201
    assert not Announcement.objects.exists()


def test_send_notifications_says_that_all_were_sent(ci: Codecov) -> None:
    none = ci.post(f"commits/{SHA}/upload-complete", {})
    ci.send({"lcov.info": REPORT})
    one = ci.post(f"commits/{SHA}/upload-complete", {})
    lines()
    done = ci.post(f"commits/{SHA.upper()}/upload-complete", {})

    zeros = {"uploads_total": 0, "uploads_success": 0, "uploads_processing": 0, "uploads_error": 0}
    assert none.status_code == 404
    assert zeros.items() <= none.json().items()
    assert one.json() == zeros | {"uploads_total": 1, "uploads_processing": 1}
    assert done.json() == zeros | {"uploads_total": 1, "uploads_success": 1}
    commit = Commit.objects.get()
    assert (commit.done_by, commit.done_at is not None) == ("codecov", True)


def test_what_comes_after_done_still_counts(ci: Codecov) -> None:
    ci.send({"lcov.info": REPORT})
    ci.post(f"commits/{SHA}/upload-complete", {})
    ci.send({"lcov.info": OTHER}, flags=["late"])

    assert lines() == (2, 2)


def test_empty_upload_and_report_results(ci: Codecov) -> None:
    empty = ci.post(f"commits/{SHA}/empty-upload", {"should_force": True})
    made = ci.post(f"commits/{SHA}/reports/default/results", {})
    ci.send({"lcov.info": REPORT})
    pending = ci.client.get(f"{ci.root}/commits/{SHA}/reports/default/results", headers=ci.headers)
    lines()
    found = ci.client.get(f"{ci.root}/commits/{SHA}/reports/default/results", headers=ci.headers)

    assert (empty.status_code, empty.json()["non_ignored_files"]) == (200, [])
    assert made.status_code == 201
    assert (pending.json()["state"], found.json()["state"]) == ("pending", "completed")
    assert found.json()["result"]["message"].endswith(f"/-/commit/{SHA}")


def test_the_base_of_a_pull_request_comes_as_a_form(ci: Codecov) -> None:
    body = "cli_args=enterprise_url&cli_args=verbose&user_provided_base_sha=" + BASE
    answer = ci.client.put(
        "/api/v1/github/acme/demo/pulls/7",
        data=body,
        content_type="application/x-www-form-urlencoded",
        headers=ci.headers,
    )
    wrong = ci.client.put(
        "/api/v1/gitlab/a/b/c/pulls/7", data="{}", content_type="application/json", headers=ci.headers
    )

    assert answer.status_code == 200
    assert PullRequest.objects.get(number=7).base_sha == BASE
    assert wrong.status_code == 400


@pytest.mark.parametrize("service", ["github", "gitlab_enterprise", "bitbucket_server", "anything at all"])
@pytest.mark.parametrize("slug", ["acme::::demo", "a:::b::::c", "Other::::name"])
def test_service_and_slug_need_not_be_ours_where_the_token_names_the_project(
    ci: Codecov, service: str, slug: str
) -> None:
    ci.root = f"/upload/{service}/{slug}"
    ci.send({"lcov.info": REPORT})
    assert Upload.objects.get().project == ci.project


def test_a_token_of_a_group_needs_the_slug(ci: Codecov, settings: Settings) -> None:
    shop = project("acme/platform/shop")
    ci.token = tokens.mint(project=None, group="acme", name="all").secret

    ci.root = "/upload/gitlab/acme:::platform::::shop"
    ci.send({"lcov.info": REPORT})
    assert Upload.objects.get().project == shop

    ci.root = "/upload/gitlab/acme::::new"
    assert ci.announce().status_code == 404
    assert "no project 'acme/new'" in ci.announce().json()["detail"]
    settings.COVDASH_UNKNOWN_PROJECTS = "create"
    assert ci.announce().status_code == 201
    assert Project.objects.filter(slug="acme/new").exists()

    ci.root = "/upload/gitlab/other::::shop"
    assert ci.announce().status_code == 403


@pytest.mark.parametrize("where", ["authorization", "header", "query"])
def test_the_token_comes_in_three_ways(ci: Codecov, where: str) -> None:
    secret, ci.token = ci.token, None
    headers = {
        "authorization": {"Authorization": f"token {secret}"},
        "header": {"X-Upload-Token": str(secret)},
    }
    query = f"?token={secret}" if where == "query" else ""
    answer = ci.post(
        f"{ci.root}/commits{query}", {"commitid": SHA, "branch": "main"}, headers=headers.get(where)
    )
    assert answer.status_code == 201


def test_the_same_bytes_again_are_the_same_upload(ci: Codecov) -> None:
    files = {"/ci/unit/lcov.info": REPORT, "/ci/e2e/lcov.info": OTHER}
    ci.send(files, name="job")
    ci.send(dict(reversed(files.items())), name="job")
    answer = ci.announce(name="job")
    assert [ci.put(answer, packed(files)).status_code for _ in range(2)] == [200, 200]

    assert Upload.objects.count() == 1
    assert lines() == (2, 2)


def test_other_bytes_to_the_same_address_are_refused_and_the_first_are_kept(ci: Codecov) -> None:
    answer = ci.send({"lcov.info": REPORT})
    again = ci.put(answer, packed({"lcov.info": OTHER}))

    assert again.status_code == 409
    assert "kept" in again.json()["detail"]
    assert lines() == (1, 2)


def test_legs_of_a_matrix_with_one_name_join(ci: Codecov) -> None:
    ci.send({"lcov.info": REPORT}, ci_service="github-actions", job_code="CI", name="CI - test")
    ci.send({"lcov.info": OTHER}, ci_service="github-actions", job_code="CI", name="CI - test")

    assert lines() == (2, 2)


def test_a_re_run_replaces_what_it_repeats_where_the_client_counts_attempts(ci: Codecov) -> None:
    linux = {
        "ci_service": "github-actions",
        "name": "CI - test",
        "env": {"OS": "linux", "GITHUB_RUN_ATTEMPT": "1"},
    }
    again = {**linux, "env": {"OS": "linux", "GITHUB_RUN_ATTEMPT": "2"}}
    other = {**linux, "env": {"OS": "windows", "GITHUB_RUN_ATTEMPT": "1"}}
    ci.send({"lcov.info": lcov({"a.py": {1: 1, 2: 0, 3: 0}})}, **linux)
    ci.send({"lcov.info": lcov({"a.py": {1: 0, 2: 1, 3: 0}})}, **again)
    ci.send({"lcov.info": lcov({"a.py": {1: 0, 2: 0, 3: 1}})}, **other)

    assert lines() == (2, 3)
    assert Upload.objects.filter(superseded_by__isnull=False).count() == 1
    kept = json.dumps(list(Upload.objects.values_list("declared", flat=True)))
    assert "linux" not in kept, "variables of a CI may be secrets"


def test_the_number_of_a_run_names_no_job(ci: Codecov) -> None:
    ci.send({"lcov.info": REPORT}, ci_service="gitlab", name="918273", job_code="918273")
    upload = Upload.objects.get()
    assert (upload.job, upload.name, upload.slot) == ("", "", "")


def test_junk_that_the_client_picked_up_is_left_out_and_said(ci: Codecov) -> None:
    files = {
        "/ci/lcov.info": REPORT,
        "/ci/coverage-notes.txt": b"dear diary",
        "/ci/coverage.png": b"\x89PNG\r\n\x1a\n\0\0",
    }
    ci.send(files)

    assert lines() == (1, 2)
    upload = Upload.objects.get()
    states = {o["name"].rpartition(" ")[2]: o["state"] for o in upload.outcomes}
    assert states == {"lcov.info": "parsed", "coverage-notes.txt": "skipped", "coverage.png": "skipped"}


def test_paths_are_placed_by_the_list_of_files(ci: Codecov) -> None:
    ci.send({"lcov.info": lcov({"/builds/x/src/deep/a.py": {1: 1}})}, network=["src/deep/a.py", "README"])
    lines()
    assert Upload.objects.get().paths["rewritten"]


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_an_unknown_address_names_the_known_ones(ci: Codecov, method: str) -> None:
    answer = getattr(Client(), method)("/upload/github/acme::::demo/bundle-analysis")
    assert answer.status_code == 404
    assert "POST /upload/{service}/{owner}::::{repo}/upload-coverage" in answer.json()["supported"]


def test_upload_urls_are_on_our_own_host_and_carry_no_token(ci: Codecov, settings: Settings) -> None:
    settings.COVDASH_URL = "https://coverage.example.org"
    address = ci.announce().json()["raw_upload_location"]
    assert address.startswith("https://coverage.example.org/upload/bytes/")
    assert ci.token not in address
    assert urlsplit(address).query == ""


def test_answers_name_no_private_thing_to_strangers(ci: Codecov) -> None:
    """A token sees its own project only: the branch of another one's commit is not told."""
    ci.send({"lcov.info": REPORT}, branch="secret")
    stranger = Codecov()
    assert stranger.announce(branch=None).status_code == 400
    assert Branch.objects.get().project == ci.project
