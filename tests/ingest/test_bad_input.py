"""Whatever is wrong with a report ends as a sentence in the status of its upload, and the other files of the upload are unharmed."""

from __future__ import annotations

import gzip
import io
import tarfile
import threading
import zipfile
from typing import Any

import pytest
import zstandard
from django.db import connection
from pytest_django import Settings

from covdash.reports.models import CommitReport, Upload
from tests.factories.uploads import Job, lcov, turn

pytestmark = pytest.mark.django_db

GOOD = lcov({"src/a.py": {1: 1, 2: 0}})
BOMB = gzip.compress(b"TN:\nSF:a.c\n" + b"DA:1,1\n" * 6_000_000)
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE coverage [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    b"<coverage line-rate='1'><packages>&b;</packages></coverage>"
)


def status_of(upload: Upload, job: Job) -> dict[str, Any]:
    turn(upload)
    status: dict[str, Any] = job.status(upload).json()
    return status


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        GOOD,
        gzip.compress(GOOD),
        zstandard.ZstdCompressor().compress(GOOD),
        zipped({"lcov.info": GOOD}),
        tarred({"lcov.info": GOOD}),
    ],
    ids=["plain", "gzip", "zstd", "zip", "tar.gz"],
)
def test_a_report_may_be_packed_in_five_ways(body: bytes) -> None:
    job = Job()
    assert status_of(job.send(body), job)["totals"]["lines"] == {"covered": 1, "total": 2}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"\x00\x01\x02 garbage", "binary"),
        (b"hello", "unknown_format"),
        (b"<html><body>404</body></html>", "unknown_format"),
        (b"{}", "empty"),
        (b"<coverage line-rate='1'><packages><package", "malformed"),
        (LAUGHS, "forbidden_xml"),
        (gzip.compress(GOOD * 1000, mtime=0)[:60], "truncated"),
        (BOMB, "decompression_limit"),
        (zipped({"inner.zip": zipped({"lcov.info": GOOD})}), "no_report"),
        (zipped({"README": b"hello"}), "no_report"),
        (b"SQLite format 3\0" + b"\0" * 100, "unknown_format"),
    ],
    ids=[
        "garbage",
        "words",
        "html",
        "nothing",
        "cut XML",
        "entities",
        "cut gzip",
        "bomb",
        "zip in zip",
        "no report",
        "cut SQLite",
    ],
)
def test_what_cannot_be_used_fails_with_a_code_and_a_sentence(body: bytes, code: str) -> None:
    job = Job()
    status = status_of(job.send(body), job)
    assert status["state"] == "failed"
    assert status["error"]["code"] == code, status
    assert len(status["error"]["message"]) > 20
    assert status["totals"] is None
    assert not CommitReport.objects.exists()


def test_a_format_that_was_named_wrongly_is_told() -> None:
    job = Job()
    status = status_of(job.send(GOOD, format="cobertura"), job)
    assert status["error"]["code"] == "format_mismatch"
    assert status_of(job.send(GOOD + b"\n", format="no-such"), job)["state"] == "failed"


def test_the_other_files_of_an_upload_are_unharmed() -> None:
    """Three good reports, a bomb, an XML attack, garbage, a text and an empty file in one upload: each has its own outcome."""
    job = Job()
    upload = job.send_form(
        [
            ("file", "one.info", GOOD),
            ("file", "bomb.gz", BOMB),
            ("file", "laughs.xml", LAUGHS),
            (
                "file",
                "two.zip",
                zipped({"x/two.info": lcov({"b.py": {1: 1}}), "x/README.md": b"hello\n"}),
            ),
            ("file", "garbage", b"\xde\xad\xbe\xef"),
            ("file", "three.info", lcov({"c.py": {1: 0}})),
            ("file", "empty.info", b""),
        ]
    )
    status = status_of(upload, job)
    assert status["state"] == "processed"
    assert [(o["state"], o.get("code", "")) for o in status["outcomes"]] == [
        ("parsed", ""),
        ("failed", "decompression_limit"),
        ("failed", "forbidden_xml"),
        ("parsed", ""),
        ("skipped", ""),
        ("failed", "unknown_format"),
        ("parsed", ""),
        ("failed", "empty"),
    ]
    assert status["outcomes"][3]["name"] == "two.zip > x/two.info"
    assert status["totals"]["lines"] == {"covered": 2, "total": 4}


def test_the_limit_of_unpacked_bytes_is_a_setting(settings: Settings) -> None:
    settings.COVDASH_MAX_UNPACKED_BYTES = 1000
    job = Job()
    status = status_of(job.send(gzip.compress(lcov({"a.c": dict.fromkeys(range(1, 500), 1)}))), job)
    assert status["error"]["code"] == "decompression_limit"
    assert "COVDASH_MAX_UNPACKED_BYTES" in status["error"]["message"]


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>.py",
        "a b/\u202e\u2028.py",
        "__proto__/x.py",
        "=cmd|x.py",
        "caf\u00e9/\U0001f600.py",
    ],
)
def test_strange_names_are_kept_as_names(name: str) -> None:
    job = Job()
    status = status_of(job.send(lcov({name: {1: 1}})), job)
    assert (status["state"], status["paths"]["matched"]) == ("processed", 1)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/usr/include/stdio.h", "node_modules/x.js"])
def test_names_outside_the_repository_are_listed_and_left_out(name: str) -> None:
    job = Job()
    status = status_of(job.send(lcov({name: {1: 1}, "ok.c": {1: 1}})), job)
    assert status["paths"]["unmatched"] == [[name, "it lies outside the repository"]]
    assert status["totals"]["lines"] == {"covered": 1, "total": 1}


def test_a_report_of_which_nothing_lies_in_the_repository_still_says_so() -> None:
    job = Job()
    status = status_of(job.send(lcov({"/usr/include/stdio.h": {1: 1}})), job)
    assert (status["state"], status["paths"]["unmatched_count"]) == ("processed", 1)
    assert status["totals"] == {}


@pytest.mark.django_db(transaction=True)
def test_one_request_sent_many_times_at_once_is_one_upload() -> None:
    job = Job()
    ids: list[str] = []
    errors: list[BaseException] = []

    def send() -> None:
        try:
            answer = Job.post(job, GOOD, job="test", flags="a")
            ids.append(answer.json()["id"])
        except BaseException as error:  # noqa: BLE001 - shown below
            errors.append(error)
        finally:
            connection.close()

    senders = [threading.Thread(target=send) for _ in range(12)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(timeout=60)
    assert not errors
    assert len(ids) == 12
    assert len(set(ids)) == 1
    assert Upload.objects.count() == 1
