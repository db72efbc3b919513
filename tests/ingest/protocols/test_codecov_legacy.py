"""Codecov's older uploaders: facts in the query, two addresses as text, and a body of sections with or without gzip."""

from __future__ import annotations

import gzip
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.core.files.storage import storages
from django.test import Client

from covdash.reports.models import CommitReport, Upload
from tests.factories.uploads import SHA, Job, lcov, turn

pytestmark = pytest.mark.django_db

REPORT = lcov({"src/a.py": {1: 1, 2: 0}})
OTHER = lcov({"src/a.py": {1: 0, 2: 5}})
BODY = (
    b"SECRET=hunter2\n<<<<<< ENV\n"
    b"src/a.py\nsrc/b.py\n\n<<<<<< network\n"
    b"# path=/ci/unit/lcov.info\n" + REPORT + b"\n<<<<<< EOF\n"
    b"# path=/ci/e2e/lcov.info\n" + OTHER + b"<<<<<< EOF\n"
    b"# path=fixes\nsrc/a.py:1,2\n<<<<<< EOF\n"
    b"==FROMNOWONIGNOREDBYCODECOV==>>>\nSF:ignored.py\nDA:1,1\nend_of_record\n"
)
QUERY: dict[str, Any] = {
    "package": "codecov-cli/11.3.1", "commit": SHA, "branch": "main", "slug": "acme/demo", "service": "local", "flags": "unit,e2e",
    "name": "job1", "pr": "false", "build": "17", "build_url": "https://ci.example.org/17", "job": "918", "tag": "", "cmd_args": "f,Z",
}  # fmt: skip


@pytest.fixture
def job() -> Job:
    return Job()


def post(
    job: Job, version: str, body: bytes = b"", *, headers: dict[str, str] | None = None, **query: Any
) -> Any:
    return Client().post(
        f"/upload/{version}?{urlencode(QUERY | query, doseq=True)}",
        data=body,
        content_type="application/json",
        headers={"X-Upload-Token": job.secret} if headers is None else headers,
    )


def lines() -> tuple[int, ...]:
    turn(*Upload.objects.filter(state="received"))
    return tuple(CommitReport.objects.get(flag="").totals.get("lines") or ())


@pytest.mark.parametrize("coding", ["plain", "gzip"])
def test_v4_answers_with_two_addresses_and_takes_the_text(job: Job, coding: str) -> None:
    answer = post(job, "v4", b'{"cli_args": {}}')

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    page, address = answer.content.decode().split("\n")
    assert urlsplit(page).path == f"/p/{job.project.slug}/-/commit/{SHA}"
    assert not Upload.objects.exists()
    headers = {"Content-Encoding": "gzip"} if coding == "gzip" else {}
    stored = Client().put(
        urlsplit(address).path,
        data=gzip.compress(BODY) if coding == "gzip" else BODY,
        content_type="application/x-gzip",
        headers=headers,
    )

    assert stored.status_code == 200
    upload = Upload.objects.get()
    assert (upload.flags, upload.job, upload.pull, upload.build_url) == (
        ["e2e", "unit"],
        "job1",
        None,
        QUERY["build_url"],
    )
    assert lines() == (2, 2)
    upload.refresh_from_db()
    assert [o["name"].rpartition("> ")[2] for o in upload.outcomes] == ["e2e/lcov.info", "unit/lcov.info"]
    assert storages["objects"].open(upload.files[1]["key"]).read() == b"src/a.py\nsrc/b.py\n\n"


def test_variables_of_the_ci_are_kept_nowhere(job: Job) -> None:
    address = post(job, "v4").content.decode().split("\n")[1]
    Client().put(urlsplit(address).path, data=BODY, content_type="")
    kept = b"".join(storages["objects"].open(file["key"]).read() for file in Upload.objects.get().files)
    assert b"hunter2" not in gzip.decompress(kept[: kept.index(b"src/a.py\nsrc/b.py")])
    assert b"hunter2" not in kept


def test_v2_brings_the_bytes_with_the_facts(job: Job) -> None:
    answer = post(job, "v2", gzip.compress(BODY), attempt=0)

    said = answer.json()
    assert answer.status_code == 200
    assert (said["uploaded"], said["queued"], said["id"]) == (True, True, str(Upload.objects.get().pk))
    assert lines() == (2, 2)
    assert post(job, "v2", gzip.compress(BODY), attempt=1).json()["id"] == said["id"], (
        "sent again it is the same"
    )


def test_a_body_that_is_one_report_is_that_report(job: Job) -> None:
    post(job, "v2", REPORT)
    assert lines() == (1, 2)


def test_flags_may_be_repeated_and_a_tag_is_kept(job: Job) -> None:
    post(job, "v2", BODY, flags=["unit", "smoke"], tag="v1.2")
    upload = Upload.objects.select_related("commit").get()
    assert upload.flags == ["smoke", "unit"]
    assert upload.commit.tag == "v1.2"


@pytest.mark.parametrize(
    ("query", "body", "status", "words"),
    [
        ({"commit": "1:abcdefabcdef"}, BODY, 400, "full git id"),
        ({"branch": "HEAD"}, BODY, 400, "--branch"),
        ({"flags": "a b"}, BODY, 400, "cannot hold 'a b'"),
        ({}, b"", 400, "empty"),
        ({}, b"src/a.py\n<<<<<< network\n", 400, "holds no report"),
        ({}, b"\x1f\x8b\x08\x00oh", 400, "cannot be read"),
    ],
)
def test_refusals_are_one_line_of_text(
    job: Job, query: dict[str, str], body: bytes, status: int, words: str
) -> None:
    answer = post(job, "v2", body, **query)
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert answer.content.count(b"\n") == 1
    assert not Upload.objects.exists()


def test_the_bash_uploader_sends_its_token_in_the_query(job: Job) -> None:
    assert post(job, "v4", headers={}, token=job.secret).status_code == 200
    assert post(job, "v4", headers={}, token="wrong").status_code == 401
