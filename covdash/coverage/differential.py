"""What a change did to coverage, line by line: the twelve differential categories, and the coverage of the patch. PURE.

The categories are those of the paper behind lcov 2 (H. Cox, "Differential coverage: automating coverage analysis", ICST 2021) and of
its `genhtml --diff-file`. A line of the head is *new* when the base text has no line that it is a copy of, *unchanged* when it has; a
line of the base without a copy is *deleted*. Hit means that a line ran at least once; a partial line is hit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from covdash.coverage.linemap import UNKNOWN_LENGTH, LineMap, identity
from covdash.coverage.lines import EMPTY, Column, FileCoverage, State, column
from covdash.coverage.totals import Count

CATEGORIES = ("GNC", "UNC", "CBC", "UBC", "LBC", "GBC", "GIC", "UIC", "ECB", "EUB", "DCB", "DUB")
"""Gained/uncovered new code; (un)covered base code; lost, gained base code; gained, uncovered included code; excluded (un)covered base
code; deleted (un)covered base code. Codes in columns are indices into this, plus one."""
GNC, UNC, CBC, UBC, LBC, GBC, GIC, UIC, ECB, EUB, DCB, DUB = range(1, len(CATEGORIES) + 1)

# [how the base has the line: not at all, missed, hit] x [the same for the head]; 0 is a line that neither measures.
_UNCHANGED = np.array([[0, UIC, GIC], [EUB, UBC, GBC], [ECB, LBC, CBC]], np.uint8)
_NEW = np.array([0, UNC, GNC], np.uint8)
_DELETED = np.array([0, DUB, DCB], np.uint8)


class Tally(NamedTuple):
    """Lines by category, in the order of `CATEGORIES`. Adds up; `Tally()` is nothing."""

    gnc: int = 0
    unc: int = 0
    cbc: int = 0
    ubc: int = 0
    lbc: int = 0
    gbc: int = 0
    gic: int = 0
    uic: int = 0
    ecb: int = 0
    eub: int = 0
    dcb: int = 0
    dub: int = 0

    def plus(self, other: Tally) -> Tally:
        """Return the sum."""
        return Tally(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class Patch(NamedTuple):
    """The new lines of a change: `changed` of them, of which `measured` are executable, `covered` ran (`partial` of these in part).

    `arms` are those on new lines. `Patch()` changed nothing.
    """

    changed: int = 0
    measured: int = 0
    covered: int = 0
    partial: int = 0
    arms: Count = Count(0, 0)


NO_PATCH = Patch()


@dataclass(frozen=True, slots=True, eq=False)
class Differential:
    """One file. `lines` of the head (sorted) with their `codes`; `gone` lines of the base (sorted) with theirs (DCB, DUB)."""

    lines: Column = field(default_factory=column)
    codes: Column = field(default_factory=lambda: column(dtype=np.uint8))
    gone: Column = field(default_factory=column)
    gone_codes: Column = field(default_factory=lambda: column(dtype=np.uint8))
    patch: Patch = NO_PATCH

    def tally(self) -> Tally:
        """Return the lines by category."""
        counts = np.bincount(self.codes, minlength=len(CATEGORIES) + 1)
        counts += np.bincount(self.gone_codes, minlength=len(CATEGORIES) + 1)
        return Tally(*counts[1:].tolist())

    def of(self, *wanted: int) -> Column:
        """Return the lines of some categories: of the base for DCB and DUB, else of the head."""
        deleted = {DCB, DUB}
        if set(wanted) <= deleted:
            return self.gone[np.isin(self.gone_codes, wanted)]
        return self.lines[np.isin(self.codes, [code for code in wanted if code not in deleted])]


def added(head: FileCoverage, lines: int) -> Differential:
    """Return the differential of a file that the base does not have; `lines` is the length of its text, 0 when that is not known."""
    codes = _NEW[1 + (head.states > State.MISSED)]
    last = int(head.lines[-1]) if len(head.lines) else 0
    return Differential(head.lines, codes, patch=_patch(head, max(lines, last), None))


def deleted(base: FileCoverage) -> Differential:
    """Return the differential of a file that the head does not have."""
    return Differential(gone=base.lines, gone_codes=_DELETED[1 + (base.states > State.MISSED)])


def compare(base: FileCoverage | None, head: FileCoverage | None, lines: LineMap | None) -> Differential:
    """Return the differential of a file that both sides have, measured or not; `lines` None means that the text did not change."""
    before, after = base or EMPTY, head or EMPTY
    if lines is None:
        last = max((int(side.lines[-1]) for side in (before, after) if len(side.lines)), default=0)
        lines = identity(last)
    kept = lines.to_new(before.lines)
    stays = kept > 0
    places, where = np.unique(np.concatenate([after.lines, kept[stays]]), return_inverse=True)
    here, there = where[: len(after.lines)], where[len(after.lines) :]
    was, now = np.zeros(len(places), np.intp), np.zeros(len(places), np.intp)
    now[here] = 1 + (after.states > State.MISSED)
    was[there] = 1 + (before.states[stays] > State.MISSED)
    old = lines.to_old(places) > 0
    codes = np.where(old, _UNCHANGED[was, now], _NEW[now]).astype(np.uint8)
    gone = ~stays
    return Differential(
        places.astype(np.uint32),
        codes,
        before.lines[gone],
        _DELETED[1 + (before.states[gone] > State.MISSED)],
        _patch(after, 0 if lines.new_lines == UNKNOWN_LENGTH else lines.new_lines - lines.kept, lines),
    )


def total(parts: Iterable[Tally]) -> Tally:
    """Return the sum of tallies."""
    return Tally(*map(sum, zip(*parts, strict=True)))


def whole(parts: Iterable[Patch]) -> Patch:
    """Return the sum of patches."""
    rows = list(parts)
    return Patch(
        sum(row.changed for row in rows),
        sum(row.measured for row in rows),
        sum(row.covered for row in rows),
        sum(row.partial for row in rows),
        Count(sum(row.arms.covered for row in rows), sum(row.arms.total for row in rows)),
    )


def _patch(head: FileCoverage, changed: int, lines: LineMap | None) -> Patch:
    """Return the coverage of the new lines of `head`; without `lines` all are new."""

    def new(numbers: Column) -> Column:
        found: Column = np.ones(len(numbers), bool) if lines is None else lines.to_old(numbers) == 0
        return found

    fresh = new(head.lines)
    hit = fresh & (head.states > State.MISSED)
    arms = Count(0, 0)
    if (branches := head.outcomes.get("branches")) is not None:
        at, covered, known = branches.per_line()
        mine = new(at)
        arms = Count(int(covered[mine].sum()), int(known[mine].sum()))
    measured = int(fresh.sum())
    return Patch(max(changed, measured), measured, int(hit.sum()), int((head.partial() & fresh).sum()), arms)
