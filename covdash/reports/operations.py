"""Facts of the page for operators. Frozen. PURE."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FormatTimes:
    """How long uploads with a format took within a day: seconds from the start of the work to its end."""

    format: str
    uploads: int
    median: float
    p95: float


@dataclass(frozen=True, slots=True)
class Failure:
    """A cause of failures: how often within a day and a week, when last, in which project and upload."""

    code: str
    day: int
    week: int
    last_at: datetime
    last_project: str
    last_upload: str


@dataclass(frozen=True, slots=True)
class Storage:
    """Raw bytes of a project as they were sent, its newest upload, and whether its uploads wait."""

    slug: str
    uploads: int
    size: int
    last_at: datetime
    is_paused: bool


@dataclass(frozen=True, slots=True)
class OpsFact:
    """The pipe at this moment. `oldest_at` is when the longest waiting upload began to wait, `taken_at` the last start of any work."""

    waiting: int
    working: int
    oldest_at: datetime | None
    last_5_minutes: int
    last_hour: int
    last_day: int
    taken_at: datetime | None
    formats: tuple[FormatTimes, ...]
    failures: tuple[Failure, ...]
    storage: tuple[Storage, ...]
    database_bytes: int
    database_version: str
