"""Exact hit counts of a file of a report: read from the count packs of the uploads that the report was made of.

A pack may have expired, or an upload may have arrived that the report does not know yet. Then there are no exact counts, which is
an answer and never an error.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence

from django.core.files.storage import storages
from django.db.models import QuerySet

from covdash.coverage.codec import CodecError, decode, digest_of, encode, with_counts
from covdash.coverage.counts import read_block
from covdash.coverage.lines import FileCoverage, merge_all
from covdash.projects.models import Commit
from covdash.reports.facts import ReportFact
from covdash.reports.loading import load_objects
from covdash.reports.models import Upload

log = logging.getLogger(__name__)

MAX_PACKS = 64
"""Uploads of a commit whose packs are read for one page; the counts of a report of more are not exact."""

Block = tuple[bytes, bytes]
"""(digest of the coverage object of the upload, its counts)."""
Measured = tuple[ReportFact, str, bytes]
"""A file of a report: its path, and the digest of its coverage object."""


def counted_by(*, project_id: int, report: ReportFact) -> int:
    """Return the commit whose uploads the report is made of: another one where that stands for this; then one SQL statement."""
    said = report.commit.completeness
    if said is None or not said.of:
        return report.commit.id
    found = Commit.objects.filter(project_id=project_id, sha=said.of).values_list("pk", flat=True)
    return found.first() or report.commit.id


def packs_of(*, commit_ids: Iterable[int], flags: Sequence[str]) -> dict[int, list[str]]:
    """Return the keys of the count packs of the reports of some commits, one more than `MAX_PACKS` each at most. One SQL statement.

    They are those of uploads with any of `flags`, of all uploads without flags.
    """
    found: dict[int, list[str]] = {commit_id: [] for commit_id in commit_ids}
    of_each = [_packs(commit_id, flags) for commit_id in found]
    for commit_id, key in of_each[0].union(*of_each[1:], all=True) if of_each else ():
        found[commit_id].append(key)
    return found


def _packs(commit_id: int, flags: Sequence[str]) -> QuerySet[Upload, tuple[int, str]]:
    uploads = Upload.objects.filter(commit_id=commit_id, counted=True).exclude(pack_key="")
    if flags:
        uploads = uploads.filter(flags__overlap=list(flags))
    return uploads.order_by("pk").values_list("commit_id", "pack_key")[: MAX_PACKS + 1]


def blocks_in(keys: Sequence[str], path: str) -> tuple[tuple[Block, ...], bool]:
    """Return the blocks of `path` in the packs with these keys, and whether all of them could be read."""
    found: list[Block] = []
    complete = len(keys) <= MAX_PACKS
    for key in dict.fromkeys(keys[:MAX_PACKS]):
        try:
            block = _read(key, path)
        except (OSError, CodecError) as error:
            log.info("no exact counts from %s: %s", key, error)
            complete = False
        else:
            if block is not None:
                found.append(block)
    return tuple(found), complete


def blocks_of(
    *, project_id: int, report: ReportFact, path: str, flags: Sequence[str]
) -> tuple[tuple[Block, ...], bool]:
    """Return the blocks of a file of the uploads with any of `flags`, and whether all could be read. One SQL statement."""
    commit = counted_by(project_id=project_id, report=report)
    return blocks_in(packs_of(commit_ids=[commit], flags=flags)[commit], path)


def coverage_of(
    *, project_id: int, report: ReportFact, path: str, digest: bytes
) -> tuple[FileCoverage, bool]:
    """Return the coverage of the object `digest` of a file of a report, and whether its counts are exact. Two SQL statements."""
    return coverages_of(project_id=project_id, files=[(report, path, digest)])[0]


def coverages_of(*, project_id: int, files: Sequence[Measured]) -> list[tuple[FileCoverage, bool]]:
    """Return the same of files of several reports, all of them seen through the same flag. Two SQL statements, none for no files."""
    commits = [counted_by(project_id=project_id, report=report) for report, _, _ in files]
    packs = packs_of(commit_ids=commits, flags=files[0][0].seen_through if files else ())
    read = [blocks_in(packs[commit], path) for commit, (_, path, _) in zip(commits, files, strict=True)]
    digests = {digest for _, _, digest in files}
    load = load_objects(project_id)
    try:
        objects = load(sorted(digests.union(part for blocks, _ in read for part, _ in blocks)))
    except KeyError:  # an upload that is just being replaced
        read = [((), False) for _ in read]
        objects = load(sorted(digests))
    return [
        with_exact_counts(digest, blocks, objects, complete=complete, alone=bool(report.carried))
        for (report, _, digest), (blocks, complete) in zip(files, read, strict=True)
    ]


def with_exact_counts(
    digest: bytes,
    blocks: Sequence[Block],
    objects: Mapping[bytes, bytes],
    *,
    complete: bool,
    alone: bool = False,
) -> tuple[FileCoverage, bool]:
    """Return the coverage of the object `digest` with exact counts, and True; or without them, and False.

    `objects` holds the payloads of `digest` and of every block. The counts are only believed when the uploads add up to the report.
    With `alone` they must do so by themselves: part of the report may be carried forward, and its counts are in no pack.
    """
    known = decode(objects[digest])
    if not known.counted:
        return known, True
    if not complete:
        return known, False
    try:
        if len(blocks) == 1 and blocks[0][0] == digest:
            # One upload holds all of the file, as mostly: there is nothing to add up, and nothing to compare.
            return with_counts(known, blocks[0][1]), True
        parts = [with_counts(decode(objects[part]), counts) for part, counts in blocks]
    except CodecError as error:
        log.warning("the counts of object %s are damaged: %s", digest.hex(), error)
        return known, False
    merged = merge_all(parts if alone else [known, *parts])
    if digest_of(encode(merged)) != digest:
        return known, False
    return merged, True


def _read(key: str, path: str) -> Block | None:
    with storages["objects"].open(key) as pack:

        def read(offset: int, length: int) -> bytes:
            pack.seek(offset)
            return bytes(pack.read(length))

        return read_block(read, path)
