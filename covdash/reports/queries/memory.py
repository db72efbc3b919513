"""The past of a file along a git branch: its revisions, and what its lines were in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from covdash.coverage import memory
from covdash.coverage.codec import decode
from covdash.coverage.memory import Revision
from covdash.coverage.tree import DIRECTORY, FILE, Entry, Load
from covdash.projects.facts import ProjectFact
from covdash.projects.models import BranchCommit, Commit
from covdash.reports import rows
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

    Five SQL statements, and one a level of the path that is not cached.
    """
    return of_files(project=project, report=report, branch=branch, paths=(path,)).get(path)


def of_files(
    *, project: ProjectFact, report: ReportFact, branch: str, paths: Sequence[str], revisions: int = REVISIONS
) -> dict[str, FileMemory]:
    """Return the past of several files, at most so many `revisions` of each; paths that the report has not are left out.

    Five SQL statements, and one a level of the paths that is not cached.
    """
    found = {
        path: kept[:revisions] for path, kept in _versions(project, report, branch, paths).items() if kept
    }
    entries = [entry for kept in found.values() for _, entry in kept]
    facts = {
        fact.id: fact for fact in _facts(project, [number for kept in found.values() for number, _ in kept])
    }
    objects = load_objects(project.id)(sorted({entry.digest for entry in entries if entry.digest}))
    blobs = {entry.source for entry in entries if entry.source}
    known = texts.get(project_id=project.id, blobs=blobs) if blobs else {}
    pasts: dict[str, FileMemory] = {}
    for path, kept in found.items():
        past = tuple(
            Revision(
                decode(objects[entry.digest]) if entry.digest else None,
                entry.source,
                tuple(lines_of(known[entry.source])) if entry.source in known else None,
            )
            for _, entry in kept
        )
        commits = tuple(facts[number] for number, _ in kept)
        pasts[path] = FileMemory(commits, past, memory.remember(past))
    return pasts


def _versions(
    project: ProjectFact, report: ReportFact, branch: str, paths: Sequence[str]
) -> dict[str, list[tuple[int, Entry]]]:
    """Return path -> its versions, the newest first, each with the oldest commit of the unbroken run that has it."""
    older = rows.older("at", "commit_id", report.commit.committed_at, report.commit.id)
    line = BranchCommit.objects.filter(
        older, branch__project_id=project.id, branch__name=branch, commit__reports__flag=report.flag
    ).order_by("-at", "-commit_id")
    numbers = [report.commit.id, *line.values_list("commit_id", flat=True)[:COMMITS]]
    roots = dict(
        CommitReport.objects.filter(commit_id__in=numbers, flag=report.flag).values_list("commit_id", "root")
    )
    wanted = [number for number in numbers if number in roots]
    at = [bytes(roots[number]) for number in wanted]
    return {path: _runs(wanted, _find_all(loader(project.id), at, path)) for path in paths}


def _runs(wanted: Sequence[int], found: Sequence[Entry | None]) -> list[tuple[int, Entry]]:
    kept: list[tuple[int, Entry]] = []
    for number, entry in zip(wanted, found, strict=True):
        if entry is None:
            break
        if kept and (kept[-1][1].digest, kept[-1][1].source) == (entry.digest, entry.source):
            kept[-1] = (number, entry)
        else:
            kept.append((number, entry))
    return kept


def _facts(project: ProjectFact, numbers: list[int]) -> Iterator[CommitFact]:
    columns = rows.commit_columns()
    found = Commit.objects.filter(project_id=project.id, pk__in=numbers).annotate(**columns).values(*columns)
    return map(rows.commit_fact, found)


def _find_all(load: Load, roots: list[bytes], path: str) -> list[Entry | None]:
    """Return the file entry at `path` below each root: all roots go down a level together."""
    parts = path.split("/")
    here: list[bytes | None] = list(roots)
    found: list[Entry | None] = [None] * len(roots)
    for depth, part in enumerate(parts):
        kind = FILE if depth == len(parts) - 1 else DIRECTORY
        nodes = load(sorted({digest for digest in here if digest}))
        for place, digest in enumerate(here):
            entry = next((one for one in nodes[digest] if one.key == (part, kind)), None) if digest else None
            found[place] = entry
            here[place] = entry.digest if entry and kind == DIRECTORY else None
    return found
