"""The past of a file along a git branch: its revisions, and what its lines were in them."""

from __future__ import annotations

from collections.abc import Iterator

from covdash.coverage import memory
from covdash.coverage.codec import decode
from covdash.coverage.memory import Revision
from covdash.coverage.totals import Totals
from covdash.coverage.tree import DIRECTORY, Entry, find_in_all
from covdash.projects.facts import ProjectFact
from covdash.projects.models import BranchCommit, Commit
from covdash.reports import comparing, rows
from covdash.reports.facts import CommitFact, ReportFact
from covdash.reports.findings import FileMemory
from covdash.reports.loading import load_objects, loader
from covdash.reports.models import CommitReport
from covdash.sources import store as texts
from covdash.sources.text import lines_of

COMMITS = 300
"""So many reported commits are looked back on the git branch."""
REVISIONS = 60
"""Versions of the file that are followed: bounds the texts that are compared."""


def of_file(*, project: ProjectFact, report: ReportFact, branch: str, path: str) -> FileMemory | None:
    """Return the past of the file at `path` on the git branch, from the commit of `report` back; None if the report has no such file.

    Five SQL statements, and one a level of the path that is not cached; where the file has no older version, those of comparing
    two reports, which say whether it had another name.
    """
    commits, entries, step = _versions(project, report, branch, path)
    if not entries:
        return None
    kept = entries[:REVISIONS]
    objects = load_objects(project.id)(sorted({entry.digest for entry in kept if entry.digest}))
    blobs = {entry.source for entry in kept if entry.source}
    known = texts.get(project_id=project.id, blobs=blobs) if blobs else {}
    revisions = tuple(
        Revision(
            decode(objects[entry.digest]) if entry.digest else None,
            entry.source,
            tuple(lines_of(known[entry.source])) if entry.source in known else None,
        )
        for entry in kept
    )
    was = _former_name(project, step, path) if step and len(kept) == len(entries) else ""
    return FileMemory(tuple(commits[: len(kept)]), revisions, memory.remember(revisions), was)


def _former_name(project: ProjectFact, step: tuple[bytes, bytes], path: str) -> str:
    """Return the path that the file had before the step from one root to the next, "" if it is new."""
    older, newer = (Entry("", DIRECTORY, root, b"", Totals()) for root in step)
    pairs = comparing.pairs_of(project_id=project.id, base=older, head=newer)
    return next((pair.old_path for pair in pairs if pair.path == path and pair.old_path != path), "")


def _versions(
    project: ProjectFact, report: ReportFact, branch: str, path: str
) -> tuple[list[CommitFact], list[Entry], tuple[bytes, bytes] | None]:
    """Return the versions of the file, the newest first, each with the oldest commit of the unbroken run that has it.

    The last is the step with which the file came: the roots of the report before and of the first that has it.
    """
    older = rows.older("at", "commit_id", report.commit.committed_at, report.commit.id)
    line = BranchCommit.objects.filter(
        older, branch__project_id=project.id, branch__name=branch, commit__reports__flag=report.flag
    ).order_by("-at", "-commit_id")
    numbers = [report.commit.id, *line.values_list("commit_id", flat=True)[:COMMITS]]
    roots = dict(
        CommitReport.objects.filter(commit_id__in=numbers, flag=report.flag).values_list("commit_id", "root")
    )
    wanted = [number for number in numbers if number in roots]
    found = find_in_all(loader(project.id), [bytes(roots[number]) for number in wanted], path)
    kept: list[tuple[int, Entry]] = []
    step: tuple[bytes, bytes] | None = None
    for number, entry in zip(wanted, found, strict=True):
        if entry is None:
            if kept:
                step = bytes(roots[number]), bytes(roots[kept[-1][0]])
            break
        if kept and (kept[-1][1].digest, kept[-1][1].source) == (entry.digest, entry.source):
            kept[-1] = (number, entry)
        else:
            kept.append((number, entry))
    facts = {fact.id: fact for fact in _facts(project, [number for number, _ in kept])}
    return [facts[number] for number, _ in kept], [entry for _, entry in kept], step


def _facts(project: ProjectFact, numbers: list[int]) -> Iterator[CommitFact]:
    columns = rows.commit_columns()
    found = Commit.objects.filter(project_id=project.id, pk__in=numbers).annotate(**columns).values(*columns)
    return map(rows.commit_fact, found)
