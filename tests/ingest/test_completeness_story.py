"""Twenty parallel jobs, three run again, two late, in random order and delivered twice: one report, told correctly at each moment.

What the reader sees is asserted on the pages and the API, after each step.
"""

from __future__ import annotations

import html
import random
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client

from covdash.dashboards.addresses import Place
from covdash.projects.models import Commit, Project
from covdash.reports.models import CommitReport, Upload
from ingest import announce, assemble, tasks
from tests.factories.uploads import Job, lcov, project, sha, turn

pytestmark = pytest.mark.django_db

JOBS = [f"job {number:02}" for number in range(20)]
EXPECT = {"completeness": {"expect": JOBS}}


def report(number: int, *, hits: int = 1) -> bytes:
    """Each job covers a line of its own in one shared file, and a file of its own."""
    shared = dict.fromkeys(range(1, 21), 0) | {number + 1: hits}
    return lcov({"src/shared.py": shared, f"src/only_{number:02}.py": {1: hits, 2: 0}})


def text_of(client: Client, address: str) -> str:
    """The words of a page, as a reader sees them."""
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def open_project(**facts: object) -> tuple[Job, Place]:
    owner = project(is_public=True, **facts)
    return Job(owner), Place(owner.slug)


def pass_time(owner: Project, **length: int) -> None:
    """Let time pass: everything that happened in the project is so much older."""
    older = timedelta(**length)
    Upload.objects.filter(project=owner).update(received_at=F("received_at") - older)
    for commit in Commit.objects.filter(project=owner, complete_at=None):
        if until := commit.completeness.get("until"):
            commit.completeness["until"] = (datetime.fromisoformat(until) - older).isoformat()
            commit.save(update_fields=["completeness"])


def sweep() -> None:
    """What the clock does, without a broker: assemble what waits for it."""
    for number in assemble.stale_commits():
        assemble.run(number)


def state_of(job: Job, number: int = 1) -> dict[str, Any]:
    """The commit as the API tells it."""
    answer = job.client.get(f"/api/v1/projects/{job.project.slug}/commits/{sha(number)}")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def deliveries(dice: random.Random) -> list[tuple[int, int]]:
    """(job, attempt) of twenty jobs, three of them run again, in random order, many twice; the two late ones come last."""
    late = [(18, 1), (19, 1)]
    sent = [(number, 1) for number in range(18)] + [(number, 2) for number in (3, 7, 11)]
    sent += dice.sample(sent, 8)
    dice.shuffle(sent)
    return sent + late + [late[0]]


@pytest.mark.parametrize("seed", [1, 2])
def test_twenty_parallel_jobs(seed: int, client: Client) -> None:
    """The commit is collecting until the last expected job is processed, and each step says who is missing."""
    dice = random.Random(seed)
    job, place = open_project(settings=EXPECT)
    waiting: list[Upload] = []
    processed: set[int] = set()
    for at, (number, attempt) in enumerate(deliveries(dice)):
        hits = 0 if attempt == 1 and number in (3, 7, 11) else 1
        upload = job.send(
            report(number, hits=hits), commit=sha(1), job=JOBS[number], flags="unit", attempt=attempt
        )
        if number >= 18:
            # All others are in: two are waited for, by name.
            turn(*waiting)
            waiting.clear()
            processed |= set(range(18))
        else:
            waiting.append(upload)
            dice.shuffle(waiting)
            for _ in range(dice.randrange(3)):
                if waiting:
                    done = waiting.pop()
                    turn(done)
                    processed.add(int(done.job[-2:]))
        if not processed or (at % 5 and number < 18):
            continue
        found = state_of(job)
        arrived = {JOBS.index(name) for name in found["completeness"]["arrived"]}
        assert processed <= arrived
        assert set(found["completeness"]["missing"]) == {JOBS[n] for n in range(20) if n not in arrived}
        assert found["state"] == "collecting"
        words = text_of(client, place.tree(commit=sha(1)))
        assert f"{len(arrived)} of 20 uploads in" in words
        assert "numbers so far" in words
        if number == 18:
            break
    assert "waiting for job 18 and job 19" in text_of(client, place.tree(commit=sha(1)))
    turn(upload)
    assert "19 of 20 uploads in: waiting for job 19; numbers so far" in text_of(
        client, place.tree(commit=sha(1))
    )
    assert "collecting" in text_of(client, place.commits())
    last = job.send(report(19), commit=sha(1), job=JOBS[19], flags="unit")
    turn(last, last, upload)

    found = state_of(job)
    assert (found["state"], found["completeness"]["why"], found["completeness"]["missing"]) == (
        "complete",
        "declared",
        [],
    )
    assert found["totals"]["lines"] == {"covered": 40, "total": 60}
    (whole,) = CommitReport.objects.filter(commit__sha=sha(1), flag="")
    assert whole.uploads == 20
    assert Upload.objects.filter(project=job.project, superseded_by__isnull=False).count() == 3
    words = text_of(client, place.tree(commit=sha(1)))
    assert "complete: all 20 expected arrived" in words
    assert "so far" not in words
    assert "collecting" not in text_of(client, place.commits())


