"""`manage.py sweep`, and the tasks: who is swept when, what is said, and that one project does not stop the others."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from covdash.projects import keeping
from covdash.reports import retention, tasks
from covdash.reports.models import CoverageObject, Sweep
from tests.covdash.reports.retention.history import a_job, age, commit, old_branch, stored_objects, thinned

pytestmark = pytest.mark.django_db


def test_a_dry_run_says_what_would_go_and_removes_nothing() -> None:
    job = a_job()
    old_branch(job)
    before, out = stored_objects(job.project), StringIO()
    call_command("sweep", job.project.slug, dry_run=True, stdout=out)
    assert (
        f"{job.project.slug}: 2 commits would be reduced to their totals, 3 uploads without raw files"
        in out.getvalue()
    )
    assert "would be removed" in out.getvalue()
    assert (stored_objects(job.project), thinned(job.project)) == (before, {})
    out = StringIO()
    call_command("sweep", job.project.slug, stdout=out)
    assert f"{job.project.slug}: 2 commits reduced to their totals" in out.getvalue()
    assert thinned(job.project) == {"2": "branch", "3": "branch"}
    assert stored_objects(job.project) < before


def test_a_project_that_fails_is_named_and_the_others_are_swept() -> None:
    broken, whole = a_job(), a_job()
    for job in (broken, whole):
        old_branch(job)
    CoverageObject.objects.filter(project=broken.project).delete()
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError, match=f"not swept: {broken.project.slug}$"):
        call_command("sweep", stdout=out, stderr=err)
    assert "is not stored" in err.getvalue()
    assert f"{whole.project.slug}: 2 commits reduced" in out.getvalue()
    assert "files of deleted projects: 0 commits" in out.getvalue()
    with pytest.raises(CommandError, match="there is no project acme/none"):
        call_command("sweep", "acme/none")


def test_each_project_is_rung_for_once_a_day_and_a_failed_one_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[tuple[str, list[Any]]] = []
    monkeypatch.setattr(keeping.app, "send_task", lambda task, args, **_: rung.append((task, args)))
    job = a_job()
    commit(job, 1)
    number = job.project.pk
    tasks.sweep_due()
    assert rung == [(retention.SWEEP, [number, False]), (keeping.SWEEP_DELETED, [])]
    tasks.sweep_project(number, is_dry=False)
    row = Sweep.objects.get(project=job.project)
    assert row.ended_at is not None
    assert number not in retention.due()
    for hours, error, is_due in ((2, "", False), (24, "", True), (2, "OSError", True), (0, "OSError", False)):
        Sweep.objects.filter(pk=row.pk).update(
            started_at=row.started_at - timedelta(hours=hours), error=error
        )
        assert (number in retention.due()) == is_due, (hours, error)


def test_what_was_rung_for_twice_is_swept_once() -> None:
    job = a_job()
    old_branch(job)
    tasks.sweep_project(job.project.pk, is_dry=False)
    first = Sweep.objects.get(project=job.project).started_at
    age(job.project)
    tasks.sweep_project(job.project.pk, is_dry=False)
    assert Sweep.objects.get(project=job.project).started_at == first
    tasks.sweep_project(job.project.pk, is_dry=True)
    assert Sweep.objects.filter(project=job.project, is_dry=True).exists()
