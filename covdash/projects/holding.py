"""The lock between those who refer to stored things and the sweep that removes what nobody refers to.

Whoever stores by content has one race: a writer finds a thing there and does not write it, and before the reference to it is committed
a sweep, which sees no reference yet, removes it. So a writer *holds* the project from before it looks until its reference is
committed, any number of writers at once; a sweep removes only while it is *alone*, and looks for references once more in that time.
Then either the sweep sees the reference, or the writer sees that the thing is gone and writes it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

_KIND = 3
"""Of the advisory locks on a number: `ingest/assemble.py` has those of commits and git branches, 1 and 2."""
PATIENCE = 30.0
"""Seconds that a sweep tries to be alone. It never queues, since writers would have to wait behind it."""
_PAUSE = 0.05


class BusyError(Exception):
    """Somebody wrote to the project all the time."""


def hold(project_id: int) -> None:
    """Hold the project until the transaction ends: what is found stored from here on stays stored. One SQL statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [project_id * 4 + _KIND])


@contextmanager
def alone(project_id: int, *, patience: float = PATIENCE) -> Iterator[None]:
    """Open a transaction in which nobody holds the project. Raises `BusyError` after `patience` seconds."""
    until = time.monotonic() + patience
    while True:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [project_id * 4 + _KIND])
                is_free = bool(cursor.fetchone()[0])
            if is_free:
                yield
                return
        if time.monotonic() > until:
            raise BusyError(f"somebody wrote to project {project_id} for {patience:g} s")
        time.sleep(_PAUSE)
