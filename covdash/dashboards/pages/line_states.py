"""The lines of a file as a reader sees them: one of five states each, and the zones of what was missed. PURE.

States are a `uint8` per line of the file, so that a file of 50,000 lines costs a few numpy calls. Rows are made elsewhere, and only
for the lines that are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from itertools import starmap
from typing import NamedTuple

import numpy as np

from covdash.coverage.lines import Column, FileCoverage, State


class LineState(IntEnum):
    """The state of a line in a report; `word` is how pages call it."""

    UNMEASURED = 0
    COVERED = 1
    PARTIAL = 2
    MISSED = 3
    UNKNOWN = 4
    """No report says whether the line can run: the data name executed lines only, and the text is not known."""
    ELSEWHERE = 5
    """It ran, but in no upload that is looked at: other flags ran it, or the upload that is left out."""

    @property
    def word(self) -> str:
        """The state in texts."""
        return {0: "not measured", 1: "covered", 2: "partial", 3: "missed", 4: "not known", 5: "elsewhere"}[
            self.value
        ]

    @property
    def glyph(self) -> str:
        """The name of the glyph that stands beside the word."""
        return {1: "covered", 2: "partial", 3: "missed", 5: "elsewhere"}.get(self.value, "unmeasured")


class Zone(NamedTuple):
    """A run of missed or partial lines, `first` to `last`; lines that are not measured do not end it."""

    first: int
    last: int
    missed: int
    partial: int

    @property
    def lines(self) -> str:
        """The lines in words: `L88` or `L88-L104`, with an en dash."""
        return f"L{self.first}" if self.first == self.last else f"L{self.first}\u2013L{self.last}"

    @property
    def what(self) -> str:
        """What the zone consists of: `3 missed, 1 partial`."""
        parts = [
            f"{count} {word}" for count, word in ((self.missed, "missed"), (self.partial, "partial")) if count
        ]
        return ", ".join(parts)


def executable_states(coverage: FileCoverage) -> Column:
    """Return the `LineState` of each of `coverage.lines`."""
    states = np.full(len(coverage.lines), LineState.COVERED, np.uint8)
    states[coverage.partial()] = LineState.PARTIAL
    states[coverage.states == State.MISSED] = LineState.MISSED
    return states


def states_by_line(
    coverage: FileCoverage | None, length: int, elsewhere: Column | Sequence[int] = ()
) -> Column:
    """Return the `LineState` of the lines 1..`length` as an array whose index 0 is line 1; lines `elsewhere` ran only there."""
    rest = LineState.UNKNOWN if coverage is not None and coverage.executed_only else LineState.UNMEASURED
    states = np.full(length, rest, np.uint8)
    if coverage is not None:
        known = coverage.lines <= length
        states[coverage.lines[known].astype(np.int64) - 1] = executable_states(coverage)[known]
    if len(elsewhere):
        beyond = np.asarray(elsewhere, np.int64)
        states[beyond[beyond <= length] - 1] = LineState.ELSEWHERE
    return states


def zones(coverage: FileCoverage | None, elsewhere: Column | Sequence[int] = ()) -> tuple[Zone, ...]:
    """Return the zones of a file from top to bottom; none where misses are not known. Lines that ran `elsewhere` are no holes."""
    if coverage is None or coverage.executed_only or not len(coverage.lines):
        return ()
    states = executable_states(coverage)
    if len(elsewhere):
        states[np.isin(coverage.lines, np.asarray(elsewhere))] = LineState.COVERED
    open_ = np.concatenate(([False], states != LineState.COVERED, [False]))
    edges = np.flatnonzero(open_[1:] != open_[:-1])
    missed = np.concatenate(([0], np.cumsum(states == LineState.MISSED)))
    starts, ends = edges[::2], edges[1::2]
    in_zone = missed[ends] - missed[starts]
    columns = coverage.lines[starts], coverage.lines[ends - 1], in_zone, ends - starts - in_zone
    return tuple(starmap(Zone, zip(*(column.tolist() for column in columns), strict=True)))
