"""Which lines of a file are folded away: all that ran, or all that is far from a zone. PURE."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from covdash.coverage.lines import Column
from covdash.dashboards.pages.line_states import LineState

SHORTEST = 4
"""A shorter run is not folded: the line that says so would take its place."""
CONTEXT = 3
MOST_CONTEXT = 100


@dataclass(frozen=True, slots=True)
class Fold:
    """How a file is folded: `what` is "covered" (lines that ran), "zones" (all but the zones and `context` lines around), or ""."""

    what: str = ""
    context: int = CONTEXT

    def __bool__(self) -> bool:
        """Say whether anything is folded."""
        return bool(self.what)


UNFOLDED = Fold()


@dataclass(frozen=True, slots=True)
class Run:
    """The lines `first`..`last`, folded or shown."""

    first: int
    last: int
    folded: bool


def runs(states: Column, fold: Fold, *, kept: int = 0) -> tuple[Run, ...]:
    """Return the runs of the lines with these `states` from top to bottom; the line `kept`, if any, is shown."""
    if fold.what == "covered":
        shown = states != LineState.COVERED
    else:
        at = np.flatnonzero((states == LineState.MISSED) | (states == LineState.PARTIAL))
        # The lines around every hole: +1 where one begins to be near, -1 behind the last that is.
        near = np.zeros(len(states) + 1, np.int64)
        np.add.at(near, np.maximum(at - fold.context, 0), 1)
        np.add.at(near, np.minimum(at + fold.context + 1, len(states)), -1)
        shown = np.cumsum(near)[:-1] > 0
    shown = np.array(shown, np.bool_)
    if 1 <= kept <= len(states):
        shown[kept - 1] = True
    return _joined(shown)


def _joined(shown: Column) -> tuple[Run, ...]:
    edges = np.flatnonzero(
        np.diff(np.concatenate(([not shown[:1].any()], shown, [not shown[-1:].any()])).astype(np.int8))
    )
    found: list[Run] = []
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        folded = not shown[start] and end - start >= SHORTEST
        if found and not found[-1].folded and not folded:
            found[-1] = Run(found[-1].first, end, folded=False)
        else:
            found.append(Run(start + 1, end, folded=folded))
    return tuple(found)
