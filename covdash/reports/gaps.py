"""The files of a report with the most of something missed, page by page, each with its coverage and its text if asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from covdash.coverage.codec import decode
from covdash.coverage.lines import FileCoverage
from covdash.coverage.totals import Totals
from covdash.coverage.tree import FILE, Entry, find
from covdash.reports import cursor
from covdash.reports.facts import ProjectFact, ReportFact
from covdash.reports.loading import heaviest_files, load_objects, loader, root_entry
from covdash.sources import store as texts
from covdash.sources.text import lines_of

PAGE = 25
MOST = 20_000
"""Files that can be paged through."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A file that misses something, its coverage without exact counts, and its text as lines (empty if not asked for or not known)."""

    path: str
    totals: Totals
    coverage: FileCoverage
    text: tuple[str, ...]


def page(
    *,
    project: ProjectFact,
    report: ReportFact,
    missed: Callable[[Totals], int],
    after: str = "",
    only: str = "",
    with_text: bool = False,
) -> tuple[tuple[Gap, ...], str]:
    """Return 25 files, those with the most `missed` first, and the cursor of the next page; or the one file at the path `only`.

    One SQL statement a round of directories that is not cached, one for the objects, one for the texts.
    """
    place = cursor.decode(after, int)
    skip = min(max(place[0], 0), MOST) if place else 0
    if only:
        entry = find(loader(project.id), root_entry(report), only)
        missing = entry is not None and entry.kind == FILE and missed(entry.totals)
        found: tuple[tuple[str, Entry], ...] = ((only, entry),) if entry and missing else ()
        skip = 0
    else:
        found = heaviest_files(project.id, root_entry(report), missed, skip + PAGE + 1)
    listed = found[skip : skip + PAGE]
    objects = load_objects(project.id)(sorted({entry.digest for _, entry in listed}))
    blobs = {entry.source for _, entry in listed if entry.source} if with_text else set()
    known = texts.get(project_id=project.id, blobs=blobs) if blobs else {}
    gaps = tuple(
        Gap(
            path,
            entry.totals,
            decode(objects[entry.digest]),
            lines_of(known[entry.source]) if entry.source in known else (),
        )
        for path, entry in listed
    )
    return gaps, cursor.encode(skip + PAGE) if len(found) > skip + PAGE else ""
