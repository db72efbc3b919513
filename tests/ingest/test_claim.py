"""Who works on an upload: one at a time, three times at most, and never for nothing; whatever is left alone is rung for."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import OperationalError, connection
from django.db.models.functions import Now

from covdash.projects.models import Project
from covdash.reports.models import CommitReport, Upload
from ingest import assemble, claim, process, tasks
from tests.factories.uploads import Job, lcov, turn

pytestmark = pytest.mark.django_db

REPORT = lcov({"a.c": {1: 1, 2: 0}})


@pytest.fixture
def upload() -> Upload:
    return Job().send(REPORT)


def late(upload: Upload) -> None:
    """Let the lease of an upload run out."""
    Upload.objects.filter(pk=upload.pk).update(lease_until=Now() - timedelta(seconds=1))


def test_one_worker_has_an_upload_at_a_time(upload: Upload) -> None:
    assert claim.take(upload.pk)
    assert claim.take(upload.pk) is None
    late(upload)
    assert claim.take(upload.pk)


def test_what_is_processed_is_not_taken_again(upload: Upload) -> None:
    turn(upload)
    assert claim.take(upload.pk) is None
    assert claim.take(uuid.uuid4()) is None


def test_what_belongs_to_a_paused_project_waits(upload: Upload) -> None:
    projects = Project.objects.filter(pk=upload.project_id)
    Upload.objects.update(queued_at=Now() - timedelta(minutes=1))
    projects.update(paused_at=Now())
    assert claim.take(upload.pk) is None
    assert claim.due() == []
    assert Upload.objects.get().attempts == 0

    projects.update(paused_at=None)

    assert claim.due() == [upload.pk]
    assert claim.take(upload.pk)


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_wins() -> None:
    uploads = [Job().send(lcov({"a.c": {1: n}})) for n in range(5)]
    won: list[uuid.UUID] = []

    def work() -> None:
        try:
            won.extend(upload.pk for upload in uploads if claim.take(upload.pk))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    assert sorted(won) == sorted(upload.pk for upload in uploads)


def test_a_worker_that_lost_its_lease_writes_nothing(upload: Upload) -> None:
    """A zombie that comes back after its lease ran out finds the door closed."""
    zombie = claim.take(upload.pk)
    assert zombie
    late(upload)
    other = claim.take(upload.pk)
    assert other
    with pytest.raises(claim.LeaseLostError):
        claim.finish(zombie, state="processed", root=b"x" * 20)
    with pytest.raises(claim.LeaseLostError):
        claim.renew(zombie, progress=50)
    claim.give_back(zombie, refund=True)
    upload.refresh_from_db()
    assert (upload.state, upload.lease, upload.attempts, upload.root) == ("processing", other.lease, 2, None)


def test_an_upload_that_kills_its_worker_is_tried_three_times(upload: Upload) -> None:
    for _ in range(3):
        assert claim.take(upload.pk)
        late(upload)
    assert process.run(upload.pk) == upload.commit_id
    upload.refresh_from_db()
    assert (upload.state, upload.error_code, upload.attempts) == ("failed", "poisoned", 3)
    assert upload.error.endswith(".")


def test_an_error_in_our_code_counts_as_an_attempt(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(process, "Gathering", broken)
    for attempt in (1, 2, 3):
        assert process.run(upload.pk) is None
        upload.refresh_from_db()
        assert (upload.state, upload.attempts) == ("received", attempt)
        assert upload.not_before is not None
        Upload.objects.filter(pk=upload.pk).update(not_before=None)
    assert process.run(upload.pk) == upload.commit_id
    upload.refresh_from_db()
    assert upload.error_code == "poisoned"


@pytest.mark.parametrize(
    "error", [OperationalError("the database went away"), OSError("the storage went away")]
)
def test_an_error_of_the_infrastructure_costs_no_attempt(
    upload: Upload, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def away(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(process, "Gathering", away)
        for _ in range(5):
            assert process.run(upload.pk) is None
            Upload.objects.filter(pk=upload.pk).update(not_before=None)
    upload.refresh_from_db()
    assert (upload.state, upload.attempts) == ("received", 0)
    turn(upload)
    upload.refresh_from_db()
    assert upload.state == "processed"


def test_pauses_grow_with_the_age_of_the_upload_up_to_ten_minutes(upload: Upload) -> None:
    for age, least, most in ((1, 4, 6), (60, 28, 33), (7200, 590, 601)):
        Upload.objects.filter(pk=upload.pk).update(queued_at=Now() - timedelta(seconds=age))
        mine = claim.take(upload.pk)
        assert mine
        claim.give_back(mine, refund=True)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXTRACT(epoch FROM not_before - statement_timestamp()) FROM reports_upload"
            )
            (pause,) = cursor.fetchone()
        assert least <= pause <= most
        assert claim.take(upload.pk) is None
        Upload.objects.update(not_before=None)


def test_after_a_day_of_trouble_the_upload_fails_with_a_way_out(upload: Upload) -> None:
    Upload.objects.filter(pk=upload.pk).update(queued_at=Now() - timedelta(hours=25))
    mine = claim.take(upload.pk)
    assert mine
    claim.give_back(mine, refund=True)
    upload.refresh_from_db()
    assert (upload.state, upload.error_code) == ("failed", "infrastructure")


def test_bytes_that_are_gone_or_changed_are_told_apart(upload: Upload) -> None:
    objects: Any = storages["objects"]
    (file,) = upload.files
    with open(objects.path(file["key"]), "r+b") as stored:  # noqa: PTH123
        stored.write(b"X")
    turn(upload)
    upload.refresh_from_db()
    assert (upload.state, upload.error_code) == ("failed", "blob_corrupt")
    objects.delete(file["key"])
    Upload.objects.update(state="received")
    turn(upload)
    upload.refresh_from_db()
    assert upload.error_code == "blob_missing"


def test_the_sweep_rings_for_whatever_nobody_works_on(monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job()
    fresh, forgotten, left, held, paused, loose = (job.send(lcov({"a.c": {1: n}})) for n in range(6))
    old = Now() - timedelta(seconds=30)
    Upload.objects.exclude(pk=fresh.pk).update(queued_at=old)
    for upload in (left, held):
        assert claim.take(upload.pk)
    late(left)
    Upload.objects.filter(pk=paused.pk).update(not_before=Now() + timedelta(seconds=60))
    Upload.objects.filter(pk=loose.pk).update(state="failed", revision=1)
    rung: list[tuple[str, Any]] = []
    monkeypatch.setattr(tasks.doorbell, "ring", lambda task, *words: rung.append((task, *words)))
    tasks.sweep()
    assert sorted(rung) == sorted(
        [(tasks.PROCESS, str(forgotten.pk)), (tasks.PROCESS, str(left.pk)), (tasks.ASSEMBLE, loose.commit_id)]
    )


def test_a_worker_that_died_between_processing_and_assembling_is_made_good(upload: Upload) -> None:
    """The upload is processed, the report does not know it: ringing for the upload or for the commit both help."""
    assert process.run(upload.pk) == upload.commit_id
    assert not CommitReport.objects.exists()
    assert assemble.stale_commits() == [upload.commit_id]
    assert process.run(upload.pk) == upload.commit_id
    tasks.process_upload(str(upload.pk))
    assert CommitReport.objects.get(flag="").totals.get("lines") == (1, 2)
    assert assemble.stale_commits() == []


def test_ringing_twice_changes_nothing(upload: Upload) -> None:
    tasks.process_upload(str(upload.pk))
    report = CommitReport.objects.get(flag="")
    for _ in range(3):
        tasks.process_upload(str(upload.pk))
        tasks.assemble_commit(upload.commit_id)
    again = CommitReport.objects.get(flag="")
    assert (again.pk, again.updated_at, bytes(again.root)) == (
        report.pk,
        report.updated_at,
        bytes(report.root),
    )
    upload.refresh_from_db()
    assert upload.attempts == 1
