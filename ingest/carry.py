"""Carry-forward: a flag that did not arrive for a commit is taken over from an earlier one, as far as it still holds.

From the nearest ancestor on the first-parent line with a report of its own for that flag, else from the branch that the commit is
meant for. What still holds is decided by git blob ids and, for texts that changed, line by line (`covdash.coverage.carrying`).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

import msgspec
from django.db import connection

from covdash.coverage.carrying import NO_PLACE, NO_TEXT, NOTHING_LEFT, Head, Move, carried, plan
from covdash.coverage.codec import decode, digest_of, encode
from covdash.coverage.linemap import map_lines
from covdash.coverage.merge import LoadObjects
from covdash.coverage.totals import Totals
from covdash.coverage.tree import DIRECTORY, Entry, Load, Tree, build, file_entry, walk
from covdash.projects.configuration import Configuration
from covdash.projects.models import Branch, Commit
from covdash.reports.models import CommitReport, Upload
from covdash.sources import renames, tree_lists
from covdash.sources import store as sources
from covdash.sources.text import lines_of
from ingest import raw, surroundings
from ingest.paths import listed
from ingest.settle import base_branch

log = logging.getLogger(__name__)

DEPTH = 200
"""Ancestors that are looked at."""
MAX_CHANGED = 2_000
"""Files of one flag that are mapped line by line."""
BATCH = 10
"""Files mapped at a time: their texts are in memory."""
MAX_LISTED = 200
"""Files that were left out and are named; all are counted."""
TOO_MANY = f"more than {MAX_CHANGED} files of this flag changed"
ALL = "all"

_OURS = """NOT EXISTS (
  SELECT FROM reports_upload u WHERE u.commit_id = r.commit_id AND u.counted AND u.fork <> '')"""
"""A report that is made of what forks sent without a token is nobody's word for another commit."""
_COLUMNS = "r.flag, c.id, c.sha, c.committed_at, c.tree, r.root, r.totals"
_ON_THE_LINE = f"""
WITH RECURSIVE line (id, parent_sha, depth) AS (
  SELECT id, parent_sha, 1 FROM projects_commit WHERE project_id = %s AND sha = %s AND id <> %s
  UNION ALL
  SELECT c.id, c.parent_sha, line.depth + 1 FROM line
    JOIN projects_commit c ON c.project_id = %s AND c.sha = line.parent_sha AND line.parent_sha <> '' AND c.id <> %s
   WHERE line.depth < %s
)
SELECT DISTINCT ON (r.flag) {_COLUMNS}
  FROM line JOIN projects_commit c ON c.id = line.id
  JOIN reports_commitreport r ON r.commit_id = c.id AND r.uploads > 0
 WHERE r.flag = ANY(%s) AND c.thinned_at IS NULL AND {_OURS}
 ORDER BY r.flag, line.depth
"""  # noqa: S608 - made of constants
_ON_THE_BRANCH = f"""
SELECT {_COLUMNS} FROM unnest(%s::text[]) AS wanted (flag) CROSS JOIN LATERAL (
  SELECT r.* FROM projects_branchcommit bc JOIN reports_commitreport r ON r.commit_id = bc.commit_id
    JOIN projects_commit own ON own.id = bc.commit_id AND own.thinned_at IS NULL
   WHERE bc.branch_id = %s AND bc.at <= %s AND bc.commit_id <> %s AND r.flag = wanted.flag AND r.uploads > 0
     AND {_OURS}
   ORDER BY bc.at DESC, bc.commit_id DESC LIMIT 1
) r JOIN projects_commit c ON c.id = r.commit_id
"""  # noqa: S608 - made of constants
_totals = msgspec.msgpack.Decoder(Totals)


@dataclass(frozen=True, slots=True)
class Source:
    """An earlier report of one flag that is to be carried forward."""

    flag: str
    commit_id: int
    sha: str
    at: datetime
    tree: str
    root: bytes
    totals: Totals

    @property
    def entry(self) -> Entry:
        """The root of its tree."""
        return Entry("", DIRECTORY, self.root, b"", self.totals)


@dataclass(frozen=True, slots=True)
class Carried:
    """What was taken over: the root of the tree, what was made for it, and the words for it (`facts.CarriedFact`)."""

    root: Entry
    tree: Tree | None
    objects: dict[bytes, bytes]
    fact: dict[str, Any]


