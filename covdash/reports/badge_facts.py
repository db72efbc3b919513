"""What badges show: frozen facts. PURE, as `facts.py`."""

from __future__ import annotations

from dataclasses import dataclass

from covdash.coverage.totals import Count
from covdash.reports.facts import CommitFact


@dataclass(frozen=True, slots=True)
class BadgeFact:
    """One number of the head of a git branch. `count` is None when it was not measured, `commit` when there is no report at all.

    `processed`, `failed` and `waiting` are the uploads of the commit by state.
    """

    count: Count | None = None
    commit: CommitFact | None = None
    processed: int = 0
    failed: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class BadgeChoices:
    """What a badge of a git branch can show: names of flags and components, and the metrics that its report has."""

    flags: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
