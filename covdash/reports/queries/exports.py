"""All files of a report with their counts, one after the other: what exports are written from."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from operator import itemgetter

from django.core.files import File
from django.core.files.storage import storages

from covdash.coverage.codec import CodecError
from covdash.coverage.counts import read_block
from covdash.coverage.lines import FileCoverage
from covdash.coverage.report import UNPLACED
from covdash.coverage.tree import Entry, walk
from covdash.projects.facts import ProjectFact
from covdash.reports import exact
from covdash.reports.facts import ReportFact
from covdash.reports.loading import load_objects, loader, root_entry

log = logging.getLogger(__name__)

BATCH = 200
_Read = Callable[[int, int], bytes]


def files(*, project: ProjectFact, report: ReportFact) -> Iterator[tuple[str, FileCoverage]]:
    """Yield (path, coverage) of every measured file by path, with exact counts where they are kept.

    What a report places in no file is left out. One SQL statement a level that is not cached, one for the packs, one for 200 files.
    """
    found = sorted(
        (
            (path, entry)
            for path, entry in walk(loader(project.id), root_entry(report).digest)
            if entry.digest and entry.name != UNPLACED
        ),
        key=itemgetter(0),
    )
    commit = exact.counted_by(project_id=project.id, report=report)
    keys = exact.packs_of(commit_ids=[commit], flags=report.seen_through)[commit]
    with ExitStack() as stack:
        packs, complete = _open(stack, keys)
        for start in range(0, len(found), BATCH):
            yield from _read(
                project, found[start : start + BATCH], packs, complete=complete, alone=bool(report.carried)
            )


def _open(stack: ExitStack, keys: list[str]) -> tuple[list[_Read], bool]:
    """Open the packs; False when one of them is gone, or when there are too many."""
    if len(keys) > exact.MAX_PACKS:
        return [], False
    reads: list[_Read] = []
    for key in dict.fromkeys(keys):
        try:
            pack = stack.enter_context(storages["objects"].open(key))
        except OSError as error:
            log.info("no exact counts from %s: %s", key, error)
            return [], False
        reads.append(partial(_part_of, pack))
    return reads, True


def _part_of(pack: File[bytes], offset: int, length: int) -> bytes:
    pack.seek(offset)
    return bytes(pack.read(length))


def _read(
    project: ProjectFact, batch: list[tuple[str, Entry]], packs: list[_Read], *, complete: bool, alone: bool
) -> Iterator[tuple[str, FileCoverage]]:
    blocks: dict[str, list[exact.Block]] = {}
    for path, _ in batch:
        try:
            blocks[path] = [block for read in packs if (block := read_block(read, path)) is not None]
        except (OSError, CodecError) as error:
            log.info("no exact counts of %s: %s", path, error)
            complete = False
            blocks[path] = []
    load = load_objects(project.id)
    plain = {entry.digest for _, entry in batch}
    try:
        objects = load(sorted(plain | {digest for some in blocks.values() for digest, _ in some}))
    except KeyError:  # an upload that is just being replaced
        objects, complete = load(sorted(plain)), False
    for path, entry in batch:
        known = blocks[path] if complete else []
        coverage, _ = exact.with_exact_counts(entry.digest, known, objects, complete=complete, alone=alone)
        yield path, coverage