def wanted(commit: Commit, configuration: Configuration, arrived: Iterable[str]) -> list[Source]:
    """Return the reports to carry forward, by flag. No SQL statement where nothing is carried, else four at most."""
    flags = {flag.name for flag in configuration.flags if flag.carry_forward}
    asked = commit.completeness.get("carry") or []
    flags |= set(asked) - {ALL}
    flags |= _flags_before(commit) if ALL in asked else set()
    missing = sorted(flags.difference(arrived))
    found = _on_the_line(commit, missing) if missing else []
    elsewhere = sorted(set(missing) - {source.flag for source in found})
    found += _on_the_branch(commit, elsewhere) if elsewhere else []
    return [
        source
        for source in sorted(found, key=lambda source: source.flag)
        if commit.committed_at - source.at <= timedelta(days=configuration.flag(source.flag).max_age_days)
    ]


def same(sources_now: Iterable[Source], stored: Iterable[Mapping[str, Any]]) -> bool:
    """Say whether what is to be carried is what the stored report carries."""
    return [(source.flag, source.sha, source.root.hex()) for source in sources_now] == [
        (fact["flag"], fact["sha"], fact["root"]) for fact in stored
    ]


def head_of(commit: Commit, own: Entry, load: Load, *, tree: str) -> Head:
    """Return what is known of the files of `tree`, the one that was tested: its list, else the texts and the lists of the uploads."""
    files = tree_lists.read(project_id=commit.project_id, tree=tree) if tree else None
    if files is not None:
        return Head(files, is_whole=True)

    blobs = {
        path: entry.source
        for path, entry in walk(load, own.digest)
        if path and (entry.source or entry.digest)
    }
    named = set(_listed(commit, tree))
    return Head(dict.fromkeys(named, b"") | blobs, is_whole=bool(named))


def take_over(
    commit: Commit,
    source: Source,
    head: Head,
    *,
    load: Load,
    load_objects: LoadObjects,
    old: CommitReport | None,
) -> Carried:
    """Return what of `source` still holds for `commit`. `old` is its present report of that flag, used again if nothing changed."""
    key = _digest(head)
    if (
        old is not None
        and old.carried
        and (old.carried[0]["root"], old.carried[0]["head"]) == (source.root.hex(), key)
    ):
        return Carried(Entry("", DIRECTORY, bytes(old.root), b"", old.totals), None, {}, old.carried[0])
    before = _blobs_of(commit.project_id, source, load)
    moves = _followed(commit.project_id, plan(list(walk(load, source.root)), before, head), before, head)
    entries: dict[str, Entry] = {}
    objects: dict[bytes, bytes] = {}
    left_out: list[tuple[str, str]] = []
    counts = dict.fromkeys(("kept", "renamed", "changed", "unchecked", "deleted"), 0)
    whole = all(move.outcome in ("kept", "unchecked", "unplaced") for move in moves)
    for move in moves:
        if move.outcome in ("kept", "renamed", "unchecked"):
            name = move.new_path.rpartition("/")[2]
            entries[move.new_path] = file_entry(name, move.entry.digest, move.new_blob, move.entry.totals)
        elif move.outcome == "unplaced" and whole:
            entries[move.path] = move.entry
        elif move.outcome == "unplaced":
            left_out.append((move.path, NO_PLACE))
        if move.outcome in counts and move.outcome != "changed":
            counts[move.outcome] += 1
    changed = [move for move in moves if move.outcome == "changed"]
    for move, entry, reason in _mapped(commit.project_id, changed, load_objects, objects):
        if entry is None:
            left_out.append((move.path, reason))
        else:
            counts["changed"] += 1
            entries[move.new_path] = entry
    tree = build(entries)
    fact = {
        "flag": source.flag,
        "sha": source.sha,
        "at": source.at.isoformat(),
        "root": source.root.hex(),
        "head": key,
        **counts,
        "left_out": sorted(left_out)[:MAX_LISTED],
        "left_out_count": len(left_out),
    }
    # As JSON gives it back, so that an unchanged report is seen as such.
    return Carried(tree.root, tree, objects, msgspec.json.decode(msgspec.json.encode(fact)))


def _followed(project_id: int, moves: list[Move], before: Mapping[str, bytes], head: Head) -> list[Move]:
    """Let files that seem deleted go on, line by line, in a file that is new and has most of their text."""
    gone = {move.path: move for move in moves if move.outcome == "deleted" and move.old_blob}
    if not gone:
        return moves
    kinds = {PurePosixPath(path).suffix for path in gone}
    there = {path for move in moves for path in (move.path, move.new_path)} | before.keys()
    new = {
        path: blob
        for path, blob in head.blobs.items()
        if blob and path not in there and PurePosixPath(path).suffix in kinds
    }
    old = {path: move.old_blob for path, move in gone.items()}
    found = renames.renamed(project_id=project_id, gone=old, new=new)
    places = {old_path: path for path, old_path in found.items()}
    return [
        replace(move, outcome="changed", new_path=places[move.path], new_blob=new[places[move.path]])
        if move.path in places
        else move
        for move in moves
    ]


