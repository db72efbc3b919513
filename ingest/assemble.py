"""The report of a commit from the set of its uploads: who counts, the fold per flag, the facts of the commit, heads and trends.

Everything here is a function of the set: in any order, twice, or at the same time in two workers, it ends the same. One worker
assembles a commit at a time; one that finds the lock taken leaves, since the holder looks again before it goes.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from covdash.coverage.totals import Totals
from covdash.coverage.tree import DIRECTORY, Entry
from covdash.projects import holding, wishes
from covdash.projects.models import Commit
from covdash.reports.completeness import Arrival
from covdash.reports.models import Upload
from ingest import chronicle, claim, doorbell, settle, surroundings
from ingest.fold import Fold

log = logging.getLogger(__name__)

PAUSES = (0.2, 1.0, 3.0)
"""Seconds to wait after an error of the database."""
COMMIT, BRANCH = 1, 2
"""Kinds of advisory locks: commits and git branches have numbers of their own."""
ASSEMBLE = "ingest.tasks.assemble_commit"


@dataclass(frozen=True, slots=True)
class Part:
    """An upload as far as the report of its commit needs it."""

    id: uuid.UUID
    state: str
    job: str
    flags: tuple[str, ...]
    slot: str
    adds: bool
    tree: str
    fork: str
    excluded: bool
    attempt: int
    received_at: datetime
    identity: bytes
    root: bytes | None
    totals: Totals | None
    context: bytes | None
    superseded_by: uuid.UUID | None
    counted: bool
    revision: int
    folded: int

    @property
    def entry(self) -> Entry:
        """The root of its tree."""
        return Entry("", DIRECTORY, self.root or b"", b"", self.totals or Totals())

    @property
    def arrival(self) -> Arrival:
        """The upload as it counts for completeness."""
        return Arrival(self.job, self.flags, self.slot, self.state, self.received_at)


def run(commit_id: int, *, force: bool = False) -> list[uuid.UUID]:
    """Assemble a commit until nothing is left to look at; returns uploads that have to be processed again.

    `force` makes its report anew although its uploads are as they were: after another configuration, or another `report_of`.
    A database that is away or a deadlock is tried again at once, then left to the sweep: the rows say that there is work.
    """
    again: list[uuid.UUID] = []
    for pause in PAUSES:
        try:
            while _round(commit_id, again, force=force):
                force = False
        except (OperationalError, InterfaceError) as error:
            log.warning("commit %s is not assembled yet: %s", commit_id, error)
            time.sleep(pause)
            claim.drop_broken_connection()
        else:
            break
    return again


def _round(commit_id: int, again: list[uuid.UUID], *, force: bool) -> bool:
    """Assemble once, if nobody else does; says whether there is more to look at."""
    with transaction.atomic():
        if not _lock(COMMIT, commit_id, wait=False):
            return False
        # Before anything is read: roots of other commits, too, may be taken over.
        holding.hold(Commit.objects.values_list("project_id", flat=True).get(pk=commit_id))
        found = _assemble(commit_id, force=force)
    again += found
    return Upload.objects.filter(commit_id=commit_id, folded__lt=F("revision")).exists()


def stale_commits(limit: int = 500) -> list[int]:
    """Return commits with uploads that their report does not know yet, and those whose quiet period is over, for the sweep."""
    found = Upload.objects.filter(folded__lt=F("revision")).values_list("commit_id", flat=True)
    return list(dict.fromkeys([*found.distinct()[:limit], *settle.due()]))


def _assemble(commit_id: int, *, force: bool) -> list[uuid.UUID]:
    parts = _parts(commit_id)
    commit = Commit.objects.select_related("project").get(pk=commit_id)
    if commit.thinned_at is not None:
        _leave(commit, parts)
        return []
    is_new = any(part.folded != part.revision for part in parts)
    if is_new:
        chronicle.note_facts(commit)
    configuration = wishes.in_force(project_id=commit.project_id)
    superseded = _superseded(parts)
    counting = [part for part in chosen(parts, commit.tree) if part.id not in superseded]
    counted = {part.id for part in counting}
    fold = Fold(commit, counting, configuration)
    if force or is_new or fold.is_outdated():
        flags = fold.write(grown=not force and all(_as_before(part, counted) for part in parts))
        chronicle.update(commit, flags=flags, lock=lambda branch_id: _lock(BRANCH, branch_id, wait=True))
    arrivals = _arrivals(parts, counted, superseded)
    settle.settle(commit, arrivals, configuration, now=timezone.now(), of=fold.of, why=fold.why)
    if fold.changed:
        for number in settle.look_again(commit):
            transaction.on_commit(partial(doorbell.ring, ASSEMBLE, number), robust=True)
    if not is_new:
        return []
    # Rows of uploads come last, as in `process.py`: whoever takes locks in one order never waits in a ring.
    for part in parts:
        now = superseded.get(part.id), part.id in counted
        if (part.superseded_by, part.counted) != now:
            Upload.objects.filter(pk=part.id).update(superseded_by=now[0], counted=now[1])
    _mark(parts)
    _remove_deleted(parts)
    return _told_something_new(commit, parts)


def _leave(commit: Commit, parts: Sequence[Part]) -> None:
    """Let a commit be whose files and lines retention removed: its totals are final, whatever comes or goes."""
    Commit.objects.filter(pk=commit.pk, complete_at=None).update(complete_at=timezone.now())
    _mark(parts)
    _remove_deleted(parts)


def _remove_deleted(parts: Sequence[Part]) -> None:
    """Remove deleted uploads once the report does without them, so that a crash in between loses no deed."""
    Upload.objects.filter(
        pk__in=[part.id for part in parts], deleted_at__isnull=False, folded=F("revision")
    ).delete()


def _arrivals(
    parts: Sequence[Part], counted: Container[uuid.UUID], superseded: Container[uuid.UUID]
) -> list[Arrival]:
    """Return the uploads that a commit waited for: those that count, that hold no coverage, that failed or wait.

    A fork without a token keeps nobody waiting where others came.
    """
    trusted = [part for part in parts if not part.fork] or parts
    usable = [part for part in trusted if not part.excluded and part.id not in superseded]
    return [part.arrival for part in usable if part.root is None or part.id in counted]


def _parts(commit_id: int) -> list[Part]:
    columns = (
        "id", "state", "job", "flags", "slot", "adds", "tree", "fork", "excluded_at", "attempt", "received_at", "identity", "root",
        "totals", "context", "superseded_by_id", "counted", "revision", "folded",
    )  # fmt: skip
    read: dict[str, Callable[[Any], Any]] = {
        "flags": tuple,
        "excluded_at": bool,
        "identity": bytes,
        "root": lambda root: bytes(root) if root else None,
        "context": lambda context: bytes(context) if context else None,
    }
    rows = Upload.objects.filter(commit_id=commit_id).order_by("pk").values_list(*columns)
    return [
        Part(
            *(read[name](value) if name in read else value for name, value in zip(columns, row, strict=True))
        )
        for row in rows
    ]


def _told_something_new(commit: Commit, parts: Sequence[Part]) -> list[uuid.UUID]:
    """Let uploads wait again that asked the others and would be told something else now."""
    asked = [part for part in parts if part.context is not None]
    if not asked:
        return []
    around = surroundings.around(commit)
    return claim.wait_again(
        part.id
        for part in asked
        if part.context != around.tell(part.id, tree=part.tree, fork=part.fork).digest()
    )


def chosen(parts: Sequence[Part], own_tree: str) -> list[Part]:
    """Return the processed uploads whose lines may be merged: of one source tree, and not of strangers beside our own.

    Lines of two trees are never merged. The tree of the commit itself goes first (an upload that names no tree means that one), else
    the one tested last, as a re-run of a pull request merges into a newer base. Uploads of a fork without a token count only where
    no others came, not even such as wait or failed. Excluded ones never do.
    """
    trusted = [part for part in parts if not part.fork] or parts
    usable = [part for part in trusted if part.root is not None and not part.excluded]
    trees: dict[str, list[Part]] = {}
    for part in usable:
        trees.setdefault("" if part.tree == own_tree else part.tree, []).append(part)
    if not trees:
        return []
    newest = max(trees, key=lambda tree: (tree == "", min(part.received_at for part in trees[tree]), tree))
    return trees[newest]


def _superseded(parts: Sequence[Part]) -> dict[uuid.UUID, uuid.UUID]:
    """Return upload -> the newer one that replaces it: of one slot, tree and set of flags only the greatest processed attempt counts.

    Uploads without a slot stand for themselves. Several of the same greatest attempt count together; so do runs of some tests only.
    """
    groups: dict[tuple[str, str, tuple[str, ...], str], list[Part]] = {}
    for part in parts:
        if part.slot and not part.adds:
            groups.setdefault((part.slot, part.tree, part.flags, part.fork), []).append(part)
    by: dict[uuid.UUID, uuid.UUID] = {}
    for group in groups.values():
        processed = [part for part in group if part.root is not None and not part.excluded]
        if processed:
            newest = max(processed, key=lambda part: (part.attempt, part.identity))
            by.update({part.id: newest.id for part in group if part.attempt < newest.attempt})
    return by


def _as_before(part: Part, counted: Container[uuid.UUID]) -> bool:
    """Say whether an upload counts as it did; if all do, then what is new can join the report as it is."""
    return not part.folded or (part.folded == part.revision and part.counted == (part.id in counted))


def _mark(parts: Sequence[Part]) -> None:
    """Note which revisions the report knows now; an upload that changed meanwhile stays marked as not known."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE reports_upload SET folded = known.revision FROM unnest(%s::uuid[], %s::int[]) AS known (id, revision) "
            "WHERE reports_upload.id = known.id AND folded <> known.revision",
            [[part.id for part in parts], [part.revision for part in parts]],
        )


def _lock(kind: int, number: int, *, wait: bool) -> bool:
    """Take the advisory lock of a commit or a git branch until the transaction ends; without `wait`, say whether it was free."""
    words: list[Any] = [number * 4 + kind]
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", words)
            return True
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", words)
        return bool(cursor.fetchone()[0])
