"""Histories: the same commits each time, in order, on their branches, ending today."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from covdash.demo.history import WEEKS, Commit, read
from covdash.demo.project import Project, Run, runs
from covdash.demo.projects import PROJECTS

NOW = datetime(2026, 11, 22, 15, 30, 42, tzinfo=UTC)


def all_commits() -> list[tuple[Project, Commit]]:
    return [(project, commit) for project in PROJECTS for commit in read(project.name, until=NOW)]


def test_it_is_the_size_that_was_promised() -> None:
    commits = all_commits()

    assert 60 <= len(commits) <= 90
    assert 150 <= sum(len(runs(project, commit)) for project, commit in commits) <= 250


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_times_rise_and_end_today(project: Project) -> None:
    times = [commit.at for commit in read(project.name, until=NOW)]

    assert times == sorted(set(times))
    assert NOW - timedelta(hours=1) < times[-1] < NOW
    assert NOW - timedelta(weeks=WEEKS, days=4) < times[0] < NOW - timedelta(weeks=WEEKS - 1)


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_shas_do_not_depend_on_the_day(project: Project) -> None:
    today = read(project.name, until=NOW)
    later = read(project.name, until=NOW + timedelta(days=300))

    assert [commit.sha for commit in today] == [commit.sha for commit in later]
    assert len({commit.sha for commit in today}) == len(today)
    assert all(len(commit.sha) == 40 for commit in today)


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_parents_come_before_their_children(project: Project) -> None:
    seen = {""}
    for commit in read(project.name, until=NOW):
        assert commit.parent in seen
        seen.add(commit.sha)


def test_the_story() -> None:
    """What the pages are to show has happened: branches, pulls, a lost job, a second attempt, a report cut off, a bundle."""
    commits = all_commits()
    happened = {what for _, commit in commits for what, _ in commit.happened}
    branches = {commit.branch for project, commit in commits if project.name == "shop"}

    assert happened == {"without", "retried", "cut", "zipped"}
    assert {"main", "release/2.x", "feature/refunds"} <= branches
    assert {commit.pull for project, commit in commits if project.name == "shop"} >= {"", "41"}
    assert sum(("without", "integration") in commit.happened for _, commit in commits) == 2
    assert sum(("without", "e2e") in commit.happened for _, commit in commits) == 1  # it is carried forward
    assert all(commit.title for _, commit in commits if commit.pull)
    assert {commit.author for _, commit in commits} == {"ada", "ben", "cleo"}


def test_what_happens_happens_to_a_job_that_exists() -> None:
    for project, commit in all_commits():
        jobs = {job.name: job for job in project.jobs}
        for _, name in commit.happened:
            assert Run(commit, jobs[name]).tests, f"{project.name}: {commit.message}: {name}"


def test_a_switch_that_changes_nothing_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x/history.txt").write_text("ada | one | +a\nada | two | +a\n")
    monkeypatch.setattr("covdash.demo.history.SOURCES", tmp_path)

    with pytest.raises(ValueError, match=r"'\+a' does not change anything"):
        read("x", until=NOW)
