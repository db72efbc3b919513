"""One file as single flags and uploads of its commit see it: what one of them ran that no other did."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np

from covdash.coverage.codec import decode, digest_of, encode
from covdash.coverage.lines import FileCoverage, merge_all
from covdash.coverage.report import UNPLACED
from covdash.coverage.totals import Totals
from covdash.coverage.tree import DIRECTORY, Entry, find_each, find_in_all, walk
from covdash.projects.facts import ProjectFact
from covdash.reports import cursor, exact
from covdash.reports.facts import FileFact, Page, ReportFact
from covdash.reports.findings import Slice, UniqueFile, UploadPart, Without
from covdash.reports.loading import load_objects, loader
from covdash.reports.models import CommitReport, Upload
from covdash.reports.opened import source_of

MAX_UPLOADS = 200
"""So many uploads of a commit are looked at; of a commit with more nothing can be left out."""
PAGE = 100


@dataclass(frozen=True, slots=True)
class _Part:
    """An upload that counts, with its tree."""

    id: str
    title: str
    flags: tuple[str, ...]
    root: bytes
    pack_key: str
    totals: Totals


def of_flags(*, project: ProjectFact, report: ReportFact, path: str) -> tuple[Slice, ...]:
    """Return the file as all uploads of the commit together and as each flag sees it, by name.

    Two SQL statements, and one a level of the path that is not cached.
    """
    seen = _by_flag(project, report, path)
    return _slices(seen, _payloads(project, seen.values()))


def union(
    *, project: ProjectFact, report: ReportFact, path: str, flags: Collection[str]
) -> tuple[FileFact, tuple[Slice, ...]] | None:
    """Return the file as some flags of the commit see it together, and as each flag does alone; None where none of them has it.

    It is the merge of their reports, by the laws of `coverage.lines`. Four SQL statements, and one a level that is not cached.
    """
    if not all(path.split("/")):
        return None
    seen = _by_flag(project, report, path)
    mine = {flag: entry for flag, entry in seen.items() if flag in flags and entry}
    if not mine:
        return None
    measuring = [flag for flag, entry in mine.items() if entry.digest]
    blocks, complete = exact.blocks_of(project_id=project.id, report=report, path=path, flags=measuring)
    entries = [entry for entry in seen.values() if entry and entry.digest]
    try:
        objects = _payloads(project, entries, (digest for digest, _ in blocks))
    except KeyError:  # an upload that is just being replaced
        blocks, complete, objects = (), False, _payloads(project, entries)
    source = max(entry.source for entry in mine.values())
    coverage, digest, is_exact = None, b"", False
    if measuring:
        payload = _joined(objects, [mine[flag] for flag in measuring])
        digest = digest_of(payload)
        coverage, is_exact = exact.with_exact_counts(
            digest, blocks, {**objects, digest: payload}, complete=complete, alone=bool(report.carried)
        )
    totals = coverage.totals() if coverage else next(iter(mine.values())).totals
    fact = FileFact(
        path, digest.hex(), totals, coverage, is_exact, source_of(project_id=project.id, blob=source)
    )
    return fact, _slices(seen, objects)


def flags_with(*, project: ProjectFact, report: ReportFact, path: str) -> tuple[str, ...]:
    """Return the flags of the commit that measure the file, by name; "" (first) says that the whole report has it, measured or not.

    A path with a slash at its end is that of a directory; then those that measure a file below it. One SQL statement, and one a level
    of the path that is not cached.
    """
    if not all(path.removesuffix("/").split("/")):
        return ()
    seen = _by_flag(project, report, path)
    return tuple(flag for flag, entry in seen.items() if entry and (_measures(entry) or not flag))


def _by_flag(project: ProjectFact, report: ReportFact, path: str) -> dict[str, Entry | None]:
    """Return what the report of each flag of the commit has at `path`, by name; that of "", the whole one, is first."""
    found = CommitReport.objects.filter(project_id=project.id, commit_id=report.commit.id).order_by("flag")
    roots = {flag: bytes(root) for flag, root in found.values_list("flag", "root")}
    entries = find_in_all(loader(project.id), list(roots.values()), path)
    return dict(zip(roots, entries, strict=True))


def _slices(seen: Mapping[str, Entry | None], objects: Mapping[bytes, bytes]) -> tuple[Slice, ...]:
    return tuple(
        Slice(flag, decode(objects[entry.digest]) if entry and entry.digest else None)
        for flag, entry in seen.items()
    )


def _joined(objects: Mapping[bytes, bytes], entries: Iterable[Entry]) -> bytes:
    """Return the payload of the merge of the coverage objects of some entries."""
    return encode(merge_all(decode(objects[digest]) for digest in sorted({one.digest for one in entries})))


def _measures(entry: Entry) -> bool:
    return entry.totals.files > 0 if entry.kind == DIRECTORY else bool(entry.digest)


def uploads_of(
    *, project: ProjectFact, report: ReportFact, path: str, flags: Collection[str] = ()
) -> tuple[UploadPart, ...]:
    """Return the uploads of a report, or of some flags of it, that say something of the file, the first to arrive first.

    One SQL statement, and one a level of the path that is not cached.
    """
    parts = _counted(project, report, flags)
    entries = find_in_all(loader(project.id), [part.root for part in parts], path)
    return tuple(
        _public(part, entry)
        for part, entry in zip(parts, entries, strict=True)
        if entry is not None and entry.digest
    )


def without(
    *, project: ProjectFact, report: ReportFact, fact: FileFact, upload_id: str, flags: Collection[str] = ()
) -> Without | None:
    """Return the file `fact`, as the report or as some flags of it see it, as if the upload were gone; None where that cannot be told.

    That is when the upload does not count in the report or does not have the file, and when the report holds more than its uploads,
    such as what was taken over from an earlier commit. Two SQL statements, and one a level of the path that is not cached.
    """
    parts = _counted(project, report, flags)
    if upload_id not in {part.id for part in parts} or len(parts) > MAX_UPLOADS:
        return None
    entries = find_in_all(loader(project.id), [part.root for part in parts], fact.path)
    known = [(part, entry) for part, entry in zip(parts, entries, strict=True) if entry and entry.digest]
    mine = next(((part, entry) for part, entry in known if part.id == upload_id), None)
    if mine is None:
        return None
    objects = _payloads(project, [entry for _, entry in known])
    payload = _joined(objects, [entry for _, entry in known])
    if digest_of(payload).hex() != fact.digest:
        return None
    whole = decode(payload)
    others = [(part, entry) for part, entry in known if part.id != upload_id]
    if not others:
        return Without(_public(*mine), whole, None, exact=True)
    payload = _joined(objects, [entry for _, entry in others])
    keys = [part.pack_key for part, _ in others if part.pack_key]
    blocks, complete = exact.blocks_in(keys, fact.path)
    digest = digest_of(payload)
    complete = complete and len(keys) <= exact.MAX_PACKS and all(block in objects for block, _ in blocks)
    rest, is_exact = exact.with_exact_counts(
        digest, blocks if complete else (), {**objects, digest: payload}, complete=complete
    )
    return Without(_public(*mine), whole, rest, is_exact)


def unique(
    *, project: ProjectFact, report: ReportFact, upload_id: str, after: str = ""
) -> tuple[UploadPart, Page[UniqueFile]] | None:
    """Return the files of an upload by path, 100 a page, each with how many of its lines ran in no other upload of the commit.

    None when the upload does not count. Two SQL statements, and one a level that is not cached for the upload and for the others.
    """
    parts = _counted(project, report)
    mine = next((part for part in parts if part.id == upload_id), None)
    if mine is None or len(parts) > MAX_UPLOADS:
        return None
    load = loader(project.id)
    place = cursor.decode(after, str)
    files = sorted(
        (
            (path, entry)
            for path, entry in walk(load, mine.root)
            if entry.digest and entry.name != UNPLACED and (place is None or path > place[0])
        ),
        key=itemgetter(0),
    )
    shown = files[:PAGE]
    others = [part.root for part in parts if part.id != upload_id]
    found = find_each(load, [(root, path) for path, _ in shown for root in others])
    size = len(others)
    beside = [
        [one for one in found[at * size : (at + 1) * size] if one and one.digest] for at in range(len(shown))
    ]
    objects = _payloads(project, [*(entry for _, entry in shown), *(one for some in beside for one in some)])
    items = tuple(
        UniqueFile(
            path,
            entry.totals,
            *_counts(decode(objects[entry.digest]), [decode(objects[one.digest]) for one in some]),
        )
        for (path, entry), some in zip(shown, beside, strict=True)
    )
    following = cursor.encode(shown[-1][0]) if len(files) > PAGE else ""
    return UploadPart(mine.id, mine.title, mine.flags, mine.totals), Page(items, following)


def _counts(mine: FileCoverage, others: Sequence[FileCoverage]) -> tuple[int, int]:
    """Return how many lines ran, and how many of them in none of `others`."""
    ran = mine.lines[mine.states > 0]
    elsewhere = [other.lines[other.states > 0] for other in others]
    only = ran if not elsewhere else np.setdiff1d(ran, np.concatenate(elsewhere), assume_unique=False)
    return len(ran), len(only)


def _counted(project: ProjectFact, report: ReportFact, flags: Collection[str] = ()) -> list[_Part]:
    """Return the uploads of the report that count, those of some `flags` where it is seen through several."""
    found = Upload.objects.filter(
        project_id=project.id,
        commit_id=exact.counted_by(project_id=project.id, report=report),
        counted=True,
        deleted_at=None,
        root__isnull=False,
    )
    if through := flags or report.seen_through:
        found = found.filter(flags__overlap=list(through))
    columns = ("id", "name", "job", "flags", "root", "pack_key", "totals")
    return [
        _Part(str(pk), name or job or f"upload {str(pk)[:8]}", tuple(flags), bytes(root), key, totals)
        for pk, name, job, flags, root, key, totals in found.order_by("received_at", "pk").values_list(
            *columns
        )[: MAX_UPLOADS + 1]
    ]


def _public(part: _Part, entry: Entry) -> UploadPart:
    return UploadPart(part.id, part.title, part.flags, entry.totals)


def _payloads(
    project: ProjectFact, entries: Iterable[Entry | None], more: Iterable[bytes] = ()
) -> dict[bytes, bytes]:
    wanted = {entry.digest for entry in entries if entry and entry.digest}.union(more)
    return dict(load_objects(project.id)(sorted(wanted)))
