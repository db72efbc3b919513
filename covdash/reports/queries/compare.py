"""What differs between two reports of a project: the trees are compared, equal subtrees are skipped."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from covdash.coverage.components import Rules
from covdash.coverage.differential import Differential, Patch, total, whole
from covdash.coverage.linemap import LineMap
from covdash.coverage.report import UNPLACED
from covdash.coverage.totals import Totals
from covdash.coverage.tree import FILE, Entry, find
from covdash.coverage.tree import changes as tree_changes
from covdash.coverage.unified_diff import maps_of_diff
from covdash.projects.access import Reader
from covdash.projects.facts import ProjectFact
from covdash.projects.models import BranchCommit, Commit
from covdash.reports import comparing, comparisons, rows
from covdash.reports.differences import (
    BaseFact,
    ComparisonFact,
    FileBeside,
    FileDetail,
    FileDifference,
    SentFact,
)
from covdash.reports.facts import ChangeFact, CommitFact, FlagFact, ReportFact
from covdash.reports.loading import loader, root_entry
from covdash.reports.models import CommitReport, Upload, ViewedFile
from covdash.reports.opened import entry_at, opened
from covdash.sources import store as texts

LIMIT = 100
UPLOADS = 400
BETWEEN = 250
DEPTH = 1000
"""So many parents of a commit are followed to find where it left another git branch."""

_LINE = """
WITH RECURSIVE line (id, parent_sha, depth) AS (
  SELECT id, parent_sha, 0 FROM projects_commit WHERE id = %(head)s
  UNION ALL
  SELECT older.id, older.parent_sha, line.depth + 1
    FROM line JOIN projects_commit older ON older.project_id = %(project)s AND older.sha = line.parent_sha
   WHERE line.depth < %(depth)s AND line.parent_sha <> ''
)
SELECT line.id,
       EXISTS (SELECT 1 FROM projects_branchcommit link JOIN projects_branch branch ON branch.id = link.branch_id
                WHERE link.commit_id = line.id AND branch.project_id = %(project)s AND branch.name = %(branch)s),
       EXISTS (SELECT 1 FROM reports_commitreport report WHERE report.commit_id = line.id AND report.flag = '')
       AND NOT EXISTS (SELECT 1 FROM reports_upload sent WHERE sent.commit_id = line.id AND sent.counted AND sent.fork <> '')
       AND NOT EXISTS (SELECT 1 FROM projects_commit own WHERE own.id = line.id AND own.thinned_at IS NOT NULL)
  FROM line WHERE line.depth > 0 ORDER BY line.depth
