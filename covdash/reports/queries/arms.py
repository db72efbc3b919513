"""Ways that code can go and no test has gone: arms never taken, file by file."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from covdash.coverage import arms
from covdash.coverage.lines import Outcomes, State
from covdash.coverage.totals import Totals
from covdash.projects.facts import ProjectFact
from covdash.reports import gaps
from covdash.reports.facts import Page, ReportFact
from covdash.reports.findings import ArmFinding, FileArms
from covdash.reports.gaps import Gap


def never(
    *, project: ProjectFact, report: ReportFact, everything: bool = False, after: str = "", only: str = ""
) -> Page[FileArms]:
    """Return the files with the most arms never taken, 25 a page, each with its lines; or `only` the file at a path.

    Only lines that ran themselves, unless `everything`: an arm of a line that never ran is no news. Three SQL statements, and one a
    round of directories that is not cached.
    """
    found, following = gaps.page(
        project=project, report=report, missed=_missed, after=after, only=only, with_text=True
    )
    return Page(tuple(_file(gap, everything=everything) for gap in found), following)


def _missed(totals: Totals) -> int:
    count = totals.get("branches")
    return count.missed if count else 0


def _file(gap: Gap, *, everything: bool) -> FileArms:
    branches = gap.coverage.outcomes.get("branches", Outcomes())
    ran = set(gap.coverage.lines[gap.coverage.states > State.MISSED].tolist())
    listed = tuple(arm for arm in _arms(branches, ran, gap.text) if everything or arm.ran)
    return FileArms(gap.path, gap.totals, _missed(gap.totals), listed)


def _arms(branches: Outcomes, ran: set[int], text: tuple[str, ...]) -> Iterator[ArmFinding]:
    columns = branches.per_line()
    lines, covered, total = (column[columns[1] < columns[2]] for column in columns)
    starts, ends = (np.searchsorted(branches.line, lines, side).tolist() for side in ("left", "right"))
    hits = branches.hits.tolist()
    rows = zip(lines.tolist(), covered.tolist(), total.tolist(), starts, ends, strict=True)
    for line, taken, known, start, end in rows:
        named = list(zip(branches.key[start:end], hits[start:end], strict=True))
        yield ArmFinding(
            line,
            tuple(arms.missed(named, taken, known)),
            tuple((key, times) for key, times in named if times),
            taken,
            known,
            line in ran,
            text[line - 1].strip()[:200] if line <= len(text) else "",
        )
