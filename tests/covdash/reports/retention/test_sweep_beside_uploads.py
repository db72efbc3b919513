"""Sweeps beside a pipe that works at the same time lose nothing that an upload is about to need."""

from __future__ import annotations

import itertools
import random
import threading
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import connection, transaction

from covdash.projects import holding
from covdash.reports import corrections, retention, sweeping
from covdash.reports.models import Upload
from ingest import assemble, receive
from tests.covdash.reports.retention.history import (
    a_job,
    age,
    commit,
    holes,
    old_branch,
    reachable,
    reading,
    report,
    stored_objects,
    with_sources,
)
from tests.factories.uploads import Job, sha, turn

pytestmark = pytest.mark.django_db


def comes_again(moment: int) -> bool:
    """Let the very bytes come again whose objects, texts and files a sweep removes, at its step `moment`; False if it has none."""
    job, seen, sent = a_job(), itertools.count(), list[Upload]()
    old_branch(job)

    def come(_what: str, _number: int) -> None:
        if next(seen) == moment:
            for number in (2, 3):
                texts = {f"t/{number}/x.py": f"{number}\n", "t/y.py": "same\n"}
                sent.append(with_sources(job, number + 10, texts, branch="main"))

    retention.sweep(job.project.pk, tell=come)
    if not sent:
        return False
    whole = reading(job.project)
    for number in (12, 13):
        _, _, files = whole[f"{number:04x} "]
        assert all(text for _, _, text in files.values()), f"at step {moment} a text of {number} is gone"
    assert holes(job.project) == [], f"at step {moment}"
    for upload in sent:
        assert all(storages["objects"].exists(file["key"]) for file in upload.files), f"at step {moment}"
    return True


def test_what_an_upload_needs_again_survives_at_any_moment_of_a_sweep(tiny: None) -> None:
    assert next(moment for moment in itertools.count() if not comes_again(moment)) > 25, (
        "there were that many steps"
    )


def test_the_raw_file_that_is_found_stored_is_there_when_its_row_is_committed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A sweep comes in between the look for the bytes and the row that names them."""
    job = a_job()
    commit(job, 1)
    body = report(7)
    gone = commit(job, 2, body=body)
    corrections.delete(project_id=job.project.pk, upload_id=gone.pk, actor=None)
    assemble.run(gone.commit_id)
    age(job.project)
    written = receive._written
    swept: list[int] = []

    def late(*words: Any, **more: Any) -> Any:
        swept.append(retention.sweep(job.project.pk).raw.gone)
        return written(*words, **more)

    monkeypatch.setattr(receive, "_written", late)
    upload = job.send(body, commit=sha(3))
    assert swept == [1], "the sweep removed the file that the door had found"
    turn(upload)
    upload.refresh_from_db()
    assert upload.state == "processed"


@pytest.mark.django_db(transaction=True)
def test_a_sweep_waits_for_writers_and_gives_up_in_words() -> None:
    job = a_job()
    commit(job, 1)
    ready, done = threading.Event(), threading.Event()

    def write() -> None:

        with transaction.atomic():
            holding.hold(job.project.pk)
            ready.set()
            done.wait(20)
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    ready.wait(20)
    with pytest.raises(holding.BusyError), holding.alone(job.project.pk, patience=0.2):
        pass
    done.set()
    writer.join()
    with holding.alone(job.project.pk, patience=5):
        pass


def work(job: Job, number: int, wrong: list[str]) -> None:
    """Send and delete the same few reports over and over."""
    draw = random.Random(number)
    try:
        for at in range(12):
            upload = commit(job, number * 100 + at, body=report(draw.randrange(3)))
            upload.refresh_from_db()
            wrong += [upload.error] if upload.state != "processed" else []
            if draw.random() < 0.7:
                corrections.delete(project_id=job.project.pk, upload_id=upload.pk, actor=None)
                assemble.run(upload.commit_id)
    except Exception as error:  # noqa: BLE001 - told by the test
        wrong.append(repr(error))
    finally:
        connection.close()


def sweep_on(job: Job, ended: threading.Event, wrong: list[str]) -> None:
    """Sweep until all is done."""
    try:
        while not ended.is_set():
            retention.sweep(job.project.pk)
    except Exception as error:  # noqa: BLE001 - told by the test
        wrong.append(repr(error))
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_workers_and_sweeps_at_the_same_time_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep takes everything that is not reached, however young."""
    monkeypatch.setattr(sweeping, "_OLD", "")
    job, wrong, ended = a_job(), list[str](), threading.Event()
    commit(job, 0xFFFF)
    workers = [threading.Thread(target=work, args=(job, number, wrong)) for number in (1, 2)]
    sweeper = threading.Thread(target=sweep_on, args=(job, ended, wrong))
    for thread in (*workers, sweeper):
        thread.start()
    for thread in workers:
        thread.join(120)
    ended.set()
    sweeper.join(60)
    assert wrong == []
    assert holes(job.project) == []
    retention.sweep(job.project.pk)
    assert stored_objects(job.project) == reachable(job.project)
    assert len(reading(job.project)) > 2
