"""Histories for tests of retention: made by the pipe, then made older than they are."""

from __future__ import annotations

import io
import os
import time
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone

from covdash.coverage.codec import decode
from covdash.coverage.tree import DIRECTORY, walk
from covdash.projects.models import Commit, Project
from covdash.reports.loading import load_objects, loader, nodes
from covdash.reports.marking import entries_of
from covdash.reports.models import ChangePoint, CommitReport, CoverageObject, Upload
from covdash.sources.models import SourceObject
from tests.factories.uploads import Job, lcov, project, sha, turn

START = datetime(2026, 1, 1, 8, tzinfo=UTC)


def report(number: int, files: int = 6) -> bytes:
    """A report in which one file of several differs from that of the number before; directories are nested."""
    found = {f"src/{at % 3}/{at}.py": {1: 1, 2: int(at == number % files), 3: 0} for at in range(files)}
    found["src/always.py"] = {1: 1}
    found[f"src/new/{number}.py"] = {1: number % 2}
    return lcov(found)


def commit(job: Job, number: int, *, at: datetime | None = None, body: bytes = b"", **fields: Any) -> Upload:
    """Send and process the report of commit `number`, two of them a day unless told otherwise."""
    when = (at or START + timedelta(hours=12 * number)).isoformat()
    upload = job.send(
        body or report(number),
        **({"commit": sha(number), "committed_at": when, "complete": "true", "flags": "unit"} | fields),
    )
    turn(upload)
    return upload


def with_sources(job: Job, number: int, texts: Mapping[str, str], **fields: Any) -> Upload:
    """Send and process a report with the texts of its files."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        for name, text in texts.items():
            out.writestr(zipfile.ZipInfo(name), text)
    body = lcov({name: {1: 1} for name in texts})
    when = (START + timedelta(hours=12 * number)).isoformat()
    upload = job.send_form(
        [("file", "lcov.info", body), ("sources", "sources.zip", archive.getvalue())],
        **({"commit": sha(number), "committed_at": when, "complete": "true"} | fields),
    )
    turn(upload)
    return upload


def age(project: Project, *, days: int = 3) -> None:
    """Make everything that is stored of a project older, as if it had been written so many days ago."""
    then = timezone.now() - timedelta(days=days)
    with connection.cursor() as cursor:
        for table, column in (
            ("reports_coverage_object", "created_at"), ("sources_sourceobject", "created_at"), ("sources_treelist", "received_at"),
            ("projects_commit", "received_at"), ("reports_upload", "received_at"),
        ):  # fmt: skip
            cursor.execute(
                f"UPDATE {table} SET {column} = LEAST({column}, %s) WHERE project_id = %s",
                [then, project.pk],
            )
    moment = time.time() - days * 86_400
    for path in stored(project):
        os.utime(path, (moment, moment))
    nodes.clear()


def stored(project: Project) -> list[Path]:
    """The files of a project in object storage."""
    root = Path(storages["objects"].path(""))
    return sorted(path for path in root.glob(f"*/{project.pk}/**/*") if path.is_file())


def keys(project: Project, kind: str) -> set[str]:
    """The keys of one kind in object storage."""
    root = Path(storages["objects"].path(""))
    return {
        path.relative_to(root).as_posix()
        for path in stored(project)
        if path.relative_to(root).parts[0] == kind
    }


def reading(project: Project, *, thinned: bool = False) -> dict[str, Any]:
    """Everything a reader sees of the reports that have their lines: roots, totals, every line of every file, and texts."""
    nodes.clear()
    load, objects = loader(project.pk), load_objects(project.pk)
    found: dict[str, Any] = {}
    rows = CommitReport.objects.filter(project=project).select_related("commit")
    for row in rows if thinned else rows.filter(commit__thinned_at=None):
        files = {}
        for path, entry in walk(load, bytes(row.root)):
            lines = decode(objects([entry.digest])[entry.digest]) if entry.digest else None
            text = SourceObject.objects.filter(project=project, blob=entry.source).values_list(
                "data", flat=True
            )
            files[path] = (
                entry.totals.as_dict(),
                None if lines is None else (lines.lines.tolist(), lines.states.tolist()),
                [bytes(data) for data in text] if entry.source else [],
            )
        found[f"{row.commit.sha[-4:]} {row.flag}"] = (bytes(row.root), row.totals.as_dict(), files)
    return found


def trends(project: Project) -> list[Any]:
    """All points of all trends, and the totals of all commits."""
    points = ChangePoint.objects.filter(project=project).order_by(
        "branch_id", "flag", "at", "commit_id", "path_id"
    )
    totals = CommitReport.objects.filter(project=project).order_by("commit_id", "flag")
    return [
        [(p.branch_id, p.flag, p.path_id, p.at, p.commit_id, p.totals) for p in points],
        [(r.commit_id, r.flag, r.totals, r.components) for r in totals],
    ]


def reachable(project: Project) -> set[bytes]:
    """The digests that live reports and uploads reach, found by plain recursion."""
    objects = {bytes(row.digest): bytes(row.data) for row in CoverageObject.objects.filter(project=project)}
    roots = [
        *CommitReport.objects.filter(project=project, commit__thinned_at=None).values_list("root", flat=True),
        *Upload.objects.filter(project=project, root__isnull=False).values_list("root", flat=True),
    ]
    seen: set[bytes] = set()

    def visit(digest: bytes) -> None:
        if digest not in seen:
            seen.add(digest)
            for entry in entries_of(objects[digest]) or ():
                if entry.digest:
                    visit(entry.digest)

    for root in roots:
        visit(bytes(root))
    return seen


def stored_objects(project: Project) -> set[bytes]:
    """The digests that are stored."""
    return {
        bytes(one) for one in CoverageObject.objects.filter(project=project).values_list("digest", flat=True)
    }


def holes(project: Project) -> list[str]:
    """Directories that are stored and something below them is not: there must never be any."""
    known = stored_objects(project)
    return [
        f"{bytes(row.digest).hex()} lacks {entry.name}{'/' if entry.kind == DIRECTORY else ''}"
        for row in CoverageObject.objects.filter(project=project)
        for entry in entries_of(bytes(row.data)) or ()
        if entry.digest and entry.digest not in known
    ]


def thinned(project: Project) -> dict[str, str]:
    """Commit -> why it was thinned."""
    rows = Commit.objects.filter(project=project, thinned_at__isnull=False).order_by("sha")
    return {row.sha[-4:].lstrip("0"): row.thinned_why for row in rows}


POLICY = {"raw_days": 30, "branch_days": 30, "commit_days": 30}


def a_job(**days: int) -> Job:
    """A CI job of a project that keeps little."""
    return Job(project(settings={"retention": POLICY | days}))


def old_branch(job: Job) -> None:
    """A default branch, and another one whose lines nothing reaches once it is thinned."""
    commit(job, 1)
    for number in (2, 3):
        with_sources(job, number, {f"t/{number}/x.py": f"{number}\n", "t/y.py": "same\n"}, branch="topic")
    age(job.project, days=40)


def check(job: Job, before: dict[str, Any], points: list[Any]) -> None:
    """Every report that has its lines reads as before, nothing unreachable is stored, trends are as they were."""
    after = reading(job.project)
    assert after == {name: before[name] for name in after}
    assert stored_objects(job.project) == reachable(job.project)
    assert holes(job.project) == []
    assert trends(job.project) == points
