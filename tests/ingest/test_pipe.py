"""From a posted report to the report of its commit: the thinnest way through every room of the pipe."""

from __future__ import annotations

import pytest

from covdash.coverage.tree import walk
from covdash.projects.models import Branch, Commit, Project
from covdash.reports.loading import loader
from covdash.reports.models import ChangePoint, CommitReport, Upload
from tests.factories.uploads import SHA, Job, lcov, sha, turn

pytestmark = pytest.mark.django_db

REPORT = lcov({"src/a.py": {1: 1, 2: 0, 3: 5}, "src/b.py": {1: 0}})


def test_a_posted_report_becomes_the_report_of_its_commit() -> None:
    job = Job()
    answer = job.post(
        REPORT,
        flags="unit",
        job="test",
        message="Add carts\n\nmore",
        author="ada",
        committed_at="2026-01-02T03:04:05Z",
    )
    assert answer.status_code == 202
    body = answer.json()
    assert set(body) == {"id", "status_url", "url", "state"}
    assert body["state"] == "received"
    upload = Upload.objects.get(pk=body["id"])
    turn(upload)

    status = job.status(upload).json()
    assert (status["state"], status["progress"], status["error"]) == ("processed", 100, None)
    assert status["totals"]["lines"] == {"covered": 2, "total": 4}
    (outcome,) = status["outcomes"]
    assert (outcome["state"], outcome["format"], outcome["files"], outcome["lines"]) == (
        "parsed",
        "lcov",
        2,
        4,
    )
    assert status["paths"]["matched"] == 2

    commit = Commit.objects.get(sha=SHA)
    assert (commit.author, commit.message, commit.committed_at.isoformat()) == (
        "ada",
        "Add carts\n\nmore",
        "2026-01-02T03:04:05+00:00",
    )
    reports = {report.flag: report for report in CommitReport.objects.filter(commit=commit)}
    assert set(reports) == {"", "unit"}
    assert reports[""].root == reports["unit"].root
    assert reports[""].totals.get("lines") == (2, 4)
    files = dict(walk(loader(job.project.pk), bytes(reports[""].root)))
    assert {path: entry.totals.get("lines") for path, entry in files.items()} == {
        "src/a.py": (2, 3),
        "src/b.py": (0, 1),
    }
    assert Branch.objects.get(name="main").head == commit
    assert Project.objects.get().default_branch == "main"
    points = ChangePoint.objects.filter(flag="").values_list("path__path", flat=True)
    assert set(points) == {"", "src/", "src/a.py", "src/b.py"}


def test_two_jobs_of_a_commit_join() -> None:
    job = Job()
    first = job.send(lcov({"a.c": {1: 1, 2: 0}}), job="unit", flags="unit")
    second = job.send(lcov({"a.c": {1: 0, 2: 3}}), job="e2e", flags="e2e")
    turn(first, second)
    totals = {report.flag: report.totals.get("lines") for report in CommitReport.objects.all()}
    assert totals == {"": (2, 2), "unit": (1, 2), "e2e": (1, 2)}


def test_the_next_commit_stores_only_what_changed() -> None:
    job = Job()
    files = {f"src/d{n % 5}/f{n}.c": dict.fromkeys(range(1, 20), 1) for n in range(50)}
    turn(job.send(lcov(files), commit=sha(1), committed_at="2026-01-01T00:00:00Z"))
    files["src/d1/f1.c"][7] = 0
    turn(job.send(lcov(files), commit=sha(2), committed_at="2026-01-02T00:00:00Z"))
    points = ChangePoint.objects.filter(commit__sha=sha(2)).values_list("path__path", flat=True)
    assert set(points) == {"", "src/", "src/d1/", "src/d1/f1.c"}
