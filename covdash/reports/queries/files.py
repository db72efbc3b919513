"""Directories and files of a report: walks of its tree, which cost one SQL statement for each level that is not cached."""

from __future__ import annotations

import re
from fnmatch import translate

from covdash.coverage.codec import decode
from covdash.coverage.report import UNPLACED
from covdash.coverage.totals import Totals
from covdash.coverage.tree import DIRECTORY, FILE, Entry, find, walk
from covdash.projects.facts import ProjectFact
from covdash.reports import cursor
from covdash.reports.exact import with_exact_counts
from covdash.reports.facts import DirectoryFact, EntryFact, FileFact, Page, ReportFact, SourceFact
from covdash.reports.loading import load_objects, loader, root_entry
from covdash.sources import store

PAGE = 100


def directory(
    *, project: ProjectFact, report: ReportFact, path: str = "", base: ReportFact | None = None
) -> DirectoryFact | None:
    """Return the directory at `path` ("" or "/" is the root, a closing slash may lack), or None when the report has none there.

    With `base`, every entry carries the totals of its path in that report. One SQL statement a level that is not cached; levels are the
    segments of `path` and one more, for each of the two reports.
    """
    load = loader(project.id)
    found = _directory_at(project, report, path)
    if found is None:
        return None
    place = "".join(f"{part}/" for part in path.split("/") if part)
    entries = load([found.digest])[found.digest]
    was = None if base is None else _directory_at(project, base, path)
    before = {} if was is None else {entry.key: entry.totals for entry in load([was.digest])[was.digest]}
    named = [entry for entry in entries if entry.name != UNPLACED]
    named.sort(key=lambda entry: (entry.kind, entry.name))
    return DirectoryFact(
        path=place,
        totals=found.totals,
        entries=tuple(_fact(place + entry.name, entry, before.get(entry.key)) for entry in named),
        unplaced=next((entry.totals for entry in entries if entry.name == UNPLACED), None),
        before=None if was is None else was.totals,
    )


def flat(
    *, project: ProjectFact, report: ReportFact, search: str = "", after: str = ""
) -> Page[EntryFact]:
    """Return the files of the whole report by path, 100 a page. One SQL statement a level that is not cached.

    `search` is text that the path contains, or a glob over the whole path when it has `*`, `?` or `[`; letter case does not count.
    """
    wanted = _matcher(search)
    place = cursor.decode(after, str)
    found = sorted(
        (path, entry)
        for path, entry in walk(loader(project.id), root_entry(report).digest)
        if entry.name != UNPLACED and (place is None or path > place[0]) and wanted(path)
    )
    more = len(found) > PAGE
    items = tuple(_fact(path, entry, None) for path, entry in found[:PAGE])
    return Page(items, cursor.encode(items[-1].path) if more else "")