"""


def comparison(*, project: ProjectFact, base: ReportFact, head: ReportFact) -> ComparisonFact | None:
    """Return what differs, line by line, or None while a task compares: ask again in a moment.

    Three SQL statements when it is known; else one a level that is not cached and two for each 250 files.
    """
    files = comparisons.found_or_made(
        project_id=project.id, base=root_entry(base), head=root_entry(head), head_commit=head.commit.id
    )
    return None if files is None else summed(files)


def summed(files: tuple[FileDifference, ...]) -> ComparisonFact:
    """Return a comparison of these files, with their sums."""
    return ComparisonFact(
        files,
        total(file.tally for file in files),
        whole(file.patch for file in files),
        sum(file.how == "unknown" for file in files),
    )


def details(
    *, project: ProjectFact, base: ReportFact, head: ReportFact, files: Sequence[FileDifference]
) -> tuple[FileDetail, ...]:
    """Return some files of a comparison in full, in the order given. Three SQL statements at most, and one a level not cached."""
    load = loader(project.id)
    sides: list[comparing.Pair] = []
    for file in files:
        before = find(load, root_entry(base), file.old_path) if file.old_path else None
        after = find(load, root_entry(head), file.path) if file.path else None
        sides.append(comparing.Pair(file.old_path, file.path, before, after))
    compared = comparing.matched(project.id, sides, lambda: comparisons.diff_of(head.commit.id))
    return tuple(
        FileDetail(file, one.found(), one.lines, one.old_text, one.new_text, one.base, one.head)
        for file, one in zip(files, compared, strict=True)
    )


def viewed(*, project: ProjectFact, user: Reader) -> frozenset[bytes] | None:
    """Return the marks of the changes that `user` has viewed in the project, None for nobody who is signed in. One SQL statement."""
    if not user.is_authenticated:
        return None
    mine = ViewedFile.objects.filter(user_id=user.pk, project_id=project.id)
    return frozenset(map(bytes, mine.values_list("mark", flat=True)))


def uploads(*, project: ProjectFact, base: CommitFact, head: CommitFact) -> tuple[SentFact, ...]:
    """Return the uploads of both commits that nothing replaced and nobody left out, oldest first, 400 at most. One SQL statement."""
    found = Upload.objects.filter(
        rows.CURRENT, project_id=project.id, commit_id__in=(base.id, head.id), deleted_at=None
    )
    columns = ("id", "commit_id", "name", "job", "flags", "state", "totals")
    return tuple(
        SentFact(str(number), commit_id, name or job, tuple(flags), state, totals)
        for number, commit_id, name, job, flags, state, totals in found.order_by(
            "received_at", "id"
        ).values_list(*columns)[:UPLOADS]
    )


def flags(*, base: CommitFact, head: CommitFact) -> dict[int, tuple[FlagFact, ...]]:
    """Return the flags of both commits with their totals, by the id of the commit. One SQL statement."""
    found = CommitReport.objects.filter(commit_id__in=(base.id, head.id)).exclude(flag="").order_by("flag")
    by_commit: dict[int, tuple[FlagFact, ...]] = {}
    for number, name, totals, carried in found.values_list("commit_id", "flag", "totals", "carried"):
        fact = FlagFact(name, totals, next(iter(rows.carried_facts(carried)), None))
        by_commit[number] = (*by_commit.get(number, ()), fact)
    return by_commit


def patches(
    *, project: ProjectFact, base: ReportFact, head: ReportFact, found: ComparisonFact, rules: Rules
) -> Mapping[str, Patch]:
    """Return component -> the new lines of its files; without those that have none. No SQL statement, and remembered."""
    return _patches(_Shared(project.id, base.root, head.root, rules.digest, found.patch, found.files, rules))


@dataclass(frozen=True, slots=True)
class _Shared:
    """A comparison and the rules that share its files among components: equal ones are one key of a cache."""

    project_id: int
    base: str
    head: str
    digest: bytes
    patch: Patch
    files: tuple[FileDifference, ...] = field(compare=False)
    rules: Rules = field(compare=False)


@lru_cache(maxsize=16)
def _patches(of: _Shared) -> Mapping[str, Patch]:
    parts: dict[str, list[Patch]] = defaultdict(list)
    for file in of.files:
        if file.patch.changed:
            parts[of.rules.owner(file.path)].append(file.patch)
    return {name: whole(patches) for name, patches in parts.items()}


def beside(*, project: ProjectFact, base: ReportFact, head: ReportFact, path: str) -> FileBeside | None:
    """Return a file of `head` beside what it was in `base`, seen through the same flag; None where `head` has no such file.

    Three SQL statements, and one a level that is not cached. Where the base has no file of this name those of `comparison` once; where
    lines are told apart by the diff that was sent, one more.
    """
    entry = entry_at(project_id=project.id, report=head, path=path)
    if entry is None:
        return None
    there: str | None = path
    before = entry_at(project_id=project.id, report=base, path=path)
    if before is None:
        there = _came_from(project, base, head, path)
        before = entry_at(project_id=project.id, report=base, path=there) if there else None
    sides = [(head, path, entry)]
    if there and before:
        sides.append((base, there, before))
    after, *old = opened(project_id=project.id, places=sides)
    if there is None:
        return FileBeside(base, None, after.fact, "pending", Differential(), None)
    was = old[0] if old else None
    pair = comparing.Pair(there if was else "", path, before, entry)
    is_same = was and entry.source and entry.source == was.entry.source
    is_by_diff = was and not is_same and None in (after.text, was.text)
    compared = comparing.match(
        pair,
        was.fact.coverage if was else None,
        after.fact.coverage,
        was.text if was else None,
        after.text,
        maps_of_diff(comparisons.diff_of(head.commit.id)) if is_by_diff else {},
        partial(_line_map, project.id, before.source, entry.source) if before else None,
    )
    return FileBeside(
        base, was.fact if was else None, after.fact, compared.how, compared.found(), compared.lines
    )


@lru_cache(maxsize=128)
def _line_map(project_id: int, old: bytes, new: bytes) -> LineMap:
    """Return the map of two texts that are kept: the same for ever, small, and a tenth of a second for 50,000 lines."""
    known = texts.get(project_id=project_id, blobs=(old, new))
    return comparing.map_of(known[old], known[new])


class _NotYetError(Exception):
    """A task compares: what comes of it is not known yet, and nothing to remember."""


def _came_from(project: ProjectFact, base: ReportFact, head: ReportFact, path: str) -> str | None:
    """Return the path that a new file had in `base`, "" where it is all new; None while a task compares."""
    # Whether texts are alike can be told when they came, which an upload says.
    stamps = (base.updated_at, head.updated_at)
    try:
        return _renamed_from(project.id, root_entry(base), root_entry(head), head.commit.id, path, stamps)
    except _NotYetError:
        return None


@lru_cache(maxsize=256)
def _renamed_from(
    project_id: int, base: Entry, head: Entry, head_commit: int, path: str, _stamps: tuple[datetime, datetime]
) -> str:
    files = comparisons.found_or_made(project_id=project_id, base=base, head=head, head_commit=head_commit)
    if files is None:
        raise _NotYetError
    return next((file.old_path for file in files if file.path == path), "")


def base_of(*, project: ProjectFact, head: CommitFact, branch: str = "", declared: str = "") -> BaseFact:
    """Return the report to compare `head` with: where it left the git branch `branch` (the default one for "").

    In order: the commit that an upload declared as base; the newest ancestor on that git branch with a report (exactly the merge base
    if that has one); the newest ancestor with a report at all; the newest older report on the branch. Four SQL statements at most.
    What forks sent without a token is the base of nothing, and neither is a commit whose files and lines retention removed.
    """
    name = branch or project.default_branch
    said = Commit.objects.filter(~_of_fork("pk"), project_id=project.id, sha=declared, thinned_at=None)
    if declared and (found := _report(project, said)):
        return BaseFact(found, "declared", "the base that the upload named")
    line = _ancestors(project, head, name)
    ids = tuple(commit_id for commit_id, _, _ in line)
    meeting = next((number for number, (_, on_branch, _) in enumerate(line) if on_branch), None)
    for number, (commit_id, on_branch, reported) in enumerate(line):
        if reported and (on_branch or meeting is None):
            found = _report(project, Commit.objects.filter(pk=commit_id))
            if number == meeting:
                return BaseFact(found, "merge_base", f"where it left {name}", ids)
            walked = number - (meeting or 0)
            older = f"{walked} commit{'s' if walked != 1 else ''} before it"
            if meeting is None:
                return BaseFact(found, "ancestor", "its nearest ancestor with a report", ids)
            return BaseFact(found, "ancestor", f"where it left {name} has no report: this is {older}", ids)
    newest = BranchCommit.objects.filter(
        ~_of_fork("commit_id"),
        rows.older("at", "commit_id", head.committed_at, head.id),
        branch__project_id=project.id,
        branch__name=name,
        commit__reports__flag="",
        commit__thinned_at=None,
    ).order_by("-at", "-commit_id")
    found = _report(project, Commit.objects.filter(pk__in=newest.values("commit_id")[:1]))
    if found:
        return BaseFact(found, "branch", f"the parents are not known: the newest older report of {name}")
    return BaseFact(None, "none", f"no older commit of {name} has a report")


def between(
    *, project: ProjectFact, base: CommitFact, head: CommitFact, line: Sequence[int] = ()
) -> tuple[CommitFact, ...]:
    """Return the first parents from `head` down to `base`, newest first; none when they do not meet.

    Two SQL statements, one less with the `line` of first parents that `base_of` found.
    """
    line = line or [commit_id for commit_id, _, _ in _ancestors(project, head, "")]
    if base.id not in line:
        return ()
    wanted = [head.id, *line[: line.index(base.id)]][:BETWEEN]
    columns = rows.commit_columns()
    found = Commit.objects.filter(pk__in=wanted).annotate(**columns).values(*columns)
    facts = {fact.id: fact for fact in map(rows.commit_fact, found)}
    return tuple(facts[commit_id] for commit_id in wanted)


def changes(
    *, project: ProjectFact, base: ReportFact, head: ReportFact, limit: int = LIMIT
) -> tuple[ChangeFact, ...]:
    """Return the files whose totals differ, greatest loss first, at most `limit`. One SQL statement a level that is not cached.

    Loss is how many more lines (then arms, then anything else) are missed than before; then those come first that gained least.
    """
    return _changes(project.id, root_entry(base), root_entry(head), limit)


@lru_cache(maxsize=32)
def _changes(project_id: int, base: Entry, head: Entry, limit: int) -> tuple[ChangeFact, ...]:
    """Return what differs most between two roots: the same for ever."""
    return tuple(heapq.nsmallest(limit, _differing(project_id, base, head), key=_rank))


def _differing(project_id: int, base: Entry, head: Entry) -> Iterator[ChangeFact]:
    for path, before, after in tree_changes(loader(project_id), base, head):
        entry = after or before
        if entry is None or entry.kind != FILE or entry.name == UNPLACED:
            continue
        old = before.totals if before else None
        new = after.totals if after else None
        if old != new:
            yield ChangeFact(path, old, new)


def _rank(change: ChangeFact) -> tuple[list[int], str]:
    old, new = change.before or Totals(), change.after or Totals()
    growth: list[int] = []
    gain: list[int] = []
    for before, after in zip(old.counts, new.counts, strict=True):
        (was_covered, was_total), (is_covered, is_total) = before or (0, 0), after or (0, 0)
        growth.append((was_total - was_covered) - (is_total - is_covered))
        gain.append(is_covered - was_covered)
    return growth + gain, change.path


def _of_fork(commit: str) -> Exists:
    """Whether the report of the commit in this column is made of what forks sent without a token."""
    return Exists(Upload.objects.filter(commit_id=OuterRef(commit), counted=True).exclude(fork=""))


def _report(project: ProjectFact, commits: QuerySet[Commit]) -> ReportFact | None:
    found = CommitReport.objects.filter(project_id=project.id, commit__in=commits, flag="")
    return next(iter(rows.reports(found)), None)


def _ancestors(project: ProjectFact, head: CommitFact, branch: str) -> list[tuple[int, bool, bool]]:
    """Return (id, is it on `branch`, has it a report) of the first parents of `head`, the nearest first."""
    words: dict[str, Any] = {"head": head.id, "project": project.id, "branch": branch, "depth": DEPTH}
    with connection.cursor() as cursor:
        cursor.execute(_LINE, words)
        return [(row[0], row[1], row[2]) for row in cursor.fetchall()]
