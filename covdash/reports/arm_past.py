"""What is remembered for lists of lost, new and flaky arms: reports of a git branch, files that may have such arms, and since when.

What follows from roots is the same for ever and is remembered by them; nothing here walks files that two reports have in common.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any

from covdash.coverage import arm_states
from covdash.coverage.arm_states import Arm, first_seen
from covdash.coverage.codec import decode
from covdash.coverage.components import Owned
from covdash.coverage.memory import Revision
from covdash.coverage.report import UNPLACED
from covdash.coverage.totals import Count, Totals
from covdash.coverage.tree import DIRECTORY, FILE, Entry, changes, find_each
from covdash.projects.facts import ProjectFact
from covdash.projects.models import Branch, BranchCommit
from covdash.reports import comparing, comparisons, rows
from covdash.reports.comparing import Pair
from covdash.reports.facts import ReportFact
from covdash.reports.findings import FileArms, Past
from covdash.reports.loading import load_objects, loader
from covdash.reports.models import CommitReport
from covdash.sources import store as texts
from covdash.sources.text import lines_of

SHA = re.compile(r"[0-9a-f]{8,64}")
LINE = 300
"""So many reports of a git branch are known to a page."""
CHUNK = 15
"""Files that are compared at a time."""
FLAKY = 10
"""So many of the newest are compared, to find arms that come and go."""
SEEN = 60
"""So many are looked back through, to say since when an arm is not taken."""
REVISIONS = 12
"""Versions of a file that are followed on that way."""


def line(*, project: ProjectFact, report: ReportFact, branch: str) -> tuple[Past, ...]:
    """Return the reports of the git branch, newest first: `report` itself, then older ones of its flag whose uploads are all in.

    One SQL statement.
    """
    older = rows.older("at", "commit_id", report.commit.committed_at, report.commit.id)
    found = BranchCommit.objects.filter(
        older,
        branch__project_id=project.id,
        branch__name=branch,
        commit__reports__flag=report.flag,
        commit__thinned_at=None,
    )
    columns = ("commit_id", "commit__sha", "at", "commit__reports__root")
    listed = found.alias(whole=rows.COMPLETE).filter(whole=True).order_by("-at", "-commit_id")
    first = Past(report.commit.id, report.commit.sha, report.commit.committed_at, bytes.fromhex(report.root))
    past = map(_past, listed.values_list(*columns)[: LINE - 1])
    return first, *past


def of_commit(*, project: ProjectFact, flag: str, ref: str) -> Past | None:
    """Return the report of a commit (by eight or more digits), else of the head of a git branch. Two SQL statements at most."""
    own = CommitReport.objects.filter(project_id=project.id, flag=flag, commit__thinned_at=None)
    columns = ("commit_id", "commit__sha", "commit__committed_at", "root")
    if SHA.fullmatch(ref):
        named = list(own.filter(commit__sha__gte=ref, commit__sha__lt=f"{ref}g").values_list(*columns)[:2])
        if len(named) == 1:
            return _past(named[0])
    heads = Branch.objects.filter(project_id=project.id, name=ref).values("head_id")
    head = own.filter(commit_id__in=heads).values_list(*columns).first()
    return _past(head) if head else None


def before(*, project: ProjectFact, report: ReportFact, branch: str, at: datetime) -> Past | None:
    """Return the newest report of the git branch before a moment, of the same flag. One SQL statement."""
    own = BranchCommit.objects.filter(
        branch__project_id=project.id, branch__name=branch, commit__reports__flag=report.flag, at__lt=at,
        commit__thinned_at=None,
    )  # fmt: skip
    columns = ("commit_id", "commit__sha", "at", "commit__reports__root")
    found = own.order_by("-at", "-commit_id").values_list(*columns).first()
    return _past(found) if found else None


def _past(row: tuple[Any, ...]) -> Past:
    number, sha, at, root = row
    return Past(number, sha, at, bytes(root))


@lru_cache(maxsize=32)
def changed(
    project_id: int, base: bytes, head: bytes, within: Owned | None, only: str, *, lost: bool
) -> tuple[Pair, ...]:
    """Return the files with an arm never taken that differ between two roots, those first in which most more are not taken.

    Files that had none taken before cannot have `lost` one.
    """
    found = [
        pair
        for pair in _pairs(project_id, base, head)
        if _arms(pair.after).missed
        and (_arms(pair.before).covered or not lost)
        and _asked(pair.path, within, only)
    ]
    found.sort(key=lambda pair: (_arms(pair.before).missed - _arms(pair.after).missed, pair.path))
    return tuple(found)


@lru_cache(maxsize=64)
def judged(
    project_id: int,
    base: bytes,
    head: bytes,
    head_commit: int,
    within: Owned | None,
    only: str,
    start: int,
    *,
    lost: bool,
) -> tuple[tuple[Pair, dict[int, tuple[str, ...]] | None], ...]:
    """Return `CHUNK` of the files of `changed` from `start` on, each with its lost arms, or else its new ones, by line.

    None where nobody knows how lines moved.
    """
    judge = arm_states.lost if lost else arm_states.newly
    some = changed(project_id, base, head, within, only, lost=lost)[start : start + CHUNK]
    return tuple(
        (one.pair, None if one.how == "unknown" else judge(one.base, one.head, one.lines))
        for one in comparing.matched(project_id, some, lambda: comparisons.diff_of(head_commit))
    )


@lru_cache(maxsize=16)
def wavering(
    project_id: int, roots: tuple[bytes, ...], within: Owned | None, only: str
) -> tuple[tuple[str, tuple[Entry, ...]], ...]:
    """Return files whose arms may have changed while their text did not, with what each report has of them; most changes first.

    `roots` are reports, newest first; a file is followed back as far as its text is that of the newest.
    """
    changed: dict[str, dict[int, Entry]] = {}
    ends: dict[str, int] = {}
    for number, (newer, older) in enumerate(pairwise(roots), 1):
        same, others = _same_text(project_id, older, newer)
        for path, before, after in same:
            if path not in ends:
                changed.setdefault(path, {0: after})[number] = before
        for path in others:
            ends.setdefault(path, number)
    asked = (path for path in changed if _asked(path, within, only))
    ranked = sorted(asked, key=lambda path: (-len(changed[path]), path))
    return tuple((path, _filled(changed[path], ends.get(path, len(roots)))) for path in ranked)


def _filled(begun: Mapping[int, Entry], end: int) -> tuple[Entry, ...]:
    """Return the version of each of the first `end` reports; `begun` has the first one, and where another one begins."""
    found = [begun[0]]
    for number in range(1, end):
        found.append(begun.get(number, found[-1]))
    return tuple(found)


def with_first_seen(
    found: Sequence[FileArms], *, project: ProjectFact, past: Sequence[Past]
) -> tuple[FileArms, ...]:
    """Return the files with the report in which each of their arms was first seen not taken, as far as the last of `past`.

    No SQL statement where that is remembered; else two, and one a level of directories that is not cached.
    """
    looked = past[:SEEN]
    wanted = tuple([(file.path, tuple([key for arm in file.arms for key in arm.keys])) for file in found])
    if len(looked) < 2 or not wanted:
        return tuple(found)
    seen = _first_seen(project.id, tuple(one.root for one in looked), wanted)
    return tuple(replace(file, seen=known, past=looked) for file, known in zip(found, seen, strict=True))


@lru_cache(maxsize=64)
def _first_seen(
    project_id: int, roots: tuple[bytes, ...], wanted: tuple[tuple[str, tuple[Arm, ...]], ...]
) -> tuple[dict[Arm, tuple[int, bool]], ...]:
    """Return for each file its arms with the number of the oldest root of the unbroken run without them, and whether it may go on."""
    entries = find_each(loader(project_id), [(root, path) for path, _ in wanted for root in roots])
    runs = [_runs(entries[at : at + len(roots)]) for at in range(0, len(entries), len(roots))]
    kept = [entry for run in runs for _, entry in run if entry]
    objects = load_objects(project_id)(sorted({entry.digest for entry in kept if entry.digest}))
    known = texts.get(project_id=project_id, blobs={entry.source for entry in kept if entry.source})
    found: list[dict[Arm, tuple[int, bool]]] = []
    for (_, arms), run in zip(wanted, runs, strict=True):
        seen, unsure = first_seen([_revision(entry, objects, known) for _, entry in run], arms)
        found.append({arm: (run[number][0], arm in unsure) for arm, number in seen.items()})
    return tuple(found)


def _runs(entries: Sequence[Entry | None]) -> list[tuple[int, Entry | None]]:
    """Return versions of a file, newest first, each with the number of the oldest report of the unbroken run that has it.

    None is the version before there was one.
    """
    kept: list[tuple[int, Entry | None]] = []
    for number, entry in enumerate(entries):
        last = kept[-1][1] if kept else None
        if entry and last and (last.digest, last.source) == (entry.digest, entry.source):
            kept[-1] = number, entry
        elif len(kept) == REVISIONS:
            break
        else:
            kept.append((number, entry))
            if entry is None:
                break
    return kept


def _revision(entry: Entry | None, objects: Mapping[bytes, bytes], known: Mapping[bytes, bytes]) -> Revision:
    if entry is None:
        return Revision(None, b"", ())
    text = lines_of(known[entry.source]) if entry.source in known else None
    return Revision(decode(objects[entry.digest]) if entry.digest else None, entry.source, text)


@lru_cache(maxsize=8)
def _pairs(project_id: int, base: bytes, head: bytes) -> tuple[Pair, ...]:
    return tuple(
        pair
        for pair in comparing.pairs_of(project_id=project_id, base=_root(base), head=_root(head))
        if pair.after
    )


@lru_cache(maxsize=32)
def _same_text(
    project_id: int, older: bytes, newer: bytes
) -> tuple[tuple[tuple[str, Entry, Entry], ...], frozenset[str]]:
    """Return the files whose coverage alone changed from one root to the next, and the paths of those with another text."""
    same: list[tuple[str, Entry, Entry]] = []
    edited: set[str] = set()
    for path, before, after in changes(loader(project_id), _root(older), _root(newer)):
        if after is None or after.kind != FILE or after.name == UNPLACED:
            continue
        if before is None or before.source != after.source or not after.source:
            edited.add(path)
        elif _arms(before).total and _arms(after).total:
            same.append((path, before, after))
    return tuple(same), frozenset(edited)


def _root(digest: bytes) -> Entry:
    return Entry("", DIRECTORY, digest, b"", Totals())


def _arms(entry: Entry | None) -> Count:
    return (entry.totals.get("branches") if entry else None) or Count(0, 0)


def _asked(path: str, within: Owned | None, only: str) -> bool:
    return path == only if only else within is None or within(path)
