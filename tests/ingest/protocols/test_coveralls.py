"""Jobs of Coveralls: every encoding is one upload, the facts come from the document, and its token is kept nowhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.storage import storages
from django.test import Client

from covdash.projects import tokens
from covdash.projects.models import Commit, Project, PullRequest
from covdash.reports.models import Upload
from covdash.sources import store as texts
from tests.factories.coveralls import ENCODINGS, TEXT, document, dumped
from tests.factories.uploads import SHA, Job, project, sha, turn

pytestmark = pytest.mark.django_db

GITHUB = "ghs_" + "a" * 36


@pytest.fixture
def job() -> Job:
    return Job()


def send(job: Job, said: dict[str, Any], how: str = "file", **extra: Any) -> Any:
    """Post a document in one of the encodings."""
    body, kind = ENCODINGS[how](dumped(said))
    return job.client.post("/api/v1/jobs", data=body, content_type=kind, **extra)


def sent(job: Job, said: dict[str, Any], how: str = "file", **extra: Any) -> Upload:
    """Post a document that must be taken; returns its row."""
    answer = send(job, said, how, **extra)
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert set(found) == {"message", "url"}
    return Upload.objects.get(pk=found["url"].rpartition("/")[2])


@pytest.mark.parametrize("how", ENCODINGS)
def test_each_encoding_is_the_same_upload(job: Job, how: str) -> None:
    upload = sent(job, document(job.secret), how)

    assert (upload.protocol, upload.declared_format, upload.job) == ("coveralls", "coveralls-json", "jenkins")
    assert (upload.commit.sha, upload.branch and upload.branch.name) == (SHA, "main")
    assert sent(job, document(job.secret), "file").pk == upload.pk
    turn(upload)
    upload.refresh_from_db()
    assert upload.state == "processed", upload.outcomes
    assert upload.totals is not None
    assert upload.totals.as_dict()["lines"] == {"covered": 3, "total": 5}
    assert upload.totals.as_dict()["branches"] == {"covered": 1, "total": 2}
    commit = Commit.objects.get()
    assert (commit.author, commit.message) == ("Ada", "Add f")


def test_texts_of_the_document_are_sources_of_the_commit(job: Job) -> None:
    """A file with `source` has its text on its page without any forge; one with a digest alone has none."""
    Project.objects.update(is_public=True)
    turn(sent(job, document(job.secret)))

    blob = texts.blob_id(TEXT.encode())
    kept = texts.get(project_id=job.project.pk, blobs=[blob])
    assert kept == {blob: TEXT.encode()}
    address = f"/api/v1/projects/{job.project.slug}/commits/{SHA}/tree?path=src"
    entries = {entry["name"]: entry for entry in job.client.get(address).json()["entries"]}
    assert set(entries) == {"f.py", "g.py"}
    page = job.client.get(f"/p/{job.project.slug}/-/file/src/f.py?commit={SHA}").content.decode()
    assert "return" in page
    assert "ü" in page


@pytest.mark.parametrize("how", ENCODINGS)
def test_the_token_is_stored_nowhere(job: Job, how: str) -> None:
    """Before or after the files, twice, under an escaped name: the stored document does not hold it."""
    data = dumped(document(job.secret))
    twice = data[:-1] + b', "repo\\u005ftoken": "%s"}' % job.secret.encode()
    body, kind = ENCODINGS[how](b'{"repo_token": "%s", ' % job.secret.encode() + twice[1:])
    answer = job.client.post("/api/v1/jobs", data=body, content_type=kind)
    assert answer.status_code == 200, answer.content

    upload = Upload.objects.get()
    (file,) = upload.files
    with storages["objects"].open(file["key"]) as stored:
        kept = stored.read()
    assert job.secret.encode() not in kept
    assert json.loads(kept)["repo_token"].strip("*") == ""
    assert job.secret not in json.dumps([upload.declared, upload.files])
    turn(upload)
    upload.refresh_from_db()
    assert upload.state == "processed"


def test_two_tokens_are_one_delivery(job: Job) -> None:
    other = tokens.mint(project=job.project, name="other").secret

    assert sent(job, document(job.secret)).pk == sent(job, document(other)).pk


@pytest.mark.parametrize(
    "extra",
    [
        {"headers": {"Authorization": "Bearer {}"}},
        {"headers": {"Authorization": "token {}"}},
        {"query_params": {"repo_token": "{}"}},
        {"query_params": {"token": "{}"}},
    ],
    ids=str,
)
def test_a_document_without_a_token_brings_it_outside(job: Job, extra: dict[str, dict[str, str]]) -> None:
    """`coveralls --submit` posts a file as it is, without the token of the environment."""
    filled = {
        part: {key: text.format(job.secret) for key, text in words.items()} for part, words in extra.items()
    }

    assert sent(job, document(), **filled).project == job.project
    assert sent(job, document(GITHUB, service_name="github"), **filled).project == job.project


@pytest.mark.parametrize(
    ("token", "code", "words"),
    [
        (None, "token_required", "no token"),
        ("", "token_required", "no token"),
        (["x"], "token_required", "no token"),
        (GITHUB, "foreign_token", "GITHUB_TOKEN"),
        ("glcbt-64_abc", "foreign_token", "GitLab"),
        ("tok123", "bad_token", "not an upload token"),
    ],
)
def test_a_token_problem_is_422_with_the_way_out(job: Job, token: Any, code: str, words: str) -> None:
    answer = send(job, document(token))

    assert answer.status_code == 422
    refused = answer.json()
    assert (refused["error"], refused["code"]) == (True, code)
    assert words in refused["message"]
    assert "COVERALLS_REPO_TOKEN" in refused["hint"]
    if code == "foreign_token":
        assert "COVERALLS_SERVICE_NAME" in refused["hint"]
    # The client in Python prints the reason phrase and nothing else.
    assert refused["message"] in answer.reason_phrase
    assert "WWW-Authenticate" not in answer
    assert not Upload.objects.exists()


@pytest.mark.usefixtures("one_window")
def test_wrong_tokens_again_and_again_are_stopped_before_the_body(job: Job) -> None:
    statuses = [send(job, document("tok")).status_code for _ in range(60)]
    assert statuses[:20] == [422] * 20
    answer = send(job, document(job.secret))
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert "Retry-After" in answer


def test_facts_of_a_parallel_job(job: Job) -> None:
    upload = sent(
        job,
        document(
            job.secret,
            parallel=True,
            flag_name="Python 3.11 (linux)",
            service_number=77,
            service_job_id="77.1",
            service_branch="feat/x",
            service_pull_request="12",
            service_build_url="https://ci.example.org/77",
            service_event_type="pull_request",
            repo_name="acme/shop",
        ),
    )

    assert upload.flags == ["Python-3.11-linux"]
    assert upload.name == "Python 3.11 (linux)"
    assert upload.slot == "jenkins/77.1/Python-3.11-linux"
    assert upload.build_url == "https://ci.example.org/77"
    assert upload.branch is not None
    assert upload.branch.name == "feat/x"
    assert upload.pull == PullRequest.objects.get(number=12)
    assert upload.declared["ci"] == {
        "name": "jenkins", "builds": ["77"], "run": "77.1", "event": "pull_request", "repository": "acme/shop", "parallel": True,
    }  # fmt: skip
    assert upload.commit.done_at is None


def test_a_job_that_is_not_parallel_is_all_there_is(job: Job) -> None:
    upload = sent(job, document(job.secret))

    commit = Commit.objects.get(pk=upload.commit_id)
    assert commit.done_by == "coveralls"
    assert commit.done_at is not None
    assert commit.done_at >= upload.received_at


def test_the_merge_of_a_pull_request_is_filed_under_its_head(job: Job) -> None:
    """GitHub tests its own merge; the message of that commit names the head and the base."""
    merge, head, base = sha(3), sha(1), sha(2)
    git = {"branch": "feat", "head": {"id": merge, "message": f"Merge {head} into {base}"}}
    upload = sent(job, document(job.secret, git=git, service_pull_request="5"))

    assert (upload.commit.sha, upload.tested, upload.tree) == (head, merge, merge)
    assert upload.declared["base_sha"] == base
    assert upload.commit.message == ""


@pytest.mark.parametrize("pull", ["false", False, None, "", "abc", "99999999999"])
def test_no_pull_request_is_none(job: Job, pull: Any) -> None:
    assert sent(job, document(job.secret, service_pull_request=pull)).pull is None


@pytest.mark.parametrize(
    "pull", ["12", 12, "https://git.example.org/acme/shop/pull/12", "#12", "refs/pull/12/merge"]
)
def test_a_pull_request_has_many_names(job: Job, pull: Any) -> None:
    found = sent(job, document(job.secret, service_pull_request=pull)).pull
    assert found is not None
    assert found.number == 12


def test_commit_sha_overrules_git_and_stands_for_it(job: Job) -> None:
    assert sent(job, document(job.secret, commit_sha=sha(7))).commit.sha == sha(7)
    assert sent(job, document(job.secret, commit_sha="HEAD")).commit.sha == SHA
    without = document(job.secret, git=..., commit_sha=sha(8), service_branch="main")
    assert sent(job, without).commit.sha == sha(8)


def test_without_a_branch_the_known_one_is_taken_and_said(job: Job) -> None:
    git = {"branch": "HEAD", "head": {"id": SHA}}
    first = sent(job, document(job.secret, git=git))
    assert (first.branch and first.branch.name, first.declared["assumed"]["branch"]) == (
        "main",
        "no git branch of the project is known yet",
    )
    sent(job, document(job.secret, git={"branch": "topic", "head": {"id": sha(2)}}))
    known = sent(job, document(job.secret, git={"head": {"id": sha(2)}}, flag_name="a"))
    assert (known.branch and known.branch.name) == "topic"
    assert known.declared["assumed"] == {"branch": "the branch that is known of the commit"}
    default = sent(job, document(job.secret, git={"head": {"id": sha(3)}}))
    assert (default.branch and default.branch.name) == "main"
    assert default.declared["assumed"] == {"branch": "the default branch of the project"}
    pull = sent(job, document(job.secret, git={"head": {"id": sha(4)}}, service_pull_request="9"))
    assert (pull.branch and pull.branch.name) == "pull/9"


def test_a_token_of_a_group_finds_the_project_by_its_names(client: Client) -> None:
    """`repo_name`, else the path of a git remote."""
    shop, other = project("acme/shop"), project("acme/other")
    job = Job(shop)
    job.secret = tokens.mint(project=None, group="acme", name="all").secret

    assert sent(job, document(job.secret)).project == shop
    assert sent(job, document(job.secret, repo_name="acme/other")).project == other
    ssh = {"branch": "main", "head": {"id": SHA}, "remotes": [{"url": "git@git.example.org:acme/other.git"}]}
    assert sent(job, document(job.secret, git=ssh)).project == other
    answer = send(job, document(job.secret, repo_name="acme/none", git={"branch": "b", "head": {"id": SHA}}))
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_project")


def test_the_numbers_in_the_words_of_coveralls(job: Job) -> None:
    turn(sent(job, document(job.secret)))
    address = f"/builds/{SHA}.json"

    assert job.client.get(address).status_code == 404
    assert job.client.get(f"/github/{job.project.slug}.json").status_code == 404
    found = job.client.get(address, query_params={"repo_token": job.secret}).json()
    assert (found["covered_percent"], found["commit_sha"], found["branch"]) == (60.0, SHA, "main")
    assert found["repo_name"] == job.project.slug
    Project.objects.update(is_public=True)
    assert job.client.get(address).json()["covered_percent"] == 60.0
    of_branch = job.client.get(f"/github/{job.project.slug}.json", query_params={"branch": "main"})
    assert of_branch.json()["commit_message"] == "Add f"
    assert job.client.get(f"/github/{job.project.slug}.json?branch=none").status_code == 404
