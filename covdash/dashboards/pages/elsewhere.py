"""Lines that ran, but not in what is looked at: by other flags only, or by the one upload that is left out. PURE."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from covdash.coverage.lines import Column, FileCoverage, column
from covdash.dashboards import figures
from covdash.reports.findings import Slice, Without

NAMED = 3
"""Flags that are named beside a line; the rest is a number."""


@dataclass(frozen=True, slots=True, eq=False)
class Elsewhere:
    """Sorted `lines` of the file that ran elsewhere, and beside each the number of its words in `said`."""

    lines: Column = field(default_factory=column)
    which: Column = field(default_factory=column)
    said: Mapping[int, str] = field(default_factory=dict)

    def words(self, first: int, last: int) -> dict[int, str]:
        """Return what to say beside the lines `first`..`last` that ran elsewhere."""
        start, end = np.searchsorted(self.lines, (first, last + 1)).tolist()
        numbers = zip(self.lines[start:end].tolist(), self.which[start:end].tolist(), strict=True)
        return {line: self.said[which] for line, which in numbers}


NOWHERE = Elsewhere()


def by_flags(seen: FileCoverage | None, flags: Collection[str], slices: Sequence[Slice]) -> Elsewhere:
    """Return the lines that `seen` (the file as `flags` see it) did not run and that all uploads together did, with who ran them."""
    whole = next((one.coverage for one in slices if not one.name), None)
    lines = _only(whole, seen)
    which = np.zeros(len(lines), np.int64)
    others = [one for one in slices if one.name not in ("", *flags) and one.coverage is not None]
    # One bit for each flag; whoever has more flags than an integer has bits reads the first ones.
    for bit, other in enumerate(others[:62]):
        which |= np.isin(lines, _ran(other.coverage)).astype(np.int64) << bit
    said = {
        int(mask): _words(
            [other.name for bit, other in enumerate(others) if bit < 62 and mask >> bit & 1],
            several=len(flags) > 1,
        )
        for mask in np.unique(which).tolist()
    }
    return Elsewhere(lines, which, said)


def by_upload(found: Without) -> Elsewhere:
    """Return the lines that only the upload ran which is left out."""
    lines = _only(found.whole, found.rest)
    return Elsewhere(lines, np.zeros(len(lines), np.int64), {0: "by the upload left out only"})


def _only(whole: FileCoverage | None, part: FileCoverage | None) -> Column:
    return np.setdiff1d(_ran(whole), _ran(part), assume_unique=True)


def _ran(coverage: FileCoverage | None) -> Column:
    return column() if coverage is None else coverage.lines[coverage.states > 0]


def _words(names: list[str], *, several: bool) -> str:
    if not names:
        return "by uploads without these flags only" if several else "by uploads without this flag only"
    rest = len(names) - NAMED
    listed = names[:NAMED] + ([f"{figures.counted(rest, 'other flag')}"] if rest > 0 else [])
    head = ", ".join(listed[:-1])
    return f"by {head} and {listed[-1]} only" if head else f"by {listed[0]} only"
