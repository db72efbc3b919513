"""What differs between two reports of a project: the trees are compared, equal subtrees are skipped."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from covdash.coverage.report import UNPLACED
from covdash.coverage.totals import Totals
from covdash.coverage.tree import FILE
from covdash.coverage.tree import changes as tree_changes
from covdash.projects.facts import ProjectFact
from covdash.reports.facts import ChangeFact, ReportFact
from covdash.reports.loading import loader, root_entry

LIMIT = 100


def changes(
    *, project: ProjectFact, base: ReportFact, head: ReportFact, limit: int = LIMIT
) -> tuple[ChangeFact, ...]:
    """Return the files whose totals differ, greatest loss first, at most `limit`. One SQL statement a level that is not cached.

    Loss is how many more lines (then arms, then anything else) are missed than before; then those come first that gained least.
    """
    return tuple(heapq.nsmallest(limit, _differing(project, base, head), key=_rank))


def _differing(project: ProjectFact, base: ReportFact, head: ReportFact) -> Iterator[ChangeFact]:
    load = loader(project.id)
    for path, before, after in tree_changes(load, root_entry(base), root_entry(head)):
        entry = after or before
        if entry is None or entry.kind != FILE or entry.name == UNPLACED:
            continue
        old = before.totals if before else None
        new = after.totals if after else None
        if old != new:
            yield ChangeFact(path, old, new)


def _rank(change: ChangeFact) -> tuple[list[int], str]:
    old, new = change.before or Totals(), change.after or Totals()
    growth: list[int] = []
    gain: list[int] = []
    for before, after in zip(old.counts, new.counts, strict=True):
        (was_covered, was_total), (is_covered, is_total) = before or (0, 0), after or (0, 0)
        growth.append((was_total - was_covered) - (is_total - is_covered))
        gain.append(is_covered - was_covered)
    return growth + gain, change.path
