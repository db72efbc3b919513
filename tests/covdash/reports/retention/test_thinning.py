"""Which commits lose their files and lines, by the rules of the project; and that trends and totals never change by that."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from covdash.projects.keeping import Policy
from covdash.projects.models import Branch, Commit, Project
from covdash.reports import retention, thinning
from covdash.reports.models import CommitReport, ReviewNote, Upload
from ingest import assemble
from tests.covdash.reports.retention.history import START, age, commit, reading, thinned, trends
from tests.factories.uploads import Job, lcov, sha, turn

pytestmark = pytest.mark.django_db

KEEP = Policy(raw_days=0, branch_days=0, commit_days=0)
BY_DAY = Policy(raw_days=0, branch_days=0, commit_days=30)
BY_BRANCH = Policy(raw_days=0, branch_days=30, commit_days=0)


@pytest.fixture
def job(project: Project) -> Job:
    """A CI job of the project."""
    return Job(project)


def say(project: Project, **days: int) -> None:
    """Let the settings pages say for how long things are kept."""
    Project.objects.filter(pk=project.pk).update(settings={"retention": days})


def due(project: Project, policy: Policy) -> list[int]:
    """Numbers of the commits that are due."""
    found = Commit.objects.filter(pk__in=list(thinning.due(project.pk, policy)))
    return sorted(int(number, 16) for number in found.values_list("sha", flat=True))


def test_by_default_nothing_but_raw_files_is_removed(job: Job) -> None:
    for number in range(1, 5):
        commit(job, number)
    age(job.project, days=2000)
    before, points = reading(job.project), trends(job.project)
    figures = retention.sweep(job.project.pk)
    assert (figures.commits, figures.uploads) == (0, 4)
    assert figures.raw.gone == 4
    assert figures.objects.gone_size == figures.texts.gone_size == figures.derived.gone_size == 0
    assert (reading(job.project), trends(job.project)) == (before, points)


def test_of_older_days_of_the_default_branch_the_last_report_keeps_its_lines(job: Job) -> None:
    # Two a day, at 8 and at 20 o'clock: odd ones are the last of their day.
    for number in range(1, 9):
        commit(job, number)
    age(job.project, days=40)
    # 0 does not exist, 2 is the first of its day, 8 is the first of its day and the head.
    assert due(job.project, BY_DAY) == [2, 4, 6]
    assert due(job.project, KEEP) == due(job.project, BY_BRANCH) == []
    say(job.project, commit_days=30)
    points = trends(job.project)
    assert retention.sweep(job.project.pk).commits == 3
    assert thinned(job.project) == {"2": "day", "4": "day", "6": "day"}
    assert trends(job.project) == points, "every point of every trend and every total is as it was"
    assert due(job.project, BY_DAY) == [], "and nothing is due a second time"


def test_what_is_young_by_the_clock_of_the_server_stays_whatever_its_commits_say(job: Job) -> None:
    for number in range(1, 5):
        commit(job, number)
    assert due(job.project, BY_DAY) == [], "committed long ago, and sent just now"


def test_a_day_keeps_its_last_complete_report_and_its_last_one(job: Job) -> None:
    for hour in range(4):
        commit(job, hour + 1, at=START + timedelta(hours=hour))
    commit(job, 9, at=START + timedelta(days=3))
    Commit.objects.filter(sha__in=[sha(3), sha(4)]).update(
        complete_at=None, completeness={"why": "expected", "until": "2999-01-01T00:00:00+00:00"}
    )
    age(job.project, days=40)
    assert due(job.project, BY_DAY) == [3], (
        "1 is the first of the branch, 2 the last complete one, 4 the last"
    )


def test_releases_the_first_report_and_what_waits_are_kept(job: Job) -> None:
    for number in range(1, 7):
        commit(job, number)
    Commit.objects.filter(sha=sha(2)).update(tag="v1")
    Upload.objects.filter(commit__sha=sha(4)).update(state="received")
    age(job.project, days=40)
    assert due(job.project, BY_DAY) == []
    Upload.objects.filter(commit__sha=sha(4)).update(state="processed")
    assert due(job.project, BY_DAY) == [4]


def test_commits_that_others_stand_on_are_kept(job: Job) -> None:
    """One whose report stands for another, one of the same tree, and one whose flag was carried forward."""
    carried = {"flags": [{"name": "unit", "carry_forward": True, "max_age_days": 3650}]}
    Project.objects.filter(pk=job.project.pk).update(settings=carried)
    for number in range(1, 9):
        commit(job, number, parent=sha(number - 1) if number > 1 else None, tree=f"{number:040x}")
    commit(job, 20, parent=sha(2), branch="feature", flags="e2e", at=START + timedelta(days=1))
    borrower = Commit.objects.create(
        project=job.project, sha=sha(30), committed_at=START, report_of=Commit.objects.get(sha=sha(4))
    )
    assemble.run(borrower.pk, force=True)
    assert CommitReport.objects.get(commit__sha=sha(20), flag="unit").carried[0]["sha"] == sha(2)
    age(job.project, days=40)
    assert due(job.project, BY_DAY) == [6]
    Commit.objects.filter(sha__in=[sha(20), sha(30)]).update(thinned_at=timezone.now())
    assert due(job.project, BY_DAY) == [2, 4, 6], "once those are thinned nothing stands on them"


def test_other_branches_lose_their_lines_after_their_last_report(job: Job) -> None:
    commit(job, 1)
    commit(job, 2, branch="idle")
    commit(job, 3, branch="busy")
    commit(job, 4, branch="reviewed")
    commit(job, 1, branch="merged")
    age(job.project, days=40)
    commit(job, 5, branch="busy")
    ReviewNote.objects.create(project=job.project, branch="reviewed", until=date(2026, 1, 3), body="So.")
    assert due(job.project, BY_BRANCH) == [2], "what is on the default branch is decided there"
    say(job.project, branch_days=30)
    points = trends(job.project)
    retention.sweep(job.project.pk)
    assert thinned(job.project) == {"2": "branch"}
    assert trends(job.project) == points
    head = Branch.objects.get(name="idle").head
    assert head is not None
    assert head.sha == sha(2), "its head and its numbers stay"


def test_without_a_default_branch_nothing_is_thinned(job: Job) -> None:
    commit(job, 1, branch="idle")
    age(job.project, days=400)
    Project.objects.filter(pk=job.project.pk).update(default_branch="")
    assert due(job.project, BY_BRANCH) == due(job.project, BY_DAY) == []


def test_the_numbers_of_a_thinned_commit_are_final(job: Job) -> None:
    for number in range(1, 6):
        commit(job, number)
    age(job.project, days=40)
    say(job.project, commit_days=30)
    retention.sweep(job.project.pk)
    points = trends(job.project)
    late = job.send(lcov({"late.py": {1: 1}}), commit=sha(2))
    turn(late)
    late.refresh_from_db()
    assert late.state == "processed"
    assert assemble.stale_commits() == [], "nobody is rung for it again and again"
    assert trends(job.project) == points
    retention.sweep(job.project.pk)
    late.refresh_from_db()
    assert late.root is None


def test_a_late_commit_between_thinned_ones_makes_the_points_that_it_would_have_made(job: Job) -> None:
    """A neighbour without a tree is known by its points: they come out as if no tree had ever been removed."""
    twin = Job()
    for one in (job, twin):
        for number in (2, 4, 6, 8, 10, 12):
            commit(one, number, at=START + timedelta(hours=number))
    age(job.project, days=40)
    say(job.project, commit_days=30)
    retention.sweep(job.project.pk)
    assert thinned(job.project) == {"4": "day", "6": "day", "8": "day", "a": "day"}
    for one in (job, twin):
        for number in (5, 9, 3):
            commit(one, number, at=START + timedelta(hours=number))
    assert _points(job) == _points(twin)


def test_a_late_upload_of_a_whole_commit_beside_thinned_ones_makes_its_points_anew(job: Job) -> None:
    twin = Job()
    for one in (job, twin):
        for number in range(1, 8):
            commit(one, number, at=START + timedelta(hours=number))
    age(job.project, days=40)
    say(job.project, commit_days=30)
    Commit.objects.filter(sha=sha(4)).update(tag="v4")
    retention.sweep(job.project.pk)
    assert "4" not in thinned(job.project)
    for one in (job, twin):
        turn(one.send(lcov({"src/0/0.py": {2: 9}, "other.py": {1: 1}}), commit=sha(4), flags="e2e"))
    assert _points(job) == _points(twin)


def _points(job: Job) -> list[Any]:
    found = trends(job.project)[0]
    paths = dict(_paths(job))
    shas = dict(Commit.objects.filter(project=job.project).values_list("pk", "sha"))
    return sorted(
        (flag, paths[path], at, shas[number], str(totals)) for _, flag, path, at, number, totals in found
    )


def _paths(job: Job) -> Any:
    from covdash.reports.models import Path

    return Path.objects.filter(project=job.project).values_list("pk", "path")
