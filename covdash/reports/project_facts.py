"""What the list of projects is made of, as frozen facts. PURE, as `facts.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from covdash.coverage.totals import Totals
from covdash.projects.facts import ProjectFact
from covdash.reports.facts import CommitFact, TrendPoint


@dataclass(frozen=True, slots=True)
class ProjectCard:
    """A row of the projects list. `trend` are the points of the last twelve weeks of the default branch, at most 84.

    `start` are the totals that the change in these weeks counts from, None where nothing tells. `risk` is what is missed by the
    weights of components, `worst` the component that stands out, with its missed lines ("" and 0 for none). `is_pinned`: the reader
    wants to see it first.
    """

    project: ProjectFact
    head: CommitFact | None
    totals: Totals | None
    start: Totals | None
    risk: float | None
    worst: str
    worst_missed: int
    trend: tuple[TrendPoint, ...]
    failed_uploads: int
    """Failed uploads of the last seven days, from `failed_since` (UTC) on: as many as `uploads.listing` has of them."""
    failed_since: date
    is_pinned: bool


@dataclass(frozen=True, slots=True)
class GroupSum:
    """A subgroup, or a project, of a group: how many projects it holds and the sum of their totals."""

    name: str
    slug: str
    is_group: bool
    projects: int
    totals: Totals