def test_a_late_or_repeated_upload_opens_the_report_again_and_settles_it(client: Client) -> None:
    job, place = open_project(settings={"completeness": {"expect": ["unit", "e2e"]}})
    turn(*(job.send(report(n), commit=sha(1), job=name) for n, name in enumerate(["unit", "e2e"])))
    assert state_of(job)["state"] == "complete"

    again = job.send(report(5), commit=sha(1), job="unit", attempt=2)
    assert state_of(job)["state"] == "collecting"
    assert "1 waiting; numbers so far" in text_of(client, place.tree(commit=sha(1)))
    turn(again)
    late = job.send(report(7), commit=sha(1), job="nightly")
    assert job.status(late).json()["completeness"]["state"] == "collecting"
    turn(late)
    found = state_of(job)
    assert found["state"] == "complete"
    assert [slot["name"] for slot in found["completeness"]["uploads"]] == ["e2e", "nightly", "unit"]
    assert job.status(late).json()["completeness"] == {
        "state": "complete", "arrived": ["e2e", "nightly", "unit"], "missing": [], "why": "declared", "until": None
    }  # fmt: skip


def test_the_quiet_period_closes_a_report_and_says_what_did_not_come(client: Client) -> None:
    job, place = open_project(settings={"completeness": {"expect": ["unit", "e2e"], "quiet_minutes": 20}})
    turn(job.send(report(0), commit=sha(1), job="unit"))
    words = text_of(client, place.commit_page(sha(1), tab="uploads"))
    assert "If they never come, it closes at" in words
    assert "e2e missing 0 of 1 not yet" in words
    assert "1 of 2 uploads in: waiting for e2e. Closes at" in text_of(client, place.tree(commit=sha(1)))

    pass_time(job.project, minutes=19)
    sweep()
    assert state_of(job)["state"] == "collecting"
    pass_time(job.project, minutes=2)
    sweep()
    assert (state_of(job)["state"], state_of(job)["completeness"]["why"]) == ("complete", "quiet")
    words = text_of(client, place.tree(commit=sha(1)))
    assert "complete; e2e did not come: 1 upload, then none for 20 min" in words

    turn(job.send(report(1), commit=sha(1), job="e2e"))
    assert (state_of(job)["completeness"]["why"], state_of(job)["completeness"]["missing"]) == (
        "declared",
        [],
    )


def test_a_failed_job_is_waited_for_until_it_is_run_again() -> None:
    job, _ = open_project(settings={"completeness": {"expect": ["unit", "e2e"]}})
    turn(job.send(report(0), commit=sha(1), job="unit"), job.send(b"no report", commit=sha(1), job="e2e"))
    found = state_of(job)
    assert (found["state"], found["completeness"]["missing"]) == ("collecting", ["e2e"])
    turn(job.send(report(1), commit=sha(1), job="e2e", attempt=2))
    assert state_of(job)["state"] == "complete"


def test_done_said_by_a_client_completes_it(client: Client) -> None:
    job, place = open_project()
    turn(job.send(report(0), commit=sha(1), job="unit"))
    assert state_of(job)["state"] == "collecting"
    waiting = job.send(report(1), commit=sha(1), job="e2e")
    assert announce.said_done(job.project, sha(1), by="codecov")
    assemble.run(waiting.commit_id)
    assert state_of(job)["state"] == "collecting"  # an upload is still to be processed
    turn(waiting)
    found = state_of(job)
    assert (found["state"], found["completeness"]["why"], found["completeness"]["by"]) == (
        "complete",
        "done",
        "codecov",
    )
    assert "complete: 2 uploads, said to be all" in text_of(client, place.tree(commit=sha(1)))
    assert not announce.said_done(job.project, sha(99), by="codecov")


def test_a_number_of_uploads_and_the_field_complete() -> None:
    job, _ = open_project()
    turn(job.send(report(0), commit=sha(1), job="a", expect=2))
    assert (state_of(job)["state"], state_of(job)["completeness"]["announced"]) == ("collecting", 2)
    turn(job.send(report(1), commit=sha(1), job="b", expect=2))
    assert (state_of(job)["state"], state_of(job)["completeness"]["why"]) == ("complete", "count")
    turn(job.send(report(0), commit=sha(2), job="a", complete=1))
    assert (state_of(job, 2)["state"], state_of(job, 2)["completeness"]["why"]) == ("complete", "done")


