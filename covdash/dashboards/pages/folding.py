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
    """How a file is folded: what is left of it, and `context` lines around that.

    `what` is "covered" (hides lines that ran, without context), "zones", in a diff also "changes" or the letters of a category; ""
    folds nothing.
    """

    what: str = ""
    context: int = CONTEXT

    def __bool__(self) -> bool:
        """Say whether anything is folded."""
        return bool(self.what)

    def leaves(self, states: Column) -> Column:
        """Return which of the lines with these states are left: those that did not run, or the zones."""
        left: Column = states != LineState.COVERED
        return left if self.what == "covered" else np.isin(states, (LineState.MISSED, LineState.PARTIAL))


UNFOLDED = Fold()


@dataclass(frozen=True, slots=True)
class Run:
    """The lines `first`..`last`, folded or shown."""

    first: int
    last: int
    folded: bool


def runs(left: Column, fold: Fold, *, kept: int = 0) -> tuple[Run, ...]:
    """Return the runs of rows from top to bottom: those that are `left`, with what is around them; the row `kept`, if any, is shown.

    Without any context not even a short run between them is shown.
    """
    shown = np.array(left, np.bool_)
    if fold.what != "covered":
        at = np.flatnonzero(left)
        # The rows around each: +1 where one begins to be near, -1 behind the last that is.
        near = np.zeros(len(left) + 1, np.int64)
        np.add.at(near, np.maximum(at - fold.context, 0), 1)
        np.add.at(near, np.minimum(at + fold.context + 1, len(left)), -1)
        shown = np.cumsum(near)[:-1] > 0
    if 1 <= kept <= len(left):
        shown[kept - 1] = True
    return _joined(shown, SHORTEST if fold.context else 1)


def _joined(shown: Column, shortest: int) -> tuple[Run, ...]:
    edges = np.flatnonzero(
        np.diff(np.concatenate(([not shown[:1].any()], shown, [not shown[-1:].any()])).astype(np.int8))
    )
    found: list[Run] = []
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        folded = not shown[start] and end - start >= shortest
        if found and not found[-1].folded and not folded:
            found[-1] = Run(found[-1].first, end, folded=False)
        else:
            found.append(Run(start + 1, end, folded=folded))
    return tuple(found)
