"""The door of the pipe: who may upload, what is refused with which words, and what a 202 promises."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.files.storage import storages
from pytest_django import Settings

from covdash.dashboards.addresses import Place
from covdash.projects.models import Branch, Commit, Project
from covdash.reports.models import Upload
from tests.factories.uploads import SHA, Job, lcov
from tests.ingest.refusals import REPORT, error_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"commit": None}, "missing_field", "commit"),
        ({"branch": None}, "missing_field", "branch"),
        ({"commit": "abc123"}, "bad_field", "commit"),
        ({"commit": "z" * 40}, "bad_field", "commit"),
        ({"flags": "a b"}, "bad_field", "flags"),
        ({"attempt": "first"}, "bad_field", "attempt"),
        ({"pull": "x"}, "bad_field", "pull"),
        ({"build_url": "javascript:alert(1)"}, "bad_field", "build_url"),
    ],
)
def test_a_bad_field_is_named(job: Job, fields: dict[str, Any], code: str, field: str) -> None:
    for answer in (job.post(REPORT, **fields), job.form([("file", "a.info", REPORT)], **fields)):
        error = error_of(answer, 400)
        assert (error["code"], error["field"]) == (code, field)


def test_an_empty_body_or_file_is_refused(job: Job) -> None:
    assert error_of(job.post(b""), 400)["code"] == "empty"
    assert error_of(job.form([]), 400)["code"] == "empty"
    assert error_of(job.form([("file", "a.info", b"")]), 400)["code"] == "empty"


def test_a_body_over_the_limit_is_refused_before_it_is_read(job: Job, settings: Settings) -> None:
    settings.COVDASH_MAX_UPLOAD_BYTES = 1000
    error = error_of(job.post(b"x" * 1001), 413)
    assert error["code"] == "too_large"
    assert "COVDASH_MAX_UPLOAD_BYTES" in error["hint"]


def test_a_body_longer_than_it_said_is_stopped(job: Job, settings: Settings) -> None:
    """A chunked body has no length to refuse; it is counted while it comes in."""
    settings.COVDASH_MAX_UPLOAD_BYTES = 100_000

    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return b"x" * size

    body = Endless()
    answer = job.client.generic(
        "POST", f"/api/v1/uploads?commit={SHA}&branch=main", headers=job.headers,
        **{"wsgi.input": body, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )  # fmt: skip
    assert error_of(answer, 413)["code"] == "too_large"
    assert body.given < 300_000


def test_a_large_body_may_call_itself_a_form(job: Job) -> None:
    """`curl --data-binary` says urlencoded whatever it sends; Django's limit for such forms is not ours."""
    body = lcov({"a.c": dict.fromkeys(range(1, 300_000), 1)})
    assert len(body) > 3_000_000
    upload = job.send(body, content_type="application/x-www-form-urlencoded")
    assert upload.files[0]["size"] == len(body)