def test_what_always_comes_is_learned_from_the_git_branch_and_for_a_new_one_from_its_base() -> None:
    job, _ = open_project()

    def commit(number: int, *jobs: str, branch: str = "main") -> dict[str, Any]:
        at = f"2026-01-{number:02}T00:00:00Z"
        for n, name in enumerate(jobs):
            turn(job.send(report(n), commit=sha(number), job=name, branch=branch, committed_at=at))
        return state_of(job, number)

    for number in (1, 2, 3):
        assert commit(number, "unit", "e2e")["state"] == "collecting"  # nobody knows yet who comes
        pass_time(job.project, hours=1)
        sweep()
        assert state_of(job, number)["state"] == "complete"
    found = commit(4, "unit")
    assert (found["state"], found["completeness"]["missing"]) == ("collecting", ["e2e"])
    found = commit(4, "unit", "e2e")
    assert (found["state"], found["completeness"]["why"]) == ("complete", "learned")
    found = commit(5, "unit", branch="feature/x")
    assert (found["state"], found["completeness"]["missing"]) == ("collecting", ["e2e"])
    assert commit(5, "unit", "e2e", branch="feature/x")["state"] == "complete"


def test_judging_again_changes_nothing() -> None:
    job, _ = open_project(settings={"completeness": {"expect": ["unit", "e2e"]}})
    upload = job.send(report(0), commit=sha(1), job="unit")
    turn(upload)
    before = Commit.objects.values("complete_at", "completeness").get(sha=sha(1))
    report_before = CommitReport.objects.get(commit__sha=sha(1), flag="").updated_at
    for force in (False, True):
        assert assemble.run(upload.commit_id, force=force) == []
    assert Commit.objects.values("complete_at", "completeness").get(sha=sha(1)) == before
    assert CommitReport.objects.get(commit__sha=sha(1), flag="").updated_at == report_before


def test_the_sweep_judges_commits_from_before_and_leaves_what_is_not_due() -> None:
    job, _ = open_project()
    upload = job.send(report(0), commit=sha(1), job="unit")
    turn(upload)
    assert assemble.stale_commits() == []
    Commit.objects.filter(pk=upload.commit_id).update(completeness={})
    assert assemble.stale_commits() == [upload.commit_id]
    sweep()
    assert assemble.stale_commits() == []
    assert state_of(job)["completeness"]["why"] == "quiet"


def test_a_commit_without_uploads_has_the_report_of_its_twin(client: Client) -> None:
    """Equal git trees: a squash merge whose own jobs did not run shows the report of the pull request."""
    job, place = open_project(settings={"completeness": {"expect": ["unit"]}})
    tree = "7" * 40
    turn(job.send(report(0), commit=sha(1), job="unit", flags="unit", tree=tree, branch="feature"))
    turn(job.send(b"no report", commit=sha(2), job="unit", tree=tree))
    found = state_of(job, 2)
    assert (found["state"], found["completeness"]["report_of"]) == ("complete", sha(1))
    assert found["root"] == state_of(job, 1)["root"]
    assert [flag["name"] for flag in found["flags"]] == ["unit"]
    assert "report of 00000000, same tree" in text_of(client, place.tree(commit=sha(2)))
    assert "which stands for it" in text_of(client, place.commit_page(sha(2)))
    line = client.get(place.file("src/only_00.py", commit=sha(2))).content.decode()
    assert "only_00.py" in line

    # What changes there, changes here.
    turn(job.send(report(1), commit=sha(1), job="more"))
    sweep()
    assert state_of(job, 2)["root"] == state_of(job, 1)["root"]
    # Its own upload takes over.
    turn(job.send(report(2), commit=sha(2), job="unit", tree=tree, attempt=2))
    found = state_of(job, 2)
    assert (found["completeness"]["report_of"], found["totals"]["lines"]["total"]) == ("", 22)


def test_a_commit_may_be_given_the_report_of_another() -> None:
    job, _ = open_project()
    turn(job.send(report(0), commit=sha(1), job="unit"))
    broken = job.send(b"no report", commit=sha(2), job="unit")
    turn(broken)
    assert state_of(job, 2)["totals"] is None
    one = Commit.objects.get(project=job.project, sha=sha(1))
    Commit.objects.filter(pk=broken.commit_id).update(report_of=one)
    assemble.run(broken.commit_id, force=True)
    found = state_of(job, 2)
    assert (found["root"], found["completeness"]["why"]) == (state_of(job, 1)["root"], "chosen")
    Commit.objects.filter(pk=broken.commit_id).update(report_of=None)
    assemble.run(broken.commit_id, force=True)
    assert (state_of(job, 2)["totals"], state_of(job, 2)["completeness"]["report_of"]) == (None, "")


def test_points_of_a_trend_say_whether_their_commit_is_complete() -> None:
    job, _ = open_project(settings={"completeness": {"expect": ["unit", "e2e"]}})
    turn(
        *(
            job.send(report(n), commit=sha(1), job=name, committed_at="2026-01-01T00:00:00Z")
            for n, name in enumerate(["unit", "e2e"])
        )
    )
    turn(job.send(report(3), commit=sha(2), job="unit", committed_at="2026-01-02T00:00:00Z"))
    points = job.client.get(f"/api/v1/projects/{job.project.slug}/trend?branch=main").json()["points"]
    assert [point["complete"] for point in points] == [True, False]


def test_the_door_of_done_rings() -> None:
    """The task that the bell is for exists."""
    assert tasks.ASSEMBLE == assemble.ASSEMBLE
