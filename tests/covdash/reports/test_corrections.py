"""Corrections: an upload is left out, deleted or read again, a report stands for another commit; each deed is noted and reversible."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import connection

from covdash.accounts.models import User
from covdash.audit import trail
from covdash.coverage.tree import walk
from covdash.projects.models import Branch, BranchCommit, Commit, Project
from covdash.reports import corrections, lending, waiting
from covdash.reports.corrections import ASSEMBLE, PROCESS, CorrectionError
from covdash.reports.loading import loader
from covdash.reports.models import ChangePoint, CommitReport, Upload
from ingest import assemble, claim
from tests.factories.uploads import Job, lcov, sha, turn

pytestmark = pytest.mark.django_db

Bells = list[tuple[str, Any]]


@pytest.fixture
def job(project: Project) -> Job:
    """A CI job of the project."""
    return Job(project)


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any) -> Bells:
    """What was rung for."""
    heard: Bells = []
    monkeypatch.setattr(corrections.app, "send_task", lambda task, args, **_: heard.append((task, args[0])))
    return heard


def files(commit: str = "1" * 40) -> dict[str, int]:
    """Path -> covered lines in the report of a commit."""
    report = CommitReport.objects.get(commit__sha=commit, flag="")
    found = walk(loader(report.project_id), bytes(report.root))
    return {path: counts.covered if (counts := entry.totals.get("lines")) else 0 for path, entry in found}


def deeds(project: Project) -> list[str]:
    return [deed.action for deed in trail.listing(project_id=project.pk)]


def test_an_excluded_upload_counts_nowhere_until_it_is_taken_back(
    job: Job, ada: User, bells: Bells, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    good, bad = job.send(lcov({"a.c": {1: 1}})), job.send(lcov({"b.c": {1: 1}}))
    turn(good, bad)
    before = CommitReport.objects.get(flag="").root
    words = {"project_id": job.project.pk, "upload_id": bad.pk, "actor": ada}

    with django_capture_on_commit_callbacks(execute=True):
        assert corrections.exclude(**words, why="  wrong build ")
    assert bells == [(ASSEMBLE, bad.commit_id)]
    assert assemble.stale_commits() == [bad.commit_id], "the sweep finds it when nobody hears the bell"
    assemble.run(bad.commit_id)
    assert files() == {"a.c": 1}
    bad.refresh_from_db()
    assert (bad.excluded_why, bad.counted) == ("wrong build", False)
    assert not corrections.exclude(**words, why="again"), "the second click changes nothing"

    assert corrections.include(**words)
    assert not corrections.include(**words)
    assemble.run(bad.commit_id)
    assert CommitReport.objects.get(flag="").root == before
    assert deeds(job.project) == ["upload.include", "upload.exclude"]
    assert trail.listing(project_id=job.project.pk)[1].detail["why"] == "wrong build"


def test_leaving_out_needs_a_reason_and_an_upload_of_this_project(job: Job, ada: User) -> None:
    upload = job.send(lcov({"a.c": {1: 1}}))
    with pytest.raises(CorrectionError) as refused:
        corrections.exclude(project_id=job.project.pk, upload_id=upload.pk, why=" ", actor=ada)
    assert refused.value.code == "no_reason"
    other = Job()
    for deed in (corrections.include, corrections.delete, corrections.reprocess):
        with pytest.raises(CorrectionError) as refused:
            deed(project_id=other.project.pk, upload_id=upload.pk, actor=ada)
        assert refused.value.code == "unknown_upload"
    assert deeds(job.project) == []


def test_a_deleted_upload_is_gone_once_the_report_does_without_it(job: Job, ada: User) -> None:
    kept, gone = job.send(lcov({"a.c": {1: 1}})), job.send(lcov({"b.c": {1: 1}}))
    turn(kept, gone)
    corrections.delete(project_id=job.project.pk, upload_id=gone.pk, actor=ada)
    with pytest.raises(CorrectionError):
        corrections.delete(project_id=job.project.pk, upload_id=gone.pk, actor=ada)
    assert assemble.stale_commits() == [gone.commit_id]
    assemble.run(gone.commit_id)
    assert files() == {"a.c": 1}
    assert list(Upload.objects.all()) == [kept]
    assert storages["objects"].exists(gone.files[0]["key"]), "raw bytes are left to retention"
    assert deeds(job.project) == ["upload.delete"]


def test_without_its_last_upload_a_commit_has_no_report_and_no_trend(job: Job, ada: User) -> None:
    turn(job.send(lcov({"a.c": {1: 1}}), commit=sha(1)))
    last = job.send(lcov({"a.c": {1: 0}}), commit=sha(2), flags="unit")
    turn(last)
    corrections.delete(project_id=job.project.pk, upload_id=last.pk, actor=ada)
    assemble.run(last.commit_id)
    assert [report.commit.sha for report in CommitReport.objects.all()] == [sha(1)]
    assert not ChangePoint.objects.filter(commit_id=last.commit_id).exists()
    head = Branch.objects.get().head
    assert head is not None
    assert head.sha == sha(1)


def test_a_deleted_upload_that_is_sent_again_meanwhile_counts(job: Job, ada: User) -> None:
    """The client was told 202: nothing it sent may vanish."""
    upload = job.send(lcov({"a.c": {1: 1}}))
    turn(upload)
    corrections.delete(project_id=job.project.pk, upload_id=upload.pk, actor=ada)
    again = job.send(lcov({"a.c": {1: 1}}))
    turn(again)
    assemble.run(upload.commit_id)
    assert (again.pk, files()) == (upload.pk, {"a.c": 1})


def test_reading_again_keeps_the_result_until_the_new_one_is_there(
    job: Job, ada: User, bells: Bells, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    upload = job.send(lcov({"a.c": {1: 1}}))
    turn(upload)
    with django_capture_on_commit_callbacks(execute=True):
        assert corrections.reprocess(project_id=job.project.pk, upload_id=upload.pk, actor=ada)
    assert bells == [(PROCESS, str(upload.pk))]
    assert not corrections.reprocess(project_id=job.project.pk, upload_id=upload.pk, actor=ada)
    upload.refresh_from_db()
    assert (upload.state, bool(upload.root), files()) == ("received", True, {"a.c": 1})
    turn(upload)
    upload.refresh_from_db()
    assert upload.state == "processed"
    assert deeds(job.project) == ["upload.reprocess"]


def test_an_upload_whose_bytes_expired_keeps_its_result(job: Job, ada: User) -> None:
    upload = job.send(lcov({"a.c": {1: 1}}))
    turn(upload)
    storages["objects"].delete(upload.files[0]["key"])
    corrections.reprocess(project_id=job.project.pk, upload_id=upload.pk, actor=ada)
    turn(upload)
    upload.refresh_from_db()
    assert (upload.state, upload.error_code, bool(upload.root)) == ("processed", "blob_missing", True)
    assert files() == {"a.c": 1}


def test_all_uploads_are_read_again_one_after_another_the_newest_first(job: Job, ada: User) -> None:
    uploads = [job.send(lcov({f"{n}.c": {1: 1}}), commit=sha(n)) for n in range(1, 6)]
    turn(*uploads[:4])
    for month, upload in enumerate(uploads, 1):
        Upload.objects.filter(pk=upload.pk).update(received_at=datetime(2026, month, 1, tzinfo=UTC))
    since = datetime(2026, 2, 1, tzinfo=UTC)

    assert corrections.reprocess_all(project_id=job.project.pk, actor=ada, since=since) == 3
    due = dict(Upload.objects.values_list("pk", "not_before"))
    assert due[uploads[0].pk] is None
    assert due[uploads[4].pk] is None, "one that waits already is left alone"
    steps = [due[upload.pk] for upload in (uploads[3], uploads[2], uploads[1])]
    assert None not in steps
    assert steps[1] - steps[0] == steps[2] - steps[1] == timedelta(seconds=1 / waiting.PER_SECOND)  # type: ignore[operator]
    assert corrections.reprocess_all(project_id=job.project.pk, actor=ada) == 1
    assert corrections.reprocess_all(project_id=job.project.pk, actor=ada) == 0
    assert deeds(job.project) == ["upload.reprocess_all"] * 2
    assert set(claim.due(older_than=-60)) >= {uploads[3].pk}


def test_the_command_reads_again(job: Job) -> None:
    upload = job.send(lcov({"a.c": {1: 1}}))
    turn(upload)
    slug = job.project.slug

    def said(*words: str) -> str:
        out = StringIO()
        call_command("reprocess", slug, *words, stdout=out)
        return out.getvalue()

    assert said("--upload", str(upload.pk)) == "The upload is read again.\n"
    turn(upload)
    assert said("--since", "2999-01-01").startswith("0 uploads")
    assert said().startswith("1 uploads are read again")
    assert trail.listing(project_id=job.project.pk)[0].actor == ""
    for words in (["nobody/here"], [slug, "--upload", str(uuid.uuid4())], [slug, "--since", "yesterday"]):
        with pytest.raises(CommandError):
            call_command("reprocess", *words)


def test_a_report_stands_for_another_commit_and_is_taken_back(
    job: Job, ada: User, bells: Bells, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    """After a squash merge: the new commit was named by nobody, and gets its place on a git branch."""
    turn(job.send(lcov({"a.c": {1: 1}}), commit=sha(1)))
    with django_capture_on_commit_callbacks(execute=True):
        lending.lend(project_id=job.project.pk, of=sha(1), to=f" {sha(2).upper()} ", branch="main", actor=ada)
    made = Commit.objects.get(sha=sha(2))
    assert made.report_of is not None
    assert (made.report_of.sha, made.complete_at) == (sha(1), None)
    assert BranchCommit.objects.filter(commit=made, branch__name="main", at=made.committed_at).exists()
    assert bells == [(ASSEMBLE, made.pk)]
    lending.lend(project_id=job.project.pk, of=sha(1), to=sha(2), actor=ada)
    lending.take_back(project_id=job.project.pk, sha=sha(2), actor=ada)
    made.refresh_from_db()
    assert made.report_of is None
    assert deeds(job.project) == ["commit.own_report", "commit.borrow"], "the second click was no deed"


def test_who_borrows_a_borrowed_report_borrows_from_its_owner(job: Job, ada: User) -> None:
    turn(job.send(lcov({"a.c": {1: 1}}), commit=sha(1)))
    lending.lend(project_id=job.project.pk, of=sha(1), to=sha(2), branch="main", actor=ada)
    lending.lend(project_id=job.project.pk, of=sha(2), to=sha(3), branch="main", actor=ada)
    assert set(Commit.objects.exclude(report_of=None).values_list("sha", "report_of__sha")) == {
        (sha(2), sha(1)),
        (sha(3), sha(1)),
    }


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"of": sha(9), "to": sha(2)}, "unknown_commit"),
        ({"of": sha(4), "to": sha(2)}, "no_report"),
        ({"of": sha(1), "to": "abc"}, "bad_sha"),
        ({"of": sha(1), "to": sha(1)}, "same_commit"),
        ({"of": sha(1), "to": sha(2)}, "unknown_branch"),
        ({"of": sha(1), "to": sha(2), "branch": "nope"}, "unknown_branch"),
        ({"of": sha(5), "to": sha(1)}, "has_borrowers"),
        ({"of": sha(1), "to": sha(5)}, "own_uploads"),
    ],
)
def test_what_cannot_be_lent_is_refused_and_changes_nothing(
    job: Job, ada: User, words: dict[str, str], code: str
) -> None:
    turn(job.send(lcov({"a.c": {1: 1}}), commit=sha(1)), job.send(lcov({"a.c": {1: 1}}), commit=sha(5)))
    job.send(lcov({"a.c": {1: 1}}), commit=sha(4))
    lending.lend(project_id=job.project.pk, of=sha(1), to=sha(3), branch="main", actor=ada)
    before = set(Commit.objects.values_list("sha", "report_of"))
    with pytest.raises(CorrectionError) as refused:
        lending.lend(project_id=job.project.pk, actor=ada, **words)
    assert refused.value.code == code
    assert set(Commit.objects.values_list("sha", "report_of")) == before


@pytest.mark.django_db(transaction=True)
def test_excluding_while_the_report_is_assembled_ends_the_same(job: Job, ada: User) -> None:
    """Whoever is first: afterwards the report is that of the uploads that count."""
    uploads = [job.send(lcov({f"{n}.c": {1: 1}})) for n in range(6)]
    turn(*uploads)

    def toggle() -> None:
        for upload in uploads[:3]:
            corrections.exclude(project_id=job.project.pk, upload_id=upload.pk, why="test", actor=ada)
        corrections.include(project_id=job.project.pk, upload_id=uploads[0].pk, actor=ada)
        corrections.delete(project_id=job.project.pk, upload_id=uploads[5].pk, actor=ada)
        connection.close()

    def turn_over() -> None:
        for _ in range(25):
            assemble.run(uploads[0].commit_id)
        connection.close()

    threads = [threading.Thread(target=work) for work in (toggle, turn_over, turn_over)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for commit_id in assemble.stale_commits():
        assemble.run(commit_id)
    assert files().keys() == {"0.c", "3.c", "4.c"}
    assert assemble.stale_commits() == []
    assert Upload.objects.count() == 5
