"""Tasks of the tank: what is derived from reports and takes longer than a request. They carry ids and digests."""

from __future__ import annotations

from collections.abc import Sequence

from covdash.celery import app
from covdash.reports import ahead, comparisons


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
