"""Builds: jobs of one number are one report, the webhook says that all were sent, and a late job is never refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from covdash.projects import tokens
from covdash.projects.models import Commit
from covdash.reports.models import CommitReport, Upload
from tests.factories.coveralls import document
from tests.factories.uploads import SHA, Job, project, sha, turn
from tests.ingest.protocols.test_coveralls import GITHUB, send, sent

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def job() -> Job:
    return Job()


def leg(job: Job, flag: str, covered: int, build: str = "77", **facts: Any) -> dict[str, Any]:
    """Return a parallel job; all of a matrix carry the id of the run, as GitHub's do."""
    files = [{"name": "a.py", "coverage": [int(line == covered) for line in range(4)]}]
    said = {"service_number": build, "service_job_id": build, "parallel": True, "flag_name": flag}
    return document(job.secret, source_files=files, **(said | facts))


def close(job: Job, said: dict[str, Any] | None = None, **query: str) -> Any:
    """Close a build in JSON."""
    body = {"payload": {"status": "done", "build_num": "77"}, "repo_token": job.secret} | (said or {})
    return job.client.post("/webhook", data=body, content_type="application/json", query_params=query)


def done(ref: str = SHA) -> bool:
    return Commit.objects.get(sha=ref).done_at is not None


def test_jobs_of_a_matrix_are_one_report_and_the_webhook_completes_it(job: Job) -> None:
    uploads = [sent(job, leg(job, f"py{n}", n)) for n in range(3)]
    turn(*uploads)
    assert len({upload.slot for upload in uploads}) == 3
    assert not done()

    answer = close(job)
    assert answer.status_code == 200
    assert answer.json()["done"] is True
    assert "error" not in answer.json()
    assert done()
    assert Commit.objects.get().done_by == "coveralls"
    report = CommitReport.objects.get(flag="")
    assert (report.uploads, report.totals.as_dict()["lines"]) == (3, {"covered": 3, "total": 4})
    assert set(CommitReport.objects.values_list("flag", flat=True)) == {"", "py0", "py1", "py2"}


def test_legs_without_a_flag_join_although_their_job_id_is_one(job: Job) -> None:
    turn(*(sent(job, leg(job, "", n)) for n in range(2)))
    assert CommitReport.objects.get(flag="").totals.as_dict()["lines"] == {"covered": 2, "total": 4}


def test_a_late_job_is_taken_and_the_webhook_may_come_again(job: Job) -> None:
    sent(job, leg(job, "a", 0))
    assert close(job).status_code == 200
    first = Commit.objects.get().done_at
    sent(job, leg(job, "b", 1))
    assert Upload.objects.count() == 2
    assert close(job).status_code == 200
    again = Commit.objects.get().done_at
    assert first is not None
    assert again is not None
    assert again > first


@pytest.mark.parametrize(
    ("fields", "query"),
    [
        (
            {
                "repo_token": "{}",
                "payload[build_num]": "77",
                "payload[status]": "done",
                "repo_name": "acme/x",
            },
            {},
        ),
        ({"payload[build_num]": "77", "payload[status]": "done"}, {"repo_token": "{}"}),
        ({"payload[build_num]": "77"}, {"repo_token": "{}", "carryforward": "a,b"}),
        ({"payload[build_num]": "77", "carryforward": "a,b", "repo_token": "{}"}, {}),
    ],
    ids=str,
)
def test_the_webhook_takes_bracketed_forms(job: Job, fields: dict[str, str], query: dict[str, str]) -> None:
    sent(job, leg(job, "a", 0))
    filled, asked = ({key: text.format(job.secret) for key, text in part.items()} for part in (fields, query))
    answer = job.client.post("/webhook", data=urlencode(filled), content_type=FORM, query_params=asked)
    assert answer.status_code == 200, answer.content
    assert done()
    wants_carry = "carryforward" in fields or "carryforward" in query
    assert Commit.objects.get().completeness.get("carry") == (["a", "b"] if wants_carry else None)


@pytest.mark.parametrize(
    ("said", "query", "carry"),
    [
        ({"carryforward": "unit,e 2 e"}, {}, ["unit", "e-2-e"]),
        ({"payload": {"build_num": 77, "carryforward": "unit"}}, {}, ["unit"]),
        ({}, {"carryforward": "all"}, ["all"]),
        ({"carryforward": "x"}, {"carryforward": "unit"}, ["unit"]),
        ({"carryforward": None}, {}, None),
    ],
    ids=str,
)
def test_flags_to_carry_forward_are_kept_on_the_commit(
    job: Job, said: dict[str, Any], query: dict[str, str], carry: list[str] | None
) -> None:
    """`Commit.completeness["carry"]`; the report of the commit has to look again when there are new ones."""
    upload = sent(job, leg(job, "a", 0))
    turn(upload)
    upload.refresh_from_db()
    assert upload.revision == upload.folded
    assert close(job, said, **query).status_code == 200
    assert Commit.objects.get().completeness.get("carry") == carry
    upload.refresh_from_db()
    assert upload.revision == upload.folded + bool(carry)
    assert close(job, {"carryforward": "later"}).status_code == 200
    assert Commit.objects.get().completeness["carry"] == [*(carry or []), "later"]


