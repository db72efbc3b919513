"""Hostile and broken jobs: a clear 4xx in the dialect, or a job whose usable part counts; nothing is lost and nothing gets through."""

from __future__ import annotations

import gzip
import io
import json
from typing import Any

import pytest
from pytest_django import Settings

from covdash.reports.models import Upload
from tests.factories.coveralls import ENCODINGS, as_file, as_form, as_gzip, document, dumped
from tests.factories.uploads import Job, multipart, sha, turn
from tests.ingest.protocols.test_coveralls import send, sent

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def job() -> Job:
    return Job()


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Check the shape of a refusal, and that nothing was kept; returns it."""
    found: dict[str, Any] = answer.json()
    assert (answer.status_code, found["code"]) == (status, code), found
    assert found["error"] is True
    assert found["message"].endswith(".")
    assert not Upload.objects.exists()
    return found


def post(job: Job, body: bytes, kind: str, **extra: Any) -> Any:
    """Post bytes, with the token in the header."""
    return job.client.post("/api/v1/jobs", data=body, content_type=kind, headers=job.headers, **extra)


@pytest.mark.parametrize("how", ENCODINGS)
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "malformed"),
        (b"hello", "malformed"),
        (b"[1]", "malformed"),
        (b"{}", "malformed"),
        (b'{"git": 1}', "malformed"),
        (b"{'source_files': []}", "malformed"),
        (b'{"source_files": []} x', "malformed"),
        (b'{"source_files": []}}', "malformed"),
        (b'{"source_files": [], "git": {"a" 1}}', "malformed"),
        (b'{"source_files": [], "git": }', "malformed"),
        (b'{"source_files": [], "git": ' + b"[" * 500 + b"]" * 500 + b"}", "too_deep"),
        (b'{"source_files": ' + b'{"a":' * 100_000, "too_deep"),
        ("{}".encode("utf-16"), "malformed"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_job_is_refused(job: Job, how: str, data: bytes, code: str) -> None:
    body, kind = ENCODINGS[how](data)
    answer = post(job, body, kind)
    # An empty text field or body is no document at all.
    assert answer.json()["code"] in (code, "empty", "missing_field")
    assert answer.status_code == 400
    assert not Upload.objects.exists()


@pytest.mark.parametrize("how", ENCODINGS)
def test_a_document_that_was_cut_off_is_refused_wherever_it_ends(job: Job, how: str) -> None:
    data = dumped(document(job.secret))
    for end in range(1, len(data), 37):
        body, kind = ENCODINGS[how](data[:end])
        found = refused(post(job, body, kind), 400, "malformed")
    assert "cut off" in found["message"]


def test_broken_gzip_is_refused(job: Job) -> None:
    packed = gzip.compress(dumped(document(job.secret)))

    refused(post(job, *as_file(packed[: len(packed) // 2])), 400, "truncated")
    refused(post(job, *as_file(packed[:20] + b"\xff" * 40 + packed[60:])), 400, "malformed")
    refused(post(job, *as_file(b"\x1f\x8b")), 400, "truncated")
    refused(post(job, *as_gzip(packed)), 400, "nested_archive")


def test_a_gzip_bomb_is_refused(job: Job) -> None:
    bomb = io.BytesIO()
    with gzip.GzipFile(fileobj=bomb, mode="wb") as packed:
        packed.write(b'{"source_files": [], "x": "')
        for _ in range(200):
            packed.write(b" " * 1_000_000)
    found = refused(post(job, *as_file(bomb.getvalue())), 413, "decompression_limit")
    assert "COVDASH_MAX_RATIO" in found["message"]


def test_a_form_bomb_is_refused(job: Job) -> None:
    refused(post(job, b"&".join(b"f%d=%d" % (n, n) for n in range(100_000)), FORM), 413, "too_many_fields")
    parts = [(f"f{n}", None, b"") for n in range(5_000)]
    refused(post(job, *multipart(parts)), 413, "too_many_fields")
    refused(post(job, b"a" * 100_000 + b"=1", FORM), 400, "malformed_form")
    refused(post(job, b"a=" + b"1" * 100_000, FORM), 413, "fields_too_large")
    refused(post(job, b"&" * 100_000, FORM), 400, "missing_field")
    keys = b",".join(b'"k%d":1' % n for n in range(100_000))
    refused(post(job, *as_file(b'{"source_files":[],' + keys + b"}")), 413, "too_large")


def test_more_bytes_than_allowed_are_refused_in_every_encoding(job: Job, settings: Settings) -> None:
    settings.COVDASH_MAX_UPLOAD_BYTES = 1000
    data = dumped(document(job.secret, padding="x" * 4000))
    for how in ("file", "text", "form", "body"):
        body, kind = ENCODINGS[how](data)
        assert post(job, body, kind).json()["code"] == "too_large"


def test_percent_signs_do_not_count_as_bytes_of_the_document(job: Job, settings: Settings) -> None:
    """A urlencoded document may be three times as long on the wire; the document itself may not."""
    data = dumped(document(job.secret, padding='"' * 600))
    settings.COVDASH_MAX_UPLOAD_BYTES = len(data) + 10
    body, kind = as_form(data)
    assert len(body) > len(data) + 10
    assert post(job, body, kind).status_code == 200
    body, kind = as_form(dumped(document(job.secret, padding="x" * 2000)))
    assert post(job, body, kind).json()["code"] == "too_large"


def test_several_documents_and_none_are_refused(job: Job) -> None:
    data = dumped(document(job.secret))
    parts = [("json", None, data), ("json_file", "a", data)]
    assert post(job, *multipart(parts)).json()["code"] == "several_documents"
    assert post(job, *multipart([("other", "a", data)])).json()["code"] in (
        "missing_field",
        "fields_too_large",
    )
    assert post(job, b"x", "multipart/form-data").json()["code"] == "malformed_multipart"
    body, kind = multipart([("json", None, data)])
    assert post(job, body[:-40], kind).json()["code"] == "truncated_body"
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"git": ...}, "missing_field"),
        ({"git": None}, "missing_field"),
        ({"git": {"head": "x"}}, "missing_field"),
        ({"git": {"head": {"id": "abc"}}}, "bad_field"),
        ({"git": {"head": {"id": 5}}}, "bad_field"),
        ({"git": {"head": {"id": "z" * 40}}}, "bad_field"),
        ({"commit_sha": "main", "git": ...}, "bad_field"),
    ],
    ids=str,
)
def test_a_job_without_a_commit_is_refused(job: Job, said: dict[str, Any], code: str) -> None:
    found = refused(send(job, document(job.secret, **said)), 400, code)
    assert "git.head.id" in found["hint"]
    assert found["field"] == "commit"


def test_a_commit_message_without_end_is_refused_and_a_long_one_cut(job: Job) -> None:
    git = {"branch": "main", "head": {"id": sha(1), "message": "x" * 2_000_000}}
    refused(send(job, document(job.secret, git=git)), 413, "too_large")
    git["head"] = {"id": sha(1), "message": "x" * 200_000}
    assert len(sent(job, document(job.secret, git=git)).commit.message) < 70_000


def test_names_with_line_ends_become_one_line_or_are_left_out(job: Job) -> None:
    upload = sent(
        job,
        document(
            job.secret,
            service_name="ci\r\nSet-Cookie: a=b",
            service_job_id="1\x00\n2",
            flag_name="a\r\nX: y,b",
            service_build_url="https://a\r\nb/",
            service_number="7\n7",
            repo_name="a\nb",
        ),
    )
    assert upload.job == "ci Set-Cookie: a=b"
    assert upload.flags == ["a-X-y-b"]
    assert upload.build_url == ""
    text = json.dumps([upload.slot, upload.name, upload.declared["ci"]["name"], upload.declared["ci"]["run"]])
    assert not any(escape in text for escape in ("\\n", "\\r", "\\u0000"))
    answer = send(job, document(job.secret, service_branch="a\r\nb"))
    assert (answer.status_code, answer.json()["field"]) == (400, "branch")
    assert "\n" not in answer.reason_phrase


def test_credentials_in_the_build_address_are_not_kept(job: Job) -> None:
    assert sent(job, document(job.secret, service_build_url="https://user:pw@ci/1")).build_url == ""


def test_unknown_keys_and_odd_values_pass_by(job: Job) -> None:
    names = ("run_at", "compare_ref", "environment", "service_job_number", "parallel", "flag_name")
    odd = {name: {"a": [1]} for name in names}
    assert sent(job, document(job.secret, **odd)).flags == []


@pytest.mark.parametrize(
    ("entry", "lines"),
    [
        ({"name": "a.py", "coverage": [1, 0, None], "source": "a\nb"}, {"covered": 1, "total": 2}),
        ({"name": "a.py", "coverage": [1, 0, 1, 1, 1], "source": "a\nb"}, {"covered": 1, "total": 2}),
        ({"name": "a.py", "coverage": [], "source": ""}, {"covered": 0, "total": 0}),
        ({"name": "a.py", "coverage": [1, "2", 2.5, True, -3, 10**30]}, {"covered": 5, "total": 6}),
        ({"name": "a.py", "coverage": [1], "branches": [1, 0, 0]}, {"covered": 1, "total": 1}),
        (
            {"name": "a.py", "coverage": [1], "branches": None, "functions": None, "source": None},
            {"covered": 1, "total": 1},
        ),
    ],
    ids=str,
)
def test_odd_files_count_as_far_as_they_can(job: Job, entry: dict[str, Any], lines: dict[str, int]) -> None:
    """An array longer than the file (clients that split at line ends), hits as text, arms that are no quadruples."""
    upload = sent(job, document(job.secret, source_files=[entry]))
    turn(upload)
    upload.refresh_from_db()
    assert upload.state == "processed", upload.outcomes
    assert upload.totals is not None
    assert upload.totals.as_dict().get("lines") == lines


def test_functions_of_grcov_are_read(job: Job) -> None:
    functions = [{"name": "f", "start": 1, "exec": True}, {"name": "g", "start": 3, "exec": False}]
    entry = {"name": "a.rs", "coverage": [1], "functions": functions}
    upload = sent(job, document(job.secret, source_files=[entry]))
    turn(upload)
    upload.refresh_from_db()
    assert upload.totals is not None
    assert upload.totals.as_dict()["functions"] == {"covered": 1, "total": 2}


@pytest.mark.parametrize("files", [[1], [{}], [{"name": 5}], [{"name": "a", "coverage": {}}], [None]])
def test_files_without_shape_fail_with_their_place(job: Job, files: list[Any]) -> None:
    """The document is taken, since its frame is right; the upload says what is wrong in which entry."""
    upload = sent(job, document(job.secret, source_files=files))
    turn(upload)
    upload.refresh_from_db()
    assert (upload.state, upload.error_code) == ("failed", "malformed")
    assert "source_files[0]" in json.dumps(upload.outcomes)


def test_binary_and_endless_texts_are_no_sources(job: Job) -> None:
    files = [
        {"name": "a.bin", "coverage": [1], "source": "a\x00b"},
        {"name": "b.py", "coverage": [1], "source": "x" * (4 * 1024 * 1024 + 1)},
    ]
    upload = sent(job, document(job.secret, source_files=files))
    turn(upload)
    upload.refresh_from_db()
    assert upload.state == "processed"
    address = f"/api/v1/projects/{job.project.slug}/commits/{upload.commit.sha}/files/a.bin"
    job.project.is_public = True
    job.project.save()
    assert job.client.get(address).json().get("source") is None
