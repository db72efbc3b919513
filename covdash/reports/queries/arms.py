"""Ways that code can go and no test has gone: arms never taken, file by file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from covdash.coverage import arms
from covdash.coverage.components import Owned
from covdash.coverage.lines import Column, Outcomes, State
from covdash.coverage.totals import Totals
from covdash.projects.facts import ProjectFact
from covdash.reports import cursor, gaps
from covdash.reports.facts import ReportFact
from covdash.reports.findings import ArmFinding, ArmList, FileArms
from covdash.reports.gaps import Gap

LOOK = 30
"""Files that are looked into for a page of arms of one kind."""


def never(
    *,
    project: ProjectFact,
    report: ReportFact,
    everything: bool = False,
    after: str = "",
    only: str = "",
    kind: str = "",
    within: Owned | None = None,
) -> ArmList:
    """Return the files with the most arms never taken, 15 a page, each with its lines; or `only` the file at a path.

    Only lines that ran themselves, unless `everything`: an arm of a line that never ran is no news. `within` leaves the files of some
    components. `kind` leaves arms of one of `arms.KINDS`: which files have one only their coverage tells, so the next `LOOK` files are
    looked into for a page. Exact hits are read for `only` one file. Two SQL statements, and one a round of directories that is not
    cached; three for one file.
    """
    start, size = gaps.start_of(after), LOOK if kind else gaps.PAGE
    ranked = gaps.ranked(
        project=project, report=report, missed=_missed, limit=start + size + 1, within=within, only=only
    )[0 if only else start :]
    listed: list[FileArms] = []
    kinds: Counter[str] = Counter()
    looked = lines = 0
    found = gaps.read(
        project=project, report=report, entries=ranked[:size], with_text=True, with_counts=bool(only)
    )
    for gap in found:
        looked += 1
        file = _file(gap, everything=everything)
        lines += len(file.arms)
        kinds.update(one for arm in file.arms for one in arm.kinds)
        if kind:
            file = replace(file, arms=tuple(of for arm in file.arms if (of := _of_kind(arm, kind))))
        if file.arms or not kind:
            listed.append(file)
        if len(listed) == gaps.PAGE:
            break
    following = cursor.encode(start + looked) if looked < len(ranked) else ""
    known = tuple(one for one in arms.KINDS if kinds[one])
    return ArmList(tuple(listed), following, looked, known, lines, kinds["counted"])


def _missed(totals: Totals) -> int:
    count = totals.get("branches")
    return count.missed if count else 0


def _file(gap: Gap, *, everything: bool) -> FileArms:
    branches = gap.coverage.outcomes.get("branches", Outcomes())
    ran = gap.coverage.lines[gap.coverage.states > State.MISSED]
    listed = tuple(_arms(branches, ran, gap.text, everything=everything))
    return FileArms(gap.path, gap.totals, _missed(gap.totals), listed, gap.counted)


def _of_kind(arm: ArmFinding, kind: str) -> ArmFinding | None:
    """Return what an arm of `kind` leaves of a finding, None for nothing."""
    if kind not in arm.kinds:
        return None
    never = tuple(key for key, one in zip(arm.never, arm.kinds, strict=False) if one == kind)
    return replace(arm, never=never, kinds=(kind,) * max(len(never), 1))


def _arms(
    branches: Outcomes, ran: Column, text: tuple[str, ...], *, everything: bool
) -> Iterator[ArmFinding]:
    lines, covered, total = branches.per_line()
    reached = np.isin(lines, ran)
    left = (covered < total) & (reached | everything)
    lines, covered, total, reached = (column[left] for column in (lines, covered, total, reached))
    starts, ends = (np.searchsorted(branches.line, lines, side).tolist() for side in ("left", "right"))
    hits = branches.hits.tolist()
    columns = (column.tolist() for column in (lines, covered, total, reached))
    for line, taken, known, is_reached, start, end in zip(*columns, starts, ends, strict=True):
        named = list(zip(branches.key[start:end], hits[start:end], strict=True))
        never = tuple(arms.missed(named, taken, known))
        yield ArmFinding(
            line,
            never,
            tuple([arms.kind(key, line, text) for key in never]) or ("counted",),
            tuple([(key, times) for key, times in named if times]),
            taken,
            known,
            is_reached,
            text[line - 1].strip()[:200] if line <= len(text) else "",
        )
