"""Retention: what a project keeps, a sweep of what it does not, and the row that says how that went.

One sweep of a project at a time. Everything it does is done in batches that are whole by themselves, so that one that was killed, or
that ran out of time, is gone on with by the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import msgspec
from billiard.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, connection
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from covdash.projects import holding, keeping
from covdash.projects.models import Project
from covdash.reports import keys, sweeping, thinning
from covdash.reports.marking import Marking
from covdash.reports.models import Sweep
from covdash.reports.retention_facts import SweepFigures

SWEEP = "covdash.reports.tasks.sweep_project"
DAY, HOUR = timedelta(hours=23), timedelta(minutes=50)
"""A project is due so long after its last sweep, and sooner after one that failed or was killed."""
_LOCK = 2**40
"""Key of the advisory lock of a session that sweeps; the numbers of projects stay below."""

Tell = Callable[[str, int], None]
"""Told what is being looked at, and how many of it so far."""


class SweepingError(Exception):
    """A project cannot be swept now: a sentence."""


def due() -> list[int]:
    """Return the projects that were not swept for a day, and those whose last sweep failed an hour ago. One SQL statement."""
    done = Q(ended_at__isnull=False, error="", started_at__gt=Now() - DAY) | Q(started_at__gt=Now() - HOUR)
    lately = Sweep.objects.filter(done, project_id=OuterRef("pk"), is_dry=False)
    return list(Project.objects.exclude(Exists(lately)).order_by("pk").values_list("pk", flat=True))


def ask(project_id: int, *, is_dry: bool) -> None:
    """Let a task sweep a project, or count what a sweep would remove. Never raises: it happens within a day anyway."""
    keeping.ring(SWEEP, [project_id, is_dry])


def sweep(project_id: int, *, is_dry: bool = False, tell: Tell | None = None) -> SweepFigures:
    """Remove what a project does not keep, or count it; returns what is there and what went. The row of it is written either way.

    Raises `SweepingError` while another sweep of the project runs, and what stopped this one.
    """
    with _only_one(project_id), _noted(project_id, is_dry=is_dry) as row:
        figures = _sweep(project_id, is_dry=is_dry, tell=tell or (lambda _what, _number: None))
        row.found = msgspec.to_builtins(figures)
    return figures


def sweep_deleted(*, tell: Tell | None = None) -> SweepFigures:
    """Remove the files of projects that are no more. Raises like `sweep`."""
    with _only_one(0), _noted(None, is_dry=False) as row:
        figures = SweepFigures(
            raw=keys.sweep_deleted(step=_counted(tell or (lambda _what, _number: None), "files"))
        )
        row.found = msgspec.to_builtins(figures)
    return figures


def _sweep(project_id: int, *, is_dry: bool, tell: Tell) -> SweepFigures:
    policy = keeping.policy(project_id)
    if is_dry:
        thinned = list(thinning.due(project_id, policy))
        expired = list(thinning.expiring(project_id, policy).values_list("pk", flat=True))
        commits, uploads = len(thinned), len(expired)
    else:
        thinned, expired = [], []
        commits, uploads = thinning.thin(project_id, policy), thinning.expire(project_id, policy)
    tell("commits", commits)
    tell("uploads", uploads)
    marking = Marking(project_id, without=thinned)
    with holding.alone(project_id):
        marking.look()
    tell("live objects", len(marking.objects))
    how: dict[str, Any] = {"is_dry": is_dry}
    objects = sweeping.objects(marking, project_id, step=_counted(tell, "objects"), **how)
    texts = sweeping.texts(marking, project_id, step=_counted(tell, "texts"), **how)
    raw, derived = keys.sweep(
        project_id, step=_counted(tell, "files"), thinned=thinned, expired=expired, **how
    )
    return SweepFigures(
        commits=commits, uploads=uploads, raw=raw, objects=objects, texts=texts, derived=derived
    )


@contextmanager
def _only_one(number: int) -> Iterator[None]:
    """Hold the lock of the session for this project; a session that ends lets go of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK + number])
        if not cursor.fetchone()[0]:
            raise SweepingError("Another sweep of this project is running.")
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:  # a session that broke has let go of it
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK + number])


@contextmanager
def _noted(project_id: int | None, *, is_dry: bool) -> Iterator[Sweep]:
    """Write down that a sweep began, and how it ended."""
    begun: dict[str, Any] = {"started_at": Now(), "ended_at": None, "error": ""}
    which: dict[str, Any] = {"project_id": project_id, "is_dry": is_dry}
    row, _ = Sweep.objects.update_or_create(**which, defaults=begun)
    try:
        yield row
    except BaseException as error:
        with suppress(DatabaseError):  # the row says that it did not end
            Sweep.objects.filter(pk=row.pk).update(ended_at=Now(), error=_sentence(error))
        raise
    Sweep.objects.filter(pk=row.pk).update(ended_at=Now(), found=row.found)


def _sentence(error: BaseException) -> str:
    if isinstance(error, SoftTimeLimitExceeded):
        return "It ran out of time; the next one goes on with what is left."
    if isinstance(error, holding.BusyError):
        return "Uploads were written all the time; the next one tries again."
    return f"{type(error).__name__}: {error}"[:2000]


def _counted(tell: Tell, what: str) -> Callable[[int], None]:
    seen = 0

    def step(number: int) -> None:
        nonlocal seen
        seen += number
        tell(what, seen)

    return step
