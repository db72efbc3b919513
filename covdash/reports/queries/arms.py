"""Ways that code can go and no test has gone: arms never taken, lost since another report, or taken by some reports only; by file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time

import numpy as np

from covdash.coverage import arm_states, arms
from covdash.coverage.arm_states import Flips, Fork
from covdash.coverage.codec import decode
from covdash.coverage.components import Owned
from covdash.coverage.lines import Column, FileCoverage, Outcomes, State, column
from covdash.coverage.totals import Totals
from covdash.projects.facts import ProjectFact
from covdash.reports import arm_past, cursor, gaps
from covdash.reports.comparing import Pair
from covdash.reports.facts import ReportFact
from covdash.reports.findings import ArmFinding, ArmList, ArmsAsked, FileArms, Past
from covdash.reports.gaps import Gap
from covdash.reports.loading import load_objects
from covdash.sources import store as texts
from covdash.sources.text import lines_of

LOOK = 30
"""Files that are looked into for a page of arms of one kind."""

SHOWS = ("never", "all", "lost", "flaky")
"""What may be asked for: arms never taken of lines that ran, or of all; lost ones; flaky ones."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def listed(
    *, project: ProjectFact, report: ReportFact, branch: str, asked: ArmsAsked, after: str = ""
) -> ArmList:
    """Return a page of what is asked for; `branch` is the git branch whose reports are the past.

    As `never` where nothing of the past is asked for. Else three SQL statements, one or two to find a base that is not among the
    newest `arm_past.LINE` reports, and what is not remembered: one a level of directories, and for what was first seen when, two.
    """
    if asked.show not in ("lost", "flaky") and not asked.since:
        found = _never(project, report, asked, after)
        if not asked.only or not found.items:
            return found
        past = arm_past.line(project=project, report=report, branch=branch)
        return replace(found, items=arm_past.with_first_seen(found.items, project=project, past=past))
    past = arm_past.line(project=project, report=report, branch=branch)
    if asked.show == "flaky":
        return _flaky(project, past, asked, after)
    ref = asked.base if asked.show == "lost" else asked.since
    base, is_known = _base(project, report, branch, past, ref)
    found = (
        _compared(project, report, base, asked, after)
        if base
        else ArmList(())
        if asked.show == "lost"
        else _never(project, report, asked, after)
    )
    if base and (asked.show == "never" or asked.base):
        back = past[: past.index(base) + 1] if base in past else past
        found = replace(found, items=arm_past.with_first_seen(found.items, project=project, past=back))
    return (
        found
        if is_known
        else replace(found, ignored=(f"{'base' if asked.show == 'lost' else 'since'}={ref[:60]}",))
    )


def _never(project: ProjectFact, report: ReportFact, asked: ArmsAsked, after: str) -> ArmList:
    return never(
        project=project,
        report=report,
        everything=asked.show == "all",
        after=after,
        only=asked.only,
        kind=asked.kind,
        within=asked.within,
    )


def _base(
    project: ProjectFact, report: ReportFact, branch: str, past: Sequence[Past], ref: str
) -> tuple[Past | None, bool]:
    """Return the report that `ref` names, the one before for "", None where there is none; and whether `ref` made sense."""
    one_before = past[1] if len(past) > 1 else None
    if not ref:
        return one_before, True
    if _DAY.fullmatch(ref):
        try:
            begin = datetime.combine(date.fromisoformat(ref), time.min, UTC)
        except ValueError:
            return one_before, False
        known = next((one for one in past if one.at < begin), None)
        if known is None and len(past) == arm_past.LINE:
            known = arm_past.before(project=project, report=report, branch=branch, at=begin)
        return known, True
    named = [one for one in past if one.sha.startswith(ref)] if arm_past.SHA.fullmatch(ref) else []
    found = named[0] if len(named) == 1 else arm_past.of_commit(project=project, flag=report.flag, ref=ref)
    return (found, True) if found else (one_before, False)


def _compared(project: ProjectFact, report: ReportFact, base: Past, asked: ArmsAsked, after: str) -> ArmList:
    """Return arms that `base` had taken, or with `since` those that it did not know as never taken."""
    roots = base.root, bytes.fromhex(report.root)
    start = gaps.start_of(after)
    lost = asked.show == "lost"
    number = len(arm_past.changed(project.id, *roots, asked.within, asked.only, lost=lost))
    judged: list[tuple[Pair, dict[int, tuple[str, ...]] | None]] = []
    for at in range(start, min(start + LOOK, number), arm_past.CHUNK):
        judged += arm_past.judged(
            project.id, *roots, report.commit.id, asked.within, asked.only, at, lost=lost
        )
        if not asked.kind and sum(bool(keys) for _, keys in judged) >= gaps.PAGE:
            break
    found = [(pair.path, pair.after) for pair, keys in judged if keys and pair.after]
    read = gaps.read(project=project, report=report, entries=tuple(found), with_text=True)
    page = _Page(asked.kind)
    unmatched = 0
    for _, keys in judged:
        page.looked += 1
        unmatched += keys is None
        if keys:
            page.add(_file(next(read), everything=asked.show != "never", keys=keys))
        if page.is_full:
            break
    return replace(page.made(start, number), against=base, unmatched=unmatched)


