"""The report of a commit is a function of the set of its uploads: any order, twice, at the same time, the same root."""

from __future__ import annotations

import io
import itertools
import random
import threading
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection

from covdash.coverage.tree import walk
from covdash.projects.models import Branch, BranchCommit, Commit, PullRequest
from covdash.reports.loading import loader
from covdash.reports.models import ChangePoint, CommitReport, Upload
from ingest import assemble, process
from tests.factories.uploads import SHA, Job, lcov, project, sha, turn

pytestmark = pytest.mark.django_db

Send = Callable[[Job], Upload]
SOURCE = b"import sys\n\n\ndef f(x):\n    if x:\n        return 1\n    return 2\n\n\nf(1)\n"


def state_of(job: Job) -> dict[str, Any]:
    """Everything that readers see of a project: reports, superseding, heads, facts, points."""
    owner = job.project
    return {
        "reports": sorted(
            (r.commit.sha, r.flag, bytes(r.root).hex(), r.totals.as_dict(), r.uploads)
            for r in CommitReport.objects.filter(project=owner).select_related("commit")
        ),
        "uploads": sorted(
            (
                u.name,
                u.state,
                u.superseded_by.name if u.superseded_by else "",
                bytes(u.root or b"").hex(),
                u.paths.get("matched"),
            )
            for u in Upload.objects.filter(project=owner).select_related("superseded_by")
        ),
        "commits": sorted(
            (c.sha, c.parent_sha, c.author, c.message, c.committed_at.isoformat())
            for c in Commit.objects.filter(project=owner)
        ),
        "heads": sorted(
            (b.name, b.head.sha if b.head else "")
            for b in Branch.objects.filter(project=owner).select_related("head")
        ),
        "order": sorted(
            (b.branch.name, b.commit.sha, b.at.isoformat())
            for b in BranchCommit.objects.filter(branch__project=owner)
        ),
        "pulls": sorted(
            (p.number, p.head.sha if p.head else "", p.base)
            for p in PullRequest.objects.filter(project=owner)
        ),
        "points": sorted(
            (p.branch.name, p.flag, p.path.path, p.at.isoformat(), p.commit.sha, str(p.totals))
            for p in ChangePoint.objects.filter(project=owner).select_related("branch", "path", "commit")
        ),
    }


