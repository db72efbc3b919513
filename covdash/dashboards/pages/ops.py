"""The page of operators: numbers of the pipe in the words of an operator. PURE."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from covdash import __version__
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages.reasons import reason_of
from covdash.reports.operations import OpsFact

SLOW = timedelta(minutes=2)
"""An upload that waits longer than this is a sign that no worker runs."""


@dataclass(frozen=True, slots=True)
class FailureRow:
    """A cause with its sentence, and the page of the last upload with it, "" when it is not the operator's to see."""

    code: str
    cause: str
    day: int
    week: int
    last_at: datetime
    project: str
    address: str


@dataclass(frozen=True, slots=True)
class StorageRow:
    """A project with its raw bytes. `is_paused`: its uploads wait."""

    slug: str
    uploads: int
    size: str
    last_at: datetime
    is_paused: bool


@dataclass(frozen=True, slots=True)
class OpsPage:
    """All the page prints. `alarm` is the one sentence about a queue that does not move, or ""."""

    fact: OpsFact
    alarm: str
    services: tuple[tuple[str, bool], ...]
    checks: tuple[tuple[bool, str], ...]
    formats: tuple[tuple[str, int, str, str], ...]
    failures: tuple[FailureRow, ...]
    storage: tuple[StorageRow, ...]
    database: str
    workers: tuple[str, ...]
    slow: tuple[tuple[str, int, str], ...]
    version: str = __version__


def build(
    fact: OpsFact,
    services: Mapping[str, bool],
    checks: Sequence[tuple[bool, str]],
    *,
    readable: Container[str],
    workers: Sequence[str],
    slow: Sequence[tuple[str, int, float]],
    now: datetime,
) -> OpsPage:
    """Return the page of `fact` at `now`.

    `checks` are (serious, sentence), `readable` the slugs that the operator may read, `workers` the names of those that are up, and
    `slow` the views that were slow today.
    """
    waited = now - fact.oldest_at if fact.oldest_at else timedelta()
    alarm = ""
    if fact.oldest_at and not workers:
        alarm = f"No worker is up, and the oldest upload waits for {figures.duration(waited)}: start one, and read its log."
    elif waited > SLOW:
        alarm = f"The oldest upload waits for {figures.duration(waited)}: look whether a worker runs and what its log says."
    return OpsPage(
        fact=fact,
        alarm=alarm,
        services=tuple(services.items()),
        checks=tuple(checks),
        formats=tuple(
            (row.format, row.uploads, _seconds(row.median), _seconds(row.p95)) for row in fact.formats
        ),
        failures=tuple(
            FailureRow(
                row.code,
                reason_of(row.code, "").cause,
                row.day,
                row.week,
                row.last_at,
                row.last_project,
                Place(row.last_project).upload(row.last_upload) if row.last_project in readable else "",
            )
            for row in fact.failures
        ),
        storage=tuple(
            StorageRow(row.slug, row.uploads, figures.size(row.size), row.last_at, row.is_paused)
            for row in fact.storage
        ),
        database=f"{fact.database_version}, {figures.size(fact.database_bytes)}",
        workers=tuple(workers),
        slow=tuple((view, times, _seconds(longest)) for view, times, longest in slow),
    )


def _seconds(seconds: float) -> str:
    return figures.duration(timedelta(seconds=float(seconds)))
