"""Directories and files of a report: walks of its tree, which cost one SQL statement for each level that is not cached."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import translate
from functools import lru_cache
from itertools import islice
from operator import itemgetter

from covdash.coverage.components import Owned
from covdash.coverage.report import UNPLACED
from covdash.coverage.totals import KINDS, Totals, add_up
from covdash.coverage.tree import DIRECTORY, FILE, Entry, changes, find, find_each, walk
from covdash.projects.facts import ProjectFact
from covdash.reports import ages, cursor
from covdash.reports.facts import DirectoryFact, EntryFact, FileFact, ReportFact
from covdash.reports.findings import FileList, IdleFile
from covdash.reports.loading import heaviest_files, loader, root_entry
from covdash.reports.opened import entry_at, opened
from covdash.sources import store as texts

PAGE = 100
IDLE = 1000
"""So many files that never ran are told apart by age."""

Listed = tuple[str, Entry, Totals | None]
"""A file by its path, with the totals it had before, where it is compared."""


def _any(_totals: Totals) -> bool:
    return True


def _zero(totals: Totals) -> bool:
    lines = totals.get("lines")
    return bool(lines and lines.total and not lines.covered)


SHOWN: Mapping[str, Callable[[Totals], bool]] = {
    "zero": _zero,
    "missed": lambda totals: _missed_lines(totals) > 0,
    "partial": lambda totals: totals.partial > 0,
    "unmeasured": lambda totals: totals.unmeasured > 0,
    "needs_sources": lambda totals: totals.needs_sources > 0,
}
"""Kinds of files that the flat list can be narrowed to."""


def directory(
    *, project: ProjectFact, report: ReportFact, path: str = "", base: ReportFact | None = None
) -> DirectoryFact | None:
    """Return the directory at `path` ("" or "/" is the root, a closing slash may lack), or None when the report has none there.

    With `base`, every entry carries the totals of its path in that report. One SQL statement a level that is not cached; levels are
    the segments of `path` and one more, for each of the two reports.
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
    *,
    project: ProjectFact,
    report: ReportFact,
    search: str = "",
    show: str = "",
    after: str = "",
    within: Owned | None = None,
    size: int = 0,
    base: ReportFact | None = None,
) -> FileList:
    """Return the files of the whole report by path, 100 a page. One SQL statement a level that is not cached.

    `search` is text that the path contains, or a glob over the whole path when it has `*`, `?` or `[`; letter case does not count.
    `show` is one of `SHOWN`, or `changed`: files that differ from those of `base`; another word is as good as "". `within` leaves the
    files of some components. Files of less than `size` executable lines are left out.
    """
    place = cursor.decode(after, str)
    before = root_entry(base) if base and show == "changed" else None
    found, totals, was = _listed(project.id, root_entry(report), search, show, within, size, before)
    start = 0 if place is None else bisect_right(found, place[0], key=itemgetter(0))
    items = tuple(_fact(*item) for item in found[start : start + PAGE])
    following = cursor.encode(items[-1].path) if len(found) > start + PAGE else ""
    return FileList(items, following, len(found), totals, was)


@lru_cache(maxsize=4)
def _listed(
    project_id: int,
    root: Entry,
    search: str,
    show: str,
    within: Owned | None,
    size: int,
    before: Entry | None,
) -> tuple[list[Listed], Totals, Totals]:
    """Return the files of a flat list by path, and the sums of their totals, now and before: the same for ever.

    20,000 files take some megabytes.
    """
    found = _matching(project_id, root, search, show, within, size, before)
    found.sort(key=itemgetter(0))
    was = add_up(before for _, _, before in found if before)
    return found, add_up(entry.totals for _, entry, _ in found), was


def idle(
    *,
    project: ProjectFact,
    report: ReportFact,
    branch: str,
    search: str = "",
    within: Owned | None = None,
    size: int = 0,
) -> tuple[IdleFile, ...]:
    """Return the files of which no line ran, the greatest first, at most `IDLE`, with when their numbers last changed on `branch`.

    One SQL statement, and one a level that is not cached; words as in `flat`.
    """
    found = _matching(project.id, root_entry(report), search, "zero", within, size)
    found.sort(key=lambda item: (-_lines(item[1].totals), item[0]))
    kept = found[:IDLE]
    since = ages.of_files(project=project, report=report, branch=branch, paths=[path for path, _, _ in kept])
    return tuple(
        IdleFile(path, entry.totals, since[path].since if path in since else None) for path, entry, _ in kept
    )


def _matching(
    project_id: int,
    root: Entry,
    search: str,
    show: str,
    within: Owned | None,
    size: int,
    before: Entry | None = None,
) -> list[Listed]:
    wanted, shown = _matcher(search), SHOWN.get(show, _any)
    every = _changed(project_id, before, root) if show == "changed" else _walked(project_id, root)
    return [
        (path, entry, was)
        for path, entry, was in every
        if entry.name != UNPLACED
        and wanted(path)
        and shown(entry.totals)
        and (not size or _lines(entry.totals) >= size)
        and (within is None or within(path))
    ]


def _walked(project_id: int, root: Entry) -> Iterator[Listed]:
    for path, entry in walk(loader(project_id), root.digest):
        yield path, entry, None


def _changed(project_id: int, before: Entry | None, root: Entry) -> Iterator[Listed]:
    """Yield the files that differ from those of another root; none without one."""
    for path, old, new in changes(loader(project_id), before, root) if before else ():
        if new is not None and new.kind == FILE:
            yield path, new, old.totals if old else None


