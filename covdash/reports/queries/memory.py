"""The past of a file along a git branch: its revisions, and what its lines were in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

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
    versions = _versions(project, report, branch, (path,))
    past = _pasts(project, {path: versions[path].kept[:REVISIONS]}).get(path)
    step = versions[path].step
    if past is None or step is None or len(versions[path].kept) > REVISIONS:
        return past
    return replace(past, was=_former_name(project, step, path))


def of_files(
    *, project: ProjectFact, report: ReportFact, branch: str, paths: Sequence[str], revisions: int = REVISIONS
) -> dict[str, FileMemory]:
    """Return the past of several files, at most so many `revisions` of each; paths that the report has not are left out.

    Five SQL statements, and one a level of the paths that is not cached. Former names are not looked for.
    """
    versions = _versions(project, report, branch, paths)
    return _pasts(project, {path: found.kept[:revisions] for path, found in versions.items()})


def _pasts(project: ProjectFact, found: Mapping[str, list[tuple[int, Entry]]]) -> dict[str, FileMemory]:
    entries = [entry for kept in found.values() for _, entry in kept]
    numbers = [number for kept in found.values() for number, _ in kept]
    facts = {fact.id: fact for fact in _facts(project, numbers)}
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
        if past:
            pasts[path] = FileMemory(commits, past, memory.remember(past))
    return pasts


def _former_name(project: ProjectFact, step: tuple[bytes, bytes], path: str) -> str:
    """Return the path that the file had before the step from one root to the next, "" if it is new."""
    older, newer = (Entry("", DIRECTORY, root, b"", Totals()) for root in step)
    pairs = comparing.pairs_of(project_id=project.id, base=older, head=newer)
    return next((pair.old_path for pair in pairs if pair.path == path and pair.old_path != path), "")


@dataclass(frozen=True, slots=True)
class _Versions:
    """Versions of a file, the newest first, each with the oldest commit of the unbroken run that has it.

    `step` is the one with which the file came: the roots of the report before and of the first that has it.
    """

    kept: list[tuple[int, Entry]]
    step: tuple[bytes, bytes] | None


def _versions(
    project: ProjectFact, report: ReportFact, branch: str, paths: Sequence[str]
) -> dict[str, _Versions]:
    older = rows.older("at", "commit_id", report.commit.committed_at, report.commit.id)
    line = BranchCommit.objects.filter(
        older,
        branch__project_id=project.id,
        branch__name=branch,
        commit__reports__flag=report.flag,
        commit__thinned_at=None,
    ).order_by("-at", "-commit_id")
    numbers = [report.commit.id, *line.values_list("commit_id", flat=True)[:COMMITS]]
    roots = dict(
        CommitReport.objects.filter(commit_id__in=numbers, flag=report.flag).values_list("commit_id", "root")
    )
    wanted = [(number, bytes(roots[number])) for number in numbers if number in roots]
    at = [root for _, root in wanted]
    return {path: _runs(wanted, find_in_all(loader(project.id), at, path)) for path in paths}


def _runs(wanted: Sequence[tuple[int, bytes]], found: Sequence[Entry | None]) -> _Versions:
    kept: list[tuple[int, Entry]] = []
    newer: bytes | None = None
    for (number, root), entry in zip(wanted, found, strict=True):
        if entry is None:
            return _Versions(kept, (root, newer) if newer else None)
        newer = root
        if kept and (kept[-1][1].digest, kept[-1][1].source) == (entry.digest, entry.source):
            kept[-1] = (number, entry)
        else:
            kept.append((number, entry))
    return _Versions(kept, None)


def _facts(project: ProjectFact, numbers: list[int]) -> Iterator[CommitFact]:
    columns = rows.commit_columns()
    found = Commit.objects.filter(project_id=project.id, pk__in=numbers).annotate(**columns).values(*columns)
    return map(rows.commit_fact, found)
