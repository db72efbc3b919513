"""Functions that were never called, file by file."""

from __future__ import annotations

import numpy as np

from covdash.coverage.components import Owned
from covdash.coverage.lines import Function
from covdash.coverage.totals import Totals
from covdash.projects.facts import ProjectFact
from covdash.reports import cursor, gaps
from covdash.reports.facts import Page, ReportFact
from covdash.reports.findings import FileFunctions, FunctionFinding
from covdash.reports.gaps import Gap


def never(
    *,
    project: ProjectFact,
    report: ReportFact,
    after: str = "",
    only: str = "",
    within: Owned | None = None,
) -> Page[FileFunctions]:
    """Return the files with the most functions never called, 25 a page, or `only` the file at a path; `within` some components.

    One SQL statement, and one a round that is not cached.
    """
    start = gaps.start_of(after)
    ranked = gaps.ranked(
        project=project, report=report, missed=_missed, limit=start + gaps.PAGE + 1, within=within, only=only
    )[0 if only else start :]
    found = gaps.read(project=project, report=report, entries=ranked[: gaps.PAGE])
    following = cursor.encode(start + gaps.PAGE) if len(ranked) > gaps.PAGE else ""
    return Page(tuple(_file(gap) for gap in found), following)


def _missed(totals: Totals) -> int:
    count = totals.get("functions")
    return count.missed if count else 0


def _file(gap: Gap) -> FileFunctions:
    missed = sorted(
        (one for one in gap.coverage.functions or () if one.hits <= 0), key=lambda one: (one.start, one.name)
    )
    return FileFunctions(
        gap.path,
        gap.totals,
        tuple(FunctionFinding(one.name, one.start, one.end, _size(gap, one)) for one in missed),
    )


def _size(gap: Gap, function: Function) -> int | None:
    """Return how many executable lines a function has."""
    if not function.end:
        return None
    start, end = np.searchsorted(gap.coverage.lines, (function.start, function.end + 1)).tolist()
    return int(end - start)
