"""Tasks of the tank: what is derived from reports and takes longer than a request. They carry ids and digests."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from covdash.celery import app
from covdash.projects import keeping
from covdash.reports import ahead, comparisons, retention, viewing


@app.task(name=comparisons.COMPARE, soft_time_limit=200, time_limit=220)
def compare(project_id: int, base_root: str, head_root: str, head_commit: int) -> None:
    """Compare two roots (hex) and keep what differs."""
    comparisons.make(
        project_id=project_id,
        base_root=bytes.fromhex(base_root),
        head_root=bytes.fromhex(head_root),
        head_commit=head_commit,
    )


@app.task(name=comparisons.COMPARE_EACH, soft_time_limit=20, time_limit=30)
def compare_each(project_id: int, wanted: Sequence[tuple[str, str, int]]) -> None:
    """Ask for several comparisons (base and head root in hex, head commit): each is a task of its own, so that none stops another."""
    for base_root, head_root, head_commit in wanted:
        comparisons.ask(
            project_id, comparisons.Wanted(bytes.fromhex(base_root), bytes.fromhex(head_root), head_commit)
        )


@app.task(name=comparisons.COMPARE_AHEAD, soft_time_limit=200, time_limit=220)
def compare_ahead(commit_id: int) -> None:
    """Compare a new head with its base, so that nobody has to wait for it."""
    ahead.make(commit_id)


@app.task(name="covdash.reports.tasks.sweep_due")
def sweep_due() -> None:
    """Ring for the sweep of every project that was not swept for a day, and for the files of deleted ones; forget old marks."""
    for project_id in retention.due():
        retention.ask(project_id, is_dry=False)
    keeping.ring(keeping.SWEEP_DELETED, [])
    viewing.forget()


@app.task(name=retention.SWEEP, soft_time_limit=600, time_limit=640)
def sweep_project(project_id: int, is_dry: bool) -> None:  # noqa: FBT001 - arguments of a task
    """Remove what a project does not keep, or count what that would be; what was rung for twice is swept once."""
    if not is_dry and project_id not in retention.due():
        return
    with contextlib.suppress(retention.SweepingError):
        retention.sweep(project_id, is_dry=is_dry)


@app.task(name=keeping.SWEEP_DELETED, soft_time_limit=600, time_limit=640)
def sweep_deleted() -> None:
    """Remove the files of projects that are no more."""
    with contextlib.suppress(retention.SweepingError):
        retention.sweep_deleted()
