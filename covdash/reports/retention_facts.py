"""What retention found and did, as facts. Frozen. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from covdash.reports.facts import CommitFact


class DetailsGoneError(Exception):
    """Files or lines were asked for of a commit whose reports have none any more; whoever answers a reader says so."""

    def __init__(self, commit: CommitFact) -> None:
        super().__init__(commit.sha)
        self.commit = commit


class Bytes(msgspec.Struct, frozen=True, kw_only=False):
    """Things of one kind before a sweep, how many, and how many of them it removed."""

    number: int = 0
    size: int = 0
    gone: int = 0
    gone_size: int = 0

    def less(self, gone: Mapping[bytes, int]) -> Bytes:
        """Return the same with what was removed, name -> bytes."""
        return Bytes(self.number, self.size, len(gone), sum(gone.values()))

    @property
    def left(self) -> int:
        """Bytes after the sweep."""
        return self.size - self.gone_size

    def __add__(self, other: Bytes) -> Bytes:
        """Return both together."""
        return Bytes(
            self.number + other.number,
            self.size + other.size,
            self.gone + other.gone,
            self.gone_size + other.gone_size,
        )


class SweepFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a project and what a sweep removed: commits thinned, uploads without raw files, and bytes by kind.

    `raw` are the files of uploads, `objects` the rows of reports, `texts` source texts, `derived` what was made of uploads and lies in
    object storage: exact counts, test results, names, lists of files.
    """

    commits: int = 0
    uploads: int = 0
    raw: Bytes = Bytes()
    objects: Bytes = Bytes()
    texts: Bytes = Bytes()
    derived: Bytes = Bytes()

    @property
    def total(self) -> Bytes:
        """All bytes together."""
        return self.raw + self.objects + self.texts + self.derived


@dataclass(frozen=True, slots=True)
class SweepFact:
    """The last sweep of a project (`slug` "" for the files of deleted ones), or with `is_dry` the last count of the next one."""

    slug: str
    started_at: datetime
    ended_at: datetime | None
    error: str
    figures: SweepFigures
    is_dry: bool = False
