"""The files of a report with the most of something missed, page by page, each with its coverage and its text if asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from covdash.coverage.codec import decode
from covdash.coverage.components import Owned
from covdash.coverage.lines import FileCoverage
from covdash.coverage.totals import Totals
from covdash.coverage.tree import FILE, Entry, find
from covdash.reports import cursor, exact
from covdash.reports.facts import ProjectFact, ReportFact
from covdash.reports.loading import heaviest_files, load_objects, loader, root_entry
from covdash.sources import store as texts
from covdash.sources.text import lines_of

PAGE = 15
MOST = 20_000
"""Files that can be paged through."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A file that misses something, its coverage, and its text as lines (empty if not asked for or not known).

    `counted` tells whether the hits are exact counts.
    """

    path: str
    totals: Totals
    coverage: FileCoverage
    text: tuple[str, ...]
    counted: bool = False


Entries = tuple[tuple[str, Entry], ...]
"""Files by path."""


def start_of(after: str) -> int:
    """Return how many files are before the page that a cursor asks for."""
    place = cursor.decode(after, int)
    return min(max(place[0], 0), MOST) if place else 0


def ranked(
    *,
    project: ProjectFact,
    report: ReportFact,
    missed: Callable[[Totals], int],
    limit: int,
    within: Owned | None = None,
    only: str = "",
) -> Entries:
    """Return the first `limit` files, those with the most `missed` first, or the one at the path `only`.

    `missed` is a function of a module, since what was found is remembered with it. One SQL statement a round of directories that is
    not cached.
    """
    if not only:
        return heaviest_files(project.id, root_entry(report), missed, limit, within)
    entry = find(loader(project.id), root_entry(report), only)
    return ((only, entry),) if entry and entry.kind == FILE and missed(entry.totals) else ()


def read(
    *,
    project: ProjectFact,
    report: ReportFact,
    entries: Entries,
    with_text: bool = False,
    with_counts: bool = False,
) -> Iterator[Gap]:
    """Yield what is known of each file. One SQL statement for the objects, one for the texts; `with_counts` two for each file."""
    digests = sorted({entry.digest for _, entry in entries})
    objects = {} if with_counts else load_objects(project.id)(digests)
    blobs = {entry.source for _, entry in entries if entry.source} if with_text else set()
    known = texts.get(project_id=project.id, blobs=blobs) if blobs else {}
    for path, entry in entries:
        coverage, counted = (
            exact.coverage_of(project_id=project.id, report=report, path=path, digest=entry.digest)
            if with_counts
            else (decode(objects[entry.digest]), False)
        )
        text = lines_of(known[entry.source]) if entry.source in known else ()
        yield Gap(path, entry.totals, coverage, text, counted and coverage.counted)
