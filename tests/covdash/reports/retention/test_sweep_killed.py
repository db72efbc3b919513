"""A sweep that was killed leaves a whole project, and the next one goes on with what is left."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from covdash.reports import retention
from covdash.reports.models import Sweep
from tests.covdash.reports.retention.history import (
    a_job,
    check,
    holes,
    old_branch,
    reading,
    trends,
)

pytestmark = pytest.mark.django_db


_KILLED = """
import os, signal, sys
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
django.setup()
from covdash.reports import keys, retention, sweeping
sweeping.BATCH = keys.BATCH = 1
seen = 0
def tell(what, number):
    global seen
    seen += 1
    if seen == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
retention.sweep(int(sys.argv[2]), tell=tell)
"""


class KilledError(BaseException):
    """Nobody catches it."""


def killed_at(moment: int) -> bool:
    """End a sweep at its step `moment`, look, and go on with it; False if it has no such step."""
    job, seen = a_job(), itertools.count()
    old_branch(job)
    before, points = reading(job.project), trends(job.project)

    def kill(_what: str, _number: int) -> None:
        if next(seen) == moment:
            raise KilledError

    try:
        retention.sweep(job.project.pk, tell=kill)
    except KilledError:
        assert holes(job.project) == [], f"at step {moment}"
        assert Sweep.objects.get(project=job.project, is_dry=False).error
        retention.sweep(job.project.pk)
        check(job, before, points)
        return True
    return False


def test_a_sweep_that_is_killed_leaves_no_hole_and_is_gone_on_with(tiny: None) -> None:
    assert next(moment for moment in itertools.count() if not killed_at(moment)) > 15


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("moment", [6, 12, 20])
def test_a_process_that_is_killed_leaves_a_project_that_can_be_swept(moment: int) -> None:
    job = a_job()
    old_branch(job)
    before, points = reading(job.project), trends(job.project)
    words = [
        sys.executable,
        "-c",
        _KILLED,
        connection.settings_dict["NAME"],
        str(job.project.pk),
        str(moment),
    ]
    died = subprocess.run(words, env=os.environ | {"PYTHONPATH": str(Path.cwd())}, timeout=60, check=False)
    assert died.returncode == -signal.SIGKILL
    assert holes(job.project) == []
    row = Sweep.objects.get(project=job.project, is_dry=False)
    assert row.ended_at is None
    assert job.project.pk not in retention.due(), "it may still run"
    Sweep.objects.filter(pk=row.pk).update(started_at=row.started_at - retention.HOUR)
    assert job.project.pk in retention.due()
    retention.sweep(job.project.pk)
    check(job, before, points)
