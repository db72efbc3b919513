"""Files of reports, opened: coverage with exact counts, and text. Several at once cost no more SQL statements than one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from covdash.coverage.report import UNPLACED
from covdash.coverage.tree import FILE, Entry, find
from covdash.reports import exact
from covdash.reports.facts import FileFact, ReportFact, SourceFact
from covdash.reports.loading import loader, root_entry
from covdash.sources import reading
from covdash.sources.reading import SourceText


class Opened(NamedTuple):
    """A file of a report, with the bytes of its text, None when that is not known."""

    entry: Entry
    fact: FileFact
    text: bytes | None


def entry_at(*, project_id: int, report: ReportFact, path: str) -> Entry | None:
    """Return the entry of a file of a report, None where that has none. One SQL statement a level that is not cached.

    A path has one spelling: `a//b` and `/a/b` are no files.
    """
    entry = find(loader(project_id), root_entry(report), path) if all(path.split("/")) else None
    return entry if entry and entry.kind == FILE and entry.name != UNPLACED else None


def opened(*, project_id: int, places: Sequence[tuple[ReportFact, str, Entry]]) -> list[Opened]:
    """Return files of reports that are seen through the same flag. Three SQL statements."""
    measured = [(report, path, entry.digest) for report, path, entry in places if entry.digest]
    covered = iter(exact.coverages_of(project_id=project_id, files=measured))
    texts = reading.get_each(project_id=project_id, blobs={entry.source for _, _, entry in places})
    found = []
    for _, path, entry in places:
        coverage, is_exact = next(covered) if entry.digest else (None, False)
        text = texts.get(entry.source)
        source = _source(entry.source, text) if text else None
        fact = FileFact(path, entry.digest.hex(), entry.totals, coverage, is_exact, source)
        found.append(Opened(entry, fact, text.data if text else None))
    return found


def source_of(*, project_id: int, blob: bytes) -> SourceFact | None:
    """Return the text with this id, None where it is not known. One SQL statement, none for no id."""
    text = reading.get_each(project_id=project_id, blobs={blob}).get(blob)
    return _source(blob, text) if text else None


def _source(blob: bytes, text: SourceText) -> SourceFact:
    return SourceFact(blob.hex(), text.lines, text.highlighted, text.pending)