def _flaky(project: ProjectFact, past: Sequence[Past], asked: ArmsAsked, after: str) -> ArmList:
    """Return arms that some of the newest reports took and others did not, while the text of their file was the same."""
    newest = tuple(past[: arm_past.FLAKY])
    files = arm_past.wavering(project.id, tuple(one.root for one in newest), asked.within, asked.only)
    start = gaps.start_of(after)
    some = files[start : start + gaps.PAGE]
    digests = sorted({entry.digest for _, versions in some for entry in versions})
    known = {digest: decode(data) for digest, data in load_objects(project.id)(digests).items()}
    blobs = {versions[0].source for _, versions in some}
    sent = texts.get(project_id=project.id, blobs=blobs) if blobs else {}
    page = _Page(asked.kind)
    for path, versions in some:
        page.looked += 1
        head = versions[0]
        text = lines_of(sent[head.source]) if head.source in sent else ()
        found = arm_states.flaky([known[entry.digest] for entry in versions])
        forks, ran = arm_states.forks(known[head.digest]), set(_ran(known[head.digest]).tolist())
        page.add(
            FileArms(
                path,
                head.totals,
                _missed(head.totals),
                tuple(
                    _wavering(line, flips, forks.get(line), text, ran=line in ran)
                    for line, flips in found.items()
                ),
                counted=False,
            )
        )
    return replace(page.made(start, len(files)), reports=newest)


def _wavering(
    line: int, flips: Mapping[str, Flips], now: Fork | None, text: Sequence[str], *, ran: bool
) -> ArmFinding:
    keys = tuple(key for key in flips if key)
    return ArmFinding(
        line,
        keys,
        tuple(arms.kind(key, line, text) for key in keys) or ("counted",),
        (),
        now.covered if now else 0,
        now.total if now else 0,
        ran,
        text[line - 1].strip()[:200] if line <= len(text) else "",
        flips=tuple(flips.values()),
    )


class _Page:
    """A page in the making: files are added until there are enough."""

    def __init__(self, kind: str) -> None:
        """Leave only arms of `kind`, unless that is ""."""
        self.kind = kind
        self.files: list[FileArms] = []
        self.kinds: Counter[str] = Counter()
        self.looked = self.lines = 0

    @property
    def is_full(self) -> bool:
        """Whether no file more has room."""
        return len(self.files) == gaps.PAGE

    def add(self, file: FileArms) -> None:
        """Count the arms of a file, and keep it if it has some of the kind."""
        self.lines += len(file.arms)
        self.kinds.update(one for arm in file.arms for one in arm.kinds)
        if self.kind:
            file = replace(file, arms=tuple(of for arm in file.arms if (of := _of_kind(arm, self.kind))))
        if file.arms:
            self.files.append(file)

    def made(self, start: int, number: int) -> ArmList:
        """Return the page that begins behind the first `start` of `number` files."""
        following = cursor.encode(start + self.looked) if start + self.looked < number else ""
        known = tuple(one for one in arms.KINDS if self.kinds[one])
        return ArmList(tuple(self.files), following, self.looked, known, self.lines, self.kinds["counted"])


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


def _file(gap: Gap, *, everything: bool, keys: Mapping[int, tuple[str, ...]] | None = None) -> FileArms:
    """Return the arms of a file; with `keys` only these, by line."""
    branches = gap.coverage.outcomes.get("branches", Outcomes())
    listed = tuple(_arms(branches, _ran(gap.coverage), gap.text, everything=everything, among=keys))
    return FileArms(gap.path, gap.totals, _missed(gap.totals), listed, gap.counted)


def _ran(coverage: FileCoverage) -> Column:
    return coverage.lines[coverage.states > State.MISSED]


def _of_kind(arm: ArmFinding, kind: str) -> ArmFinding | None:
    """Return what an arm of `kind` leaves of a finding, None for nothing."""
    if kind not in arm.kinds:
        return None
    never = tuple(key for key, one in zip(arm.never, arm.kinds, strict=False) if one == kind)
    flips = tuple(flip for flip, one in zip(arm.flips, arm.kinds, strict=False) if one == kind)
    return arm._replace(never=never, kinds=(kind,) * max(len(never), 1), flips=flips)


def _arms(
    branches: Outcomes,
    ran: Column,
    text: tuple[str, ...],
    *,
    everything: bool,
    among: Mapping[int, tuple[str, ...]] | None,
) -> Iterator[ArmFinding]:
    """Yield the findings, `among` some arms by line; no key there stands for an arm that is only counted."""
    lines, covered, total = branches.per_line()
    reached = np.isin(lines, ran)
    asked = covered < total if among is None else np.isin(lines, column(among))
    left = asked & (reached | everything)
    lines, covered, total, reached = (values[left] for values in (lines, covered, total, reached))
    starts, ends = (np.searchsorted(branches.line, lines, side).tolist() for side in ("left", "right"))
    hits = branches.hits.tolist()
    columns = (values.tolist() for values in (lines, covered, total, reached))
    for line, taken, known, is_reached, start, end in zip(*columns, starts, ends, strict=True):
        named = list(zip(branches.key[start:end], hits[start:end], strict=True))
        missed = arms.missed(named, taken, known)
        never = tuple(missed) if among is None else among[line]
        yield ArmFinding(
            line,
            never,
            tuple([arms.kind(key, line, text) for key in missed if key in never]) or ("counted",),
            tuple([(key, times) for key, times in named if times]),
            taken,
            known,
            is_reached,
            text[line - 1].strip()[:200] if line <= len(text) else "",
        )
