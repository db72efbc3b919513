"""A sweep removes what nothing reaches and nothing else: every live report reads as before."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import storages
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from covdash.coverage.codec import unpack
from covdash.projects import keeping, registry
from covdash.projects.models import Project
from covdash.reports import corrections, retention, store
from covdash.reports.marking import entries_of
from covdash.reports.models import CommitReport, CoverageObject, Sweep
from covdash.sources import tree_lists
from covdash.sources.models import SourceObject, TreeList
from ingest import assemble
from tests.covdash.reports.retention import history
from tests.covdash.reports.retention.history import (
    START,
    a_job,
    age,
    check,
    commit,
    reading,
    report,
    stored_objects,
    trends,
    with_sources,
)
from tests.factories.uploads import Job, lcov, sha, turn

pytestmark = pytest.mark.django_db


def grow(job: Job, draw: random.Random, commits: int) -> None:
    """Make a history: git branches, flags, repeated and deleted uploads, texts."""
    for number in range(1, commits + 1):
        branch = draw.choice(["main", "main", "main", "topic"])
        at = START + timedelta(hours=draw.randrange(200))
        sent = commit(
            job, number, at=at, branch=branch, body=report(draw.randrange(4), files=draw.choice([2, 6]))
        )
        if draw.random() < 0.4:
            more = with_sources(
                job,
                number,
                {f"lib/{draw.randrange(5)}.py": f"x = {draw.randrange(9)}\n"},
                branch=branch,
                flags="e2e",
            )
            if draw.random() < 0.4:
                corrections.delete(
                    project_id=job.project.pk, upload_id=draw.choice([sent, more]).pk, actor=None
                )
                assemble.run(sent.commit_id)


@given(seed=st.integers(0, 2**32), commits=st.integers(1, 9), days=st.sampled_from([10, 40]))
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_live_reads_as_before_and_nothing_else_remains(seed: int, commits: int, days: int) -> None:
    job = a_job()
    grow(job, random.Random(seed), commits)
    age(job.project, days=days)
    before, points = reading(job.project), trends(job.project)
    counted = retention.sweep(job.project.pk, is_dry=True)
    assert reading(job.project) == before, "a count removes nothing"
    figures = retention.sweep(job.project.pk)
    check(job, before, points)
    assert counted == figures, "what was counted is what went"
    again = retention.sweep(job.project.pk)
    assert again.total.gone == again.commits == again.uploads == 0
    assert again.total.size == figures.total.left


def test_a_thinned_commit_gives_its_lines_and_texts_back(settings: Any) -> None:
    job = a_job()
    for number, name in ((1, "a"), (2, "b"), (3, "c"), (4, "d")):
        with_sources(job, number, {f"{name}.py": f"{name}\n" * 50})
    age(job.project, days=40)
    assert SourceObject.objects.filter(project=job.project).count() == 4
    figures = retention.sweep(job.project.pk)
    assert (figures.commits, figures.texts.gone) == (1, 1), (
        "1 is the first, 2 the only one of the morning, 4 the head"
    )
    assert history.thinned(job.project) == {"2": "day"}


def test_young_things_without_a_reference_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that are written ahead of their tree have no reference for a while; known ones become young again."""
    job = a_job()
    upload = commit(job, 1)
    payload = {bytes(row.digest): row for row in CoverageObject.objects.filter(project=job.project)}
    corrections.delete(project_id=job.project.pk, upload_id=upload.pk, actor=None)
    assemble.run(upload.commit_id)
    age(job.project)

    files = {d: unpack(bytes(row.data)) for d, row in payload.items() if entries_of(bytes(row.data)) is None}
    assert store.write_objects(project_id=job.project.pk, objects=files) == 0, "they are stored"
    retention.sweep(job.project.pk)
    assert stored_objects(job.project) == set(files)


def test_lists_of_files_go_with_the_last_commit_that_names_their_tree() -> None:

    job = a_job()
    for number in (1, 2, 3, 4):
        reading_of = tree_lists.Reading(sha(number))
        tree_lists.keep(project_id=job.project.pk, reading=reading_of)
        commit(job, number, tree=sha(number), tested=sha(number))
    tree_lists.keep(project_id=job.project.pk, reading=tree_lists.Reading(sha(9)))
    age(job.project, days=40)
    retention.sweep(job.project.pk)
    assert history.thinned(job.project) == {"2": "day"}
    assert set(TreeList.objects.values_list("tree", flat=True)) == {sha(1), sha(3), sha(4)}
    assert history.keys(job.project, "trees") == {f"trees/{job.project.pk}/{sha(n)}" for n in (1, 3, 4)}


def test_a_damaged_project_is_left_alone_and_says_so() -> None:
    job = a_job()
    commit(job, 1)
    commit(job, 2, branch="topic")
    age(job.project, days=40)
    root = bytes(CommitReport.objects.get(commit__sha=sha(1), flag="").root)
    CoverageObject.objects.filter(project=job.project, digest=root).delete()
    stored = stored_objects(job.project)
    with pytest.raises(KeyError):
        retention.sweep(job.project.pk)
    assert stored_objects(job.project) == stored
    assert "is not stored" in Sweep.objects.get(project=job.project).error


def test_the_files_of_a_deleted_project_go_with_it(
    django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:

    rung: list[str] = []
    monkeypatch.setattr(keeping.app, "send_task", lambda task, **_: rung.append(task))
    job, other = a_job(), a_job()
    for one in (job, other):
        with_sources(one, 1, {"a.py": "a\n"})
    mine, others = history.stored(job.project), history.stored(other.project)
    assert mine
    with django_capture_on_commit_callbacks(execute=True):
        registry.delete_project(project_id=job.project.pk)
    assert rung == [keeping.SWEEP_DELETED]
    figures = retention.sweep_deleted()
    assert figures.raw.gone >= len(mine), "projects of other tests left theirs"
    assert not any(path.exists() for path in mine)
    assert all(path.exists() for path in others)
    assert not Project.objects.filter(pk=job.project.pk).exists()


def test_of_old_uploads_only_what_reading_again_needs_is_removed() -> None:
    job = a_job(commit_days=0, branch_days=0)
    old = job.send_form(
        [("file", "a.info", lcov({"a.py": {1: 1}})), ("diff", "d.diff", b"diff --git a/a.py b/a.py\n")],
        commit=sha(1),
    )
    turn(old)
    age(job.project, days=40)
    same = commit(job, 2, body=lcov({"b.py": {1: 1}}))
    before = reading(job.project)
    assert retention.sweep(job.project.pk).uploads == 1
    old.refresh_from_db()
    assert old.raw_gone_at is not None
    there = {file["role"]: storages["objects"].exists(file["key"]) for file in old.files}
    assert there == {"report": False} | ({"diff": True} if "diff" in there else {})
    assert storages["objects"].exists(same.files[0]["key"])
    assert reading(job.project) == before
    with pytest.raises(corrections.CorrectionError, match="cannot be read again") as refused:
        corrections.reprocess(project_id=job.project.pk, upload_id=old.pk, actor=None)
    assert refused.value.code == "raw_gone"
    assert corrections.reprocess_all(project_id=job.project.pk, actor=None) == 1, "the other one"