def _blobs_of(project_id: int, source: Source, load: Load) -> Mapping[str, bytes]:
    """Return path -> blob id at the earlier commit: by its git tree, else by the texts that its uploads brought together."""
    counted = Upload.objects.filter(commit_id=source.commit_id, counted=True).exclude(tree="")
    tree = counted.values_list("tree", flat=True).first() or source.tree
    files = tree_lists.read(project_id=project_id, tree=tree) if tree else None
    if files is not None:
        return files
    whole = (
        CommitReport.objects.filter(commit_id=source.commit_id, flag="")
        .values_list("root", flat=True)
        .first()
    )
    if whole is None:
        return {}
    return {path: entry.source for path, entry in walk(load, bytes(whole)) if entry.source}


def _mapped(
    project_id: int, moves: list[Move], load_objects: LoadObjects, objects: dict[bytes, bytes]
) -> Iterator[tuple[Move, Entry | None, str]]:
    """Yield each changed file with its new entry, or with the reason why there is none; payloads go to `objects`."""
    yield from ((move, None, TOO_MANY) for move in moves[MAX_CHANGED:])
    for start in range(0, min(len(moves), MAX_CHANGED), BATCH):
        batch = moves[start : min(start + BATCH, MAX_CHANGED)]
        ids = {move.new_blob for move in batch} | {move.old_blob for move in batch}
        texts = sources.get(project_id=project_id, blobs=sorted(ids))
        known = load_objects(sorted({move.entry.digest for move in batch}))
        for move in batch:
            old, new = texts.get(move.old_blob), texts.get(move.new_blob)
            if old is None or new is None:
                yield move, None, NO_TEXT
                continue
            file = carried(decode(known[move.entry.digest]), map_lines(lines_of(old), lines_of(new)))
            if not len(file.lines):
                yield move, None, NOTHING_LEFT
                continue
            payload = encode(file)
            objects[digest_of(payload)] = payload
            name = move.new_path.rpartition("/")[2]
            yield move, file_entry(name, digest_of(payload), move.new_blob, file.totals()), ""


def _on_the_line(commit: Commit, flags: list[str]) -> list[Source]:
    """Return the nearest report of each flag on the first-parent line."""
    if not commit.parent_sha:
        return []
    number = commit.project_id
    return _rows(_ON_THE_LINE, [number, commit.parent_sha, commit.pk, number, commit.pk, DEPTH, flags])


def _on_the_branch(commit: Commit, flags: list[str]) -> list[Source]:
    """Return the newest report of each flag before the commit on the git branch that it is meant for."""
    branch = Branch.objects.filter(project=commit.project, name=base_branch(commit, commit.project)).first()
    if branch is None:
        return []
    return _rows(_ON_THE_BRANCH, [flags, branch.pk, commit.committed_at, commit.pk])


def _flags_before(commit: Commit) -> set[str]:
    """Return the flags of the report before a commit: of its parent, else of the newest on the branch that it is meant for."""
    reports = CommitReport.objects.filter(project_id=commit.project_id)
    flags = set(reports.filter(commit__sha=commit.parent_sha).values_list("flag", flat=True))
    if not flags:
        name = base_branch(commit, commit.project)
        line = reports.filter(
            flag="", commit__branches__branch__name=name, commit__branches__at__lte=commit.committed_at
        )
        newest = (
            line.exclude(commit=commit)
            .order_by("-commit__branches__at", "-commit_id")
            .values("commit_id")[:1]
        )
        flags = set(reports.filter(commit_id__in=newest).values_list("flag", flat=True))
    return flags - {""}


def _rows(query: str, words: list[Any]) -> list[Source]:
    with connection.cursor() as cursor:
        cursor.execute(query, words)
        return [
            Source(flag, number, sha, at, tree, bytes(root), _totals.decode(bytes(totals)))
            for flag, number, sha, at, tree, root, totals in cursor.fetchall()
        ]


def _listed(commit: Commit, tree: str) -> Iterator[str]:
    """Yield the paths of the lists of repository files that the uploads of a git tree brought."""
    lists = {
        file["digest"]: file
        for one in surroundings.around(commit).uploads
        if (one.tree or commit.tree) == tree and not one.fork
        for file in one.with_role("files")
    }
    for _, file in sorted(lists.items()):
        try:
            yield from listed(raw.read(file))
        except (raw.BlobError, OSError) as error:
            log.warning("commit %s: a list of files cannot be read: %s", commit.pk, error)


def _digest(head: Head) -> str:
    """Return a digest of what is known of the later commit: equal knowledge, equal result."""
    digest = hashlib.sha256(b"whole" if head.is_whole else b"")
    for path, blob in sorted(head.blobs.items()):
        digest.update(path.encode("utf-8", "surrogatepass") + b"\0" + blob + b"\0")
    return digest.hexdigest()