def paths(*, project: ProjectFact, report: ReportFact, limit: int) -> tuple[str, ...]:
    """Return the paths of at most `limit` files, sorted; of a greater report those nearest to its root.

    One SQL statement a level that is not cached.
    """
    found = walk(loader(project.id), root_entry(report).digest)
    return tuple(sorted(islice((path for path, entry in found if entry.name != UNPLACED), limit)))


def neediest(*, project: ProjectFact, report: ReportFact, limit: int) -> tuple[EntryFact, ...]:
    """Return the files with the most missed lines, the greatest first. One SQL statement a round that is not cached.

    Only directories that may hold one of them are read, the heaviest first: about as many rounds as the tree is deep.
    """
    found = heaviest_files(project.id, root_entry(report), _missed_lines, limit)
    return tuple(_fact(path, entry, None) for path, entry in found)


def greatest(
    *,
    project: ProjectFact,
    report: ReportFact,
    path: str,
    limit: int,
    by: str = "lines",
    base: ReportFact | None = None,
) -> tuple[EntryFact, ...]:
    """Return the files below the directory `path` that are the greatest by one of `WEIGHTS`, the greatest first, for a map.

    With `base`, each carries the totals of its path in that report. One SQL statement a level of `path` and one a round that is not
    cached, and with `base` one a level of the files.
    """
    found = _directory_at(project, report, path)
    if found is None:
        return ()
    under = "".join(f"{part}/" for part in path.split("/") if part)
    listed = [
        (under + place, entry) for place, entry in heaviest_files(project.id, found, WEIGHTS[by], limit)
    ]
    was: tuple[Totals | None, ...] = (None,) * len(listed)
    if base is not None:
        was = _totals_at(project.id, root_entry(base).digest, tuple(place for place, _ in listed))
    return tuple(_fact(place, entry, before) for (place, entry), before in zip(listed, was, strict=True))


def totals_of(*, project: ProjectFact, report: ReportFact, paths: Sequence[str]) -> dict[str, Totals]:
    """Return path -> totals of files, and of directories, which end with a slash, as far as the report has them.

    One SQL statement a level that is not cached.
    """
    found = _totals_at(project.id, root_entry(report).digest, tuple(paths))
    return {path: totals for path, totals in zip(paths, found, strict=True) if totals is not None}


@lru_cache(maxsize=16)
def _totals_at(project_id: int, root: bytes, paths: tuple[str, ...]) -> tuple[Totals | None, ...]:
    """Return the totals of files and directories below the node `root`: the same for ever."""
    found = find_each(loader(project_id), [(root, path) for path in paths])
    return tuple(entry.totals if entry else None for entry in found)


def neighbour(*, project: ProjectFact, report: ReportFact, path: str, before: bool = False) -> str:
    """Return the path of the next file with missed or partial lines after `path` (or `before` it), around the end; "" without any.

    One SQL statement a level that is not cached.
    """
    open_ = sorted(
        place
        for place, entry in walk(loader(project.id), root_entry(report).digest)
        if entry.name != UNPLACED and (_missed_lines(entry.totals) or entry.totals.partial)
    )
    if before:
        return next((place for place in reversed(open_) if place < path), open_[-1] if open_ else "")
    return next((place for place in open_ if place > path), open_[0] if open_ else "")


def text(*, project: ProjectFact, report: ReportFact, path: str) -> bytes | None:
    """Return the text of a file of a report as it was sent, None when it is not known. One SQL statement and one a level."""
    entry = entry_at(project_id=project.id, report=report, path=path)
    if entry is None or not entry.source:
        return None
    return texts.get(project_id=project.id, blobs=[entry.source]).get(entry.source)


def get(*, project: ProjectFact, report: ReportFact, path: str) -> FileFact | None:
    """Return a file of a report, with exact counts where they are kept and its text where that is known, or None.

    Three SQL statements, and one for each level that is not cached.
    """
    entry = entry_at(project_id=project.id, report=report, path=path)
    if entry is None:
        return None
    return opened(project_id=project.id, places=[(report, path, entry)])[0].fact


def _directory_at(project: ProjectFact, report: ReportFact, path: str) -> Entry | None:
    found = find(loader(project.id), root_entry(report), f"{path.strip('/')}/")
    return found if found is not None and found.kind == DIRECTORY else None


def _fact(path: str, entry: Entry, before: Totals | None) -> EntryFact:
    is_directory = entry.kind == DIRECTORY
    measured = is_directory or bool(entry.digest)
    return EntryFact(
        entry.name, f"{path}/" if is_directory else path, is_directory, measured, entry.totals, before
    )


def _missed_lines(totals: Totals) -> int:
    lines = totals.counts[0]
    return lines[1] - lines[0] if lines else 0


def _matcher(search: str) -> Callable[[str], bool]:
    wanted = search.casefold()
    if not any(letter in wanted for letter in "*?["):
        return lambda path: wanted in path.casefold()
    match = re.compile(translate(wanted)).match
    return lambda path: match(path.casefold()) is not None


def _lines(totals: Totals) -> int:
    # Asked of every file: the pair is taken as it lies.
    lines = totals.counts[0]
    return lines[1] if lines else 0


def _lines_with(kind: str) -> Callable[[Totals], int]:
    """Return the lines of what has any of `kind`: a directory weighs as much as each of its files, or more."""
    place = KINDS.index(kind)

    def weight(totals: Totals) -> int:
        pair = totals.counts[place]
        return _lines(totals) if pair and pair[1] else 0

    return weight


WEIGHTS: Mapping[str, Callable[[Totals], int]] = {
    "lines": _lines,
    "missed": _missed_lines,
    "branches": _lines_with("branches"),
    "functions": _lines_with("functions"),
}
"""What makes a file great: executable lines, missed ones, or executable lines where it has arms or functions."""
