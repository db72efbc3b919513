"""A disk, a storage, a database or a broker that fails costs no upload that was answered 202."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from covdash.reports.models import Upload
from ingest import doorbell, receive
from tests.factories.uploads import Job
from tests.ingest.refusals import REPORT, error_of

pytestmark = pytest.mark.django_db


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
