"""The door of the pipe: who may upload, what is refused with which words, and what a 202 promises."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from covdash.dashboards.addresses import Place
from covdash.projects import tokens
from covdash.projects.models import Branch, Commit, Project
from covdash.reports.models import Upload
from ingest import doorbell, filing, receive
from tests.factories.uploads import SHA, Job, lcov, project

pytestmark = pytest.mark.django_db

REPORT = lcov({"src/a.py": {1: 1, 2: 0}})


@pytest.fixture
def job() -> Job:
    return Job()


def error_of(answer: Any, status: int) -> dict[str, str]:
    """Check the shape of a refusal, and that nothing was written; returns the error."""
    assert answer.status_code == status, answer.content
    body = answer.json()
    assert set(body) == {"error"}
    assert set(body["error"]) <= {"code", "message", "hint", "field"}
    assert body["error"]["message"].endswith(".")
    assert not Upload.objects.exists()
    error: dict[str, str] = body["error"]
    return error


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


def test_a_full_disk_refuses_and_asks_to_come_again(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive, "FREE_BYTES", 2**80)
    monkeypatch.setattr(receive, "FREE_SHARE", 1.1)
    answer = job.post(REPORT)
    error = error_of(answer, 503)
    assert error["code"] == "storage_full"
    assert int(answer.headers["Retry-After"]) > 0


def test_a_storage_that_fails_gives_503_and_no_row(job: Job, settings: Settings, tmp_path: Path) -> None:
    blocked = tmp_path / "objects"
    blocked.write_text("a file where the folder should be")
    settings.STORAGES = settings.STORAGES | {
        "objects": {
            "BACKEND": "covdash.storage.DurableFileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "objects" / "in")},
        }
    }
    answer = job.post(REPORT)
    assert error_of(answer, 503)["code"] == "storage_unavailable"
    assert "Retry-After" in answer.headers


@pytest.mark.django_db(transaction=True)
def test_a_database_that_does_not_answer_in_time_gives_503(job: Job) -> None:
    """Another connection holds the table; every wait is bounded, so the client is told to come again."""
    other = connection.copy()
    try:
        with other.cursor() as holder, connection.cursor() as cursor:
            other.set_autocommit(False)
            holder.execute("LOCK TABLE reports_upload IN ACCESS EXCLUSIVE MODE")
            cursor.execute("SET lock_timeout = '50ms'")
            answer = job.post(REPORT)
    finally:
        other.close()
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
    assert error_of(answer, 503)["code"] == "unavailable"
    assert "Retry-After" in answer.headers


@pytest.fixture
def silent_bell() -> Iterator[None]:
    doorbell.breaker.__init__()  # type: ignore[misc]
    yield
    doorbell.breaker.__init__()  # type: ignore[misc]


@pytest.mark.usefixtures("silent_bell")
@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_costs_no_upload(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """The row is the truth: 202 without a bell, and after the first failure nobody waits for the broker."""
    rung = []

    def away(*args: object, **_: object) -> None:
        rung.append(args)
        raise ConnectionError("no broker")

    monkeypatch.setattr(doorbell.app, "send_task", away)
    assert job.post(REPORT).status_code == 202
    assert job.post(REPORT, job="second").status_code == 202
    assert len(rung) == 1
    assert Upload.objects.filter(state="received").count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_bell_rings_after_the_commit_with_the_id_only(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[tuple[str, list[Any]]] = []
    monkeypatch.setattr(doorbell.app, "send_task", lambda task, args, **_: rung.append((task, args)))
    upload = job.send(REPORT)
    assert rung == [("ingest.tasks.process_upload", [str(upload.pk)])]
    assert job.send(REPORT).pk == upload.pk
    assert rung[1:] == [("ingest.tasks.assemble_commit", [upload.commit_id])]


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