def test_a_chunked_body_is_read_to_its_end(job: Job) -> None:
    answer = job.client.generic(
        "POST", f"/api/v1/uploads?commit={SHA}&branch=main", headers=job.headers,
        **{"wsgi.input": io.BytesIO(REPORT), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )  # fmt: skip
    assert answer.status_code == 202


def test_a_body_that_stops_early_is_refused(job: Job) -> None:
    answer = job.client.generic(
        "POST", f"/api/v1/uploads?commit={SHA}&branch=main", headers=job.headers,
        **{"wsgi.input": io.BytesIO(REPORT), "CONTENT_LENGTH": str(len(REPORT) + 10)},
    )  # fmt: skip
    assert error_of(answer, 400)["code"] == "truncated_body"


def test_a_form_may_have_many_parts_but_not_any_number(job: Job) -> None:
    many = [("file", f"r{n}.info", REPORT) for n in range(101)]
    assert error_of(job.form(many), 413)["code"] == "too_many_parts"
    fields = [(f"x{n}", None, b"1") for n in range(1001)]
    assert error_of(job.form(fields), 413)["code"] == "too_many_fields"
    assert error_of(job.form([("file", None, b"x" * 2_000_000)]), 413)["code"] == "fields_too_large"


def test_a_broken_form_is_refused(job: Job) -> None:
    answer = job.client.post(
        "/api/v1/uploads",
        data=b"--x\r\nno",
        content_type="multipart/form-data; boundary=x",
        headers=job.headers,
    )
    assert error_of(answer, 400)["code"] == "truncated_body"
    answer = job.client.post(
        "/api/v1/uploads", data=b"--x", content_type="multipart/form-data", headers=job.headers
    )
    assert error_of(answer, 400)["code"] == "malformed_multipart"


def test_other_methods_are_refused_in_the_same_shape(job: Job) -> None:
    error = job.client.put("/api/v1/uploads", headers=job.headers).json()["error"]
    assert error["code"] == "method_not_allowed"


def test_the_answer_comes_after_row_and_bytes(job: Job) -> None:
    upload = job.send(REPORT, filename="cov/lcov.info")
    (file,) = upload.files
    assert (file["name"], file["role"], file["size"]) == ("cov/lcov.info", "report", len(REPORT))
    assert file["key"] == f"raw/{job.project.pk}/{file['digest']}"
    with storages["objects"].open(file["key"]) as stored:
        assert stored.read() == REPORT


def test_the_page_address_is_that_of_the_reading_room(job: Job, settings: Settings) -> None:
    answer = job.post(REPORT).json()
    assert answer["url"] == settings.COVDASH_URL + Place(job.project.slug).upload(answer["id"])
    assert answer["status_url"] == f"{settings.COVDASH_URL}/api/v1/uploads/{answer['id']}"


def test_fields_may_come_as_headers(job: Job) -> None:
    answer = job.client.post(
        "/api/v1/uploads", data=REPORT, content_type="text/plain",
        headers=job.headers | {"Covdash-Commit": SHA, "Covdash-Branch": "main", "Covdash-Build-Url": "https://ci.example/1"},
    )  # fmt: skip
    assert answer.status_code == 202
    assert Upload.objects.get().build_url == "https://ci.example/1"


def test_a_form_keeps_every_file_with_its_role(job: Job) -> None:
    upload = job.send_form(
        [
            ("report", "unit/lcov.info", REPORT),
            ("anything", "b.xml", b"<coverage/>"),
            ("sources", "src.zip", b"PK"),
            ("source", "src/a.py", b"print()\n"),
            ("files", None, b"src/a.py\n"),
            ("flags", None, b"unit"),
            ("flags", None, b"py311,linux"),
        ],
        message="caf\u00e9",
    )
    assert [(file["name"], file["role"]) for file in upload.files] == [
        ("unit/lcov.info", "report"),
        ("b.xml", "report"),
        ("src.zip", "sources"),
        ("src/a.py", "source"),
        ("files", "files"),
    ]
    assert upload.flags == ["linux", "py311", "unit"]
    assert upload.declared["message"] == "caf\u00e9"


def test_the_same_delivery_again_is_the_same_upload(job: Job) -> None:
    first = job.post(REPORT, job="test", flags="a,b").json()
    second = job.post(REPORT, job="test", flags="b,a")
    assert second.json()["id"] == first["id"]
    assert second.headers["Idempotent-Replayed"] == "true"
    assert Upload.objects.count() == 1
    assert job.post(REPORT, job="other", flags="a,b").json()["id"] != first["id"]
    assert job.post(REPORT, job="test", flags="a").json()["id"] != first["id"]
    assert job.post(REPORT + b"\n", job="test", flags="a,b").json()["id"] != first["id"]
    assert job.post(REPORT, job="test", flags="a,b", commit="2" * 40).json()["id"] != first["id"]


def test_an_idempotency_key_stands_for_one_upload(job: Job) -> None:
    key = {"Idempotency-Key": "build-17"}
    first = job.post(REPORT, headers=key).json()
    assert job.post(REPORT, headers=key).json()["id"] == first["id"]
    answer = job.post(REPORT, headers=key, job="other")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "idempotency_mismatch")
    assert Upload.objects.count() == 1
    assert Job().post(REPORT, headers=key).status_code == 202


def test_a_refused_upload_leaves_its_idempotency_key_free(job: Job) -> None:
    key = {"Idempotency-Key": "build-18"}
    assert job.post(REPORT, headers=key, commit="bad").status_code == 400
    assert job.post(REPORT, headers=key).status_code == 202


def test_the_same_bytes_on_a_second_branch_put_the_commit_on_both(job: Job) -> None:
    first = job.send(REPORT, branch="main")
    again = job.send(REPORT, branch="release/1")
    assert first.pk == again.pk
    assert set(Commit.objects.get().branches.values_list("branch__name", flat=True)) == {"main", "release/1"}


@pytest.mark.parametrize(
    ("branches", "default"),
    [
        (["feature/x", "main"], "main"),
        (["main", "feature/x"], "main"),
        (["dev", "topic"], "dev"),
        (["dev", "master"], "master"),
        (["master", "main"], "main"),
        (["main", "master"], "main"),
    ],
)
def test_main_or_master_becomes_the_default_branch(job: Job, branches: list[str], default: str) -> None:
    for number, branch in enumerate(branches):
        job.send(REPORT, branch=branch, commit=f"{number:040x}")
    assert Project.objects.get().default_branch == default


def test_a_default_branch_that_was_chosen_stays(job: Job) -> None:
    job.send(REPORT, branch="main")
    Project.objects.update(default_branch="develop")
    job.send(REPORT, branch="main", commit="2" * 40)
    job.send(REPORT, branch="develop", commit="3" * 40)
    assert Project.objects.get().default_branch == "develop"


@pytest.mark.usefixtures("one_window")
def test_too_many_uploads_a_minute_are_asked_to_wait(job: Job, settings: Settings) -> None:
    settings.COVDASH_UPLOADS_PER_MINUTE = 2
    assert [job.post(REPORT, job=str(n)).status_code for n in range(3)] == [202, 202, 429]
    answer = job.post(REPORT)
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert answer.json()["error"]["code"] == "rate_limited"
    assert Job(job.project).post(REPORT).status_code == 202


def test_names_from_outside_are_kept_as_names(job: Job) -> None:
    """A file name is shown, never opened; it may hold anything but NUL."""
    upload = job.send_form([("file", "../../etc/passwd", REPORT), ("file", "a\0b\u202e.info", REPORT)])
    assert [file["name"] for file in upload.files] == ["../../etc/passwd", "a\u2400b\u202e.info"]
    assert Branch.objects.count() == 1


def test_the_description_of_the_api_knows_the_uploads(job: Job) -> None:
    schema = job.client.get("/api/schema", headers={"Accept": "application/json"})
    text = schema.content.decode()
    assert "/api/v1/uploads" in text
    if schema.headers["Content-Type"].startswith("application/json"):
        assert "uploadToken" in json.loads(text)["components"]["securitySchemes"]