def zipped(files: dict[str, bytes]) -> bytes:
    """Return a zip archive of source texts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return out.getvalue()


def uploads() -> list[Send]:
    """Six deliveries of one commit: overlapping files, a retry, two branches, a list of files, a broken one."""
    a = lcov({"src/a.py": {1: 1, 2: 0, 3: 0}, "src/b.py": {1: 4}})
    b = lcov({"a.py": {1: 0, 2: 2}, "src/c.py": {9: 1}})
    c = lcov({"/home/runner/work/x/x/src/a.py": {3: 7}})
    when = {"committed_at": "2026-01-02T00:00:00Z"}
    return [
        lambda job: job.send(a, name="unit-1", job="unit", flags="unit", attempt=1, author="ada", **when),
        lambda job: job.send(b, name="unit-2", job="unit", flags="unit", attempt=2, parent="2" * 40, **when),
        lambda job: job.send(
            c, name="e2e", job="e2e", flags="e2e,slow", branch="release/1", pull=7, base="main", message="M"
        ),
        lambda job: job.send_form(
            [("file", "b.info", b), ("files", None, b"src/a.py\nsrc/b.py\nsrc/c.py\n")],
            name="listed",
            job="listed",
        ),
        lambda job: job.send(b"garbage", name="broken", job="unit", flags="unit", attempt=3),
        lambda job: job.send(a, name="plain", committed_at="2026-01-01T00:00:00Z"),
    ]


def result_of(order: Sequence[Send], rng: random.Random) -> dict[str, Any]:
    """Send in `order` while a worker turns at random moments, some uploads twice."""
    job = Job()
    waiting: list[Upload] = []
    for send in order:
        waiting.append(send(job))
        if rng.random() < 0.3:
            waiting.append(send(job))
        rng.shuffle(waiting)
        while waiting and rng.random() < 0.5:
            turn(waiting.pop())
    turn(*waiting, *waiting)
    return state_of(job)


def test_every_order_gives_the_same_report() -> None:
    """Random orders with repeats and random moments of work; the first is the calm run."""
    sends = uploads()
    calm = result_of(sends, random.Random(0))
    assert [row[1] for row in calm["reports"]] == ["", "e2e", "slow", "unit"]
    orders = list(itertools.permutations(sends))
    for seed in range(1, 7):
        rng = random.Random(seed)
        assert result_of(rng.choice(orders), rng) == calm, f"seed {seed}"


def test_sources_and_data_files_may_come_in_any_order(tmp_path: Any) -> None:
    """A `.coverage` file knows no missed lines; the text that another job brings, before or after, gives them."""
    data = coverage_data(tmp_path)
    when = {"committed_at": "2026-01-02T00:00:00Z"}
    sends: list[Send] = [
        lambda job: job.send(data, name="data", filename=".coverage", **when),
        lambda job: job.send_form(
            [("sources", "src.zip", zipped({"src/m.py": SOURCE}))], name="texts", **when
        ),
        lambda job: job.send(lcov({"src/m.py": {4: 1}}), name="other", **when),
    ]
    results = [
        result_of(order, random.Random(seed)) for seed, order in enumerate(itertools.permutations(sends))
    ]
    for result in results[1:]:
        assert result == results[0]
    report = CommitReport.objects.filter(flag="").last()
    assert report is not None
    lines = report.totals.get("lines")
    assert lines is not None
    assert (lines.covered, lines.total, report.totals.needs_sources) == (5, 6, 0)


def coverage_data(tmp_path: Any) -> bytes:
    """Measure a small file with coverage.py itself; returns the data file."""
    import coverage

    folder = tmp_path / "home" / "runner" / "work" / "x" / "x" / "src"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "m.py").write_bytes(SOURCE)
    data = coverage.CoverageData(basename=str(tmp_path / ".coverage"))
    data.add_lines({"/home/runner/work/x/x/src/m.py": [1, 4, 5, 6, 10]})
    data.write()
    return bytes((tmp_path / ".coverage").read_bytes())


def test_a_data_file_alone_says_that_it_needs_sources(tmp_path: Any) -> None:
    job = Job()
    upload = job.send(coverage_data(tmp_path), filename=".coverage")
    turn(upload)
    upload.refresh_from_db()
    assert upload.needs_sources
    totals = CommitReport.objects.get(flag="").totals
    assert (totals.needs_sources, totals.get("lines")) == (1, None)


def test_a_newer_attempt_replaces_the_older_one_only_when_it_was_processed() -> None:
    job = Job()
    first = job.send(lcov({"a.c": {1: 1, 2: 1}}), job="unit", flags="unit", attempt=1)
    turn(first)
    broken = job.send(b"not a report", job="unit", flags="unit", attempt=2)
    turn(broken)
    first.refresh_from_db()
    assert first.superseded_by is None
    assert CommitReport.objects.get(flag="").totals.get("lines") == (2, 2)
    third = job.send(lcov({"a.c": {1: 1, 2: 0}}), job="unit", flags="unit", attempt=3)
    turn(third)
    for upload in (first, broken):
        upload.refresh_from_db()
        assert upload.superseded_by == third
    assert CommitReport.objects.get(flag="").totals.get("lines") == (1, 2)
    assert CommitReport.objects.get(flag="").uploads == 1


def test_uploads_without_a_job_or_with_other_flags_replace_nothing() -> None:
    job = Job()
    turn(
        job.send(lcov({"a.c": {1: 1, 2: 0}}), attempt=1),
        job.send(lcov({"a.c": {1: 0, 2: 1}}), attempt=2),
        job.send(lcov({"a.c": {3: 1}}), attempt=1, job="unit", flags="a"),
        job.send(lcov({"a.c": {4: 1}}), attempt=2, job="unit", flags="b"),
    )
    assert CommitReport.objects.get(flag="").totals.get("lines") == (4, 4)


def test_the_bytes_of_an_old_attempt_sent_as_a_newer_one_count_again() -> None:
    """Attempt 3 repeats the bytes of attempt 1: the same upload, now the newest of its job."""
    job = Job()
    old, new = lcov({"a.c": {1: 1, 2: 0}}), lcov({"a.c": {1: 0, 2: 0}})
    first = job.send(old, job="unit", attempt=1)
    second = job.send(new, job="unit", attempt=2)
    turn(first, second)
    assert CommitReport.objects.get(flag="").totals.get("lines") == (0, 2)
    again = job.send(old, job="unit", attempt=3)
    assert again.pk == first.pk
    assemble.run(again.commit_id)
    assert CommitReport.objects.get(flag="").totals.get("lines") == (1, 2)


def test_a_flag_whose_uploads_all_fell_away_has_no_report_any_more() -> None:
    job = Job()
    turn(job.send(lcov({"a.c": {1: 1}}), job="unit", flags="old"))
    upload = Upload.objects.get()
    Upload.objects.filter(pk=upload.pk).update(root=None, totals=None, state="failed", revision=9)
    assemble.run(upload.commit_id)
    assert not CommitReport.objects.exists()
    assert not ChangePoint.objects.exists()
    assert Branch.objects.get().head is None


def test_facts_of_a_commit_do_not_depend_on_who_came_first() -> None:
    """The time of a commit is the earliest that was declared, and never in the future of its arrival."""
    job = Job()
    turn(job.send(lcov({"a.c": {1: 1}}), committed_at="2126-01-01T00:00:00Z"))
    commit = Commit.objects.get()
    assert commit.committed_at == Upload.objects.get().received_at
    turn(job.send(lcov({"a.c": {2: 1}}), committed_at="2025-01-01T00:00:00Z", author="ada"))
    commit.refresh_from_db()
    assert (commit.committed_at.year, commit.author) == (2025, "ada")
    assert BranchCommit.objects.get().at == commit.committed_at


def test_the_files_of_the_commit_place_the_paths_of_every_job() -> None:
    """One job sends the list of repository files, another sends paths that only the list can place."""
    job = Job()
    plain = job.send(lcov({"a.py": {1: 1}}), job="plain")
    turn(plain)
    assert dict(walk(loader(job.project.pk), bytes(CommitReport.objects.get(flag="").root))).keys() == {
        "a.py"
    }
    turn(
        job.send_form(
            [("file", "b.info", lcov({"src/b.py": {1: 1}})), ("files", None, b"src/a.py\nsrc/b.py\n")],
            job="listed",
        )
    )
    assert dict(walk(loader(job.project.pk), bytes(CommitReport.objects.get(flag="").root))).keys() == {
        "src/a.py",
        "src/b.py",
    }
    plain.refresh_from_db()
    assert plain.paths["rewritten"] == [["a.py", "src/a.py", "the only listed file that ends so"]]


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_time_give_the_calm_report() -> None:
    """Twelve uploads of one commit, each rung for twice, by four workers at once."""

    def deliver(job: Job) -> list[Upload]:
        reports = [
            lcov({f"src/f{n % 5}.c": {line: (line * n) % 3 for line in range(1, 30)}}) for n in range(12)
        ]
        return [
            job.send(report, job=f"job-{n % 6}", attempt=1 + n // 6, flags=f"f{n % 3}")
            for n, report in enumerate(reports)
        ]

    calm = Job()
    turn(*deliver(calm))
    busy = Job(project())
    bells = [upload.pk for upload in deliver(busy)] * 2
    random.Random(1).shuffle(bells)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            while bells:
                commit = process.run(bells.pop())
                if commit is not None:
                    assemble.run(commit)
        except BaseException as error:  # noqa: BLE001 - shown below
            errors.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=120)
    assert not errors
    reports = [
        [
            (r.flag, bytes(r.root), r.uploads)
            for r in CommitReport.objects.filter(project=job.project).order_by("flag")
        ]
        for job in (calm, busy)
    ]
    assert reports[0] == reports[1]
    assert Upload.objects.filter(project=busy.project, state="processed", attempts=1).count() == 12
    assert not assemble.stale_commits()


def test_commits_that_arrive_out_of_order_give_the_same_trend() -> None:
    """Change points are functions of the ordered roots, not of the order of arrival."""
    chance = random.Random(5)
    commits = []
    files = {f"d{n % 3}/f{n}.c": {line: chance.randrange(2) for line in range(1, 6)} for n in range(8)}
    for number in range(7):
        path = chance.choice(sorted(files))
        if chance.random() < 0.25 and len(files) > 3:
            del files[path]
        else:
            files[path] = {line: chance.randrange(2) for line in range(1, 6)}
        commits.append((number, lcov(files)))
    calm: dict[str, Any] | None = None
    for seed in range(5):
        job = Job()
        order = random.Random(seed).sample(commits, len(commits)) if seed else commits
        for number, report in order:
            turn(
                job.send(
                    report,
                    commit=sha(number + 1),
                    committed_at=f"2026-01-{number + 1:02}T00:00:00Z",
                    flags="unit",
                )
            )
        found = state_of(job)
        calm = calm or found
        assert found == calm, f"seed {seed}"
    assert SHA
