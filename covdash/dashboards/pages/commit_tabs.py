"""Tabs of the commit page that list files: what no report mentions, and what one upload alone ran. PURE."""

from __future__ import annotations

from dataclasses import dataclass

from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.reports.facts import EntryFact, Page
from covdash.reports.findings import UniqueFile, UploadPart


@dataclass(frozen=True, slots=True)
class Missing:
    """One page of the files of the commit that are in no report: (path, address)."""

    files: tuple[tuple[str, str], ...]
    after: str


@dataclass(frozen=True, slots=True)
class AloneRow:
    """A file of the upload: how many lines it ran, and how many of them no other upload ran."""

    path: str
    address: str
    ran: str
    only: int


@dataclass(frozen=True, slots=True)
class Alone:
    """What an upload alone ran; `title` is "" for one that does not count."""

    title: str
    rows: tuple[AloneRow, ...]
    after: str
    only: int
    back: str

    @property
    def words(self) -> str:
        """`28 lines`, of the files on this page."""
        return figures.counted(self.only, "line")

    @property
    def files(self) -> str:
        """`3 files`, on this page."""
        return figures.counted(len(self.rows), "file")


def missing(found: Page[EntryFact], place: Place) -> Missing:
    """Return the files that no report mentions; `place` is the project at the commit."""
    return Missing(tuple((entry.path, place.file(entry.path)) for entry in found.items), found.after)


def alone(found: tuple[UploadPart, Page[UniqueFile]] | None, place: Place, upload: str) -> Alone:
    """Return what the upload with the id `upload` alone ran, file by file."""
    back = place.at().commit_page(place.commit, tab="uploads")
    if found is None:
        return Alone("", (), "", 0, back)
    part, page = found
    seen = place.viewed(without=upload)
    rows = tuple(
        AloneRow(file.path, seen.file(file.path), figures.counted(file.lines, "line"), file.only)
        for file in page.items
    )
    return Alone(part.title, rows, page.after, sum(row.only for row in rows), back)