def test_a_build_that_repeats_the_coverage_of_another_can_be_closed(job: Job) -> None:
    """The same commit built twice gives the same bytes: one upload of two builds."""
    first = sent(job, leg(job, "a", 0, service_job_id="1"))
    again = sent(job, leg(job, "a", 0, build="78", service_job_id="1"))
    # The build number stands in the document, so these are two uploads; without it they are one.
    assert first.pk != again.pk
    bare = sent(job, leg(job, "b", 0, build="79"))
    bare.declared = bare.declared | {"ci": {"name": "jenkins", "builds": ["1"]}}
    bare.save()
    assert sent(job, leg(job, "b", 0, build="79")).pk == bare.pk
    bare.refresh_from_db()
    assert bare.declared["ci"]["builds"] == ["1", "79"]
    assert close(job, {"payload": {"build_num": "79"}}).status_code == 200


def test_only_the_commits_of_the_build_are_complete(job: Job) -> None:
    sent(job, leg(job, "a", 0))
    sent(job, leg(job, "a", 0, build="78", commit_sha=sha(2)))
    stranger = Job()
    sent(stranger, leg(stranger, "a", 0, commit_sha=sha(3)))

    assert close(job).json()["commits"] == [SHA]
    assert (done(SHA), done(sha(2)), done(sha(3))) == (True, False, False)


def test_a_token_of_a_group_says_the_repository(job: Job) -> None:
    shop = Job(project("acme/shop"))
    shop.secret = tokens.mint(project=None, group="acme", name="all").secret
    sent(shop, leg(shop, "a", 0, repo_name="acme/shop"))

    assert close(shop).json()["code"] == "missing_field"
    assert close(shop, {"repo_name": "acme/shop"}).json()["done"] is True


@pytest.mark.parametrize(
    ("said", "code", "status"),
    [
        ({"repo_token": None}, "token_required", 422),
        ({"repo_token": GITHUB}, "foreign_token", 422),
        ({"repo_token": "tok"}, "bad_token", 422),
        ({"payload": {"status": "done"}}, "missing_field", 422),
        ({"payload": None}, "missing_field", 422),
        ({"payload": [1]}, "missing_field", 422),
        ({"payload": {"build_num": "78", "status": "done"}}, "unknown_build", 422),
        ({"payload": {"build_num": "7" * 100_000}}, "unknown_build", 422),
        ({"payload": {"build_num": "77", "status": "failed"}}, "bad_field", 422),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_closes_nothing_says_why(job: Job, said: dict[str, Any], code: str, status: int) -> None:
    sent(job, leg(job, "a", 0))
    answer = close(job, said)
    found = answer.json()
    assert (answer.status_code, found["error"], found["code"]) == (status, True, code)
    assert not done()


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"", "application/json", "token_required"),
        (b"[]", "application/json", "malformed"),
        (b"{", "application/json", "malformed"),
        (b"[" * 100_000, "application/json", "malformed"),
        (b"x" * 2_000_000, "application/json", "too_large"),
        (b"&".join(b"f%d=" % n for n in range(100_000)), FORM, "too_many_fields"),
        (b"payload[build_num]=" + b"7" * 100_000, FORM, "fields_too_large"),
        (b"--x--", "multipart/form-data; boundary=x", "token_required"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_hostile_webhooks_are_refused(job: Job, body: bytes, kind: str, code: str) -> None:
    answer = job.client.post("/webhook", data=body, content_type=kind)
    assert answer.json()["code"] == code, answer.content
    assert 400 <= answer.status_code < 500


def test_builds_of_long_ago_are_not_closed_by_their_number(job: Job) -> None:
    """Jenkins counts the builds of each branch from one."""
    upload = sent(job, leg(job, "a", 0))
    Upload.objects.filter(pk=upload.pk).update(received_at=timezone.now() - timedelta(days=8))
    assert close(job).json()["code"] == "unknown_build"


def test_a_refused_job_is_shown_on_the_setup_page(job: Job) -> None:
    from covdash.projects import refusals

    assert send(job, document(job.secret, git=...)).status_code == 400
    found = refusals.last(project_id=job.project.pk)
    assert found is not None
    assert "commit" in found.message
