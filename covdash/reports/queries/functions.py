"""Functions that were never called, file by file."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from covdash.coverage.attention import FRESH_DAYS
from covdash.coverage.components import Owned
from covdash.coverage.lines import Function
from covdash.coverage.totals import Totals
from covdash.projects.facts import ProjectFact
from covdash.reports import ages, cursor, gaps
from covdash.reports.ages import Age
from covdash.reports.facts import Page, ReportFact
from covdash.reports.findings import FileFunctions, FunctionFinding, FunctionPile
from covdash.reports.gaps import Gap
from covdash.reports.rule_facts import ComponentsFact

PILES = ("dead", "risk")
"""Old, unchanged and without weight: dead-code candidates. Changed lately, or in a component of weight: untested risk."""
CANDIDATES = 400
OLD = timedelta(days=FRESH_DAYS)


def never(
    *,
    project: ProjectFact,
    report: ReportFact,
    after: str = "",
    only: str = "",
    within: Owned | None = None,
) -> Page[FileFunctions]:
    """Return the files with the most functions never called, 15 a page, or `only` the file at a path; `within` some components.

    One SQL statement, and one a round that is not cached.
    """
    start = gaps.start_of(after)
    ranked = gaps.ranked(
        project=project, report=report, missed=_missed, limit=start + gaps.PAGE + 1, within=within, only=only
    )[0 if only else start :]
    found = gaps.read(project=project, report=report, entries=ranked[: gaps.PAGE])
    following = cursor.encode(start + gaps.PAGE) if len(ranked) > gaps.PAGE else ""
    return Page(tuple(_file(gap) for gap in found), following)


def piled(
    *,
    project: ProjectFact,
    report: ReportFact,
    branch: str,
    components: ComponentsFact,
    now: datetime,
    pile: str,
    after: str = "",
    within: Owned | None = None,
) -> FunctionPile:
    """Return the files of one of `PILES`, 15 a page, those with the most functions never called first.

    `CANDIDATES` files are told apart, by their component and by when their numbers last changed on the git `branch`: of a function
    alone no report knows that. Two SQL statements, and one a round that is not cached.
    """
    ranked = gaps.ranked(project=project, report=report, missed=_missed, limit=CANDIDATES + 1, within=within)
    looked, rules, weights = ranked[:CANDIDATES], components.rules, components.weights
    known = ages.of_files(project=project, report=report, branch=branch, paths=[path for path, _ in looked])
    piles = [_pile(known.get(path), weights.get(rules.owner(path), 1), now - OLD) for path, _ in looked]
    listed = tuple(item for item, word in zip(looked, piles, strict=True) if word == pile)
    start = gaps.start_of(after)
    entries = listed[start : start + gaps.PAGE]
    found = tuple(
        replace(_file(gap), since=known[gap.path].since if gap.path in known else None)
        for gap in gaps.read(project=project, report=report, entries=entries)
    )
    following = cursor.encode(start + gaps.PAGE) if len(listed) > start + gaps.PAGE else ""
    return FunctionPile(
        found, following, len(listed), len(looked), piles.count(""), len(ranked) > len(looked)
    )


def _pile(age: Age | None, weight: int, old: datetime) -> str:
    """Return the pile of a file, "" where it weighs nothing special and nobody knows whether it is old."""
    if weight > 1:
        return "risk"
    if age is None:
        return ""
    return "dead" if age.since <= old else "risk" if age.known else ""


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
