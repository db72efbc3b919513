"""Two texts of a file as one: its rows from top to bottom, each with the line that it is on either side, and its category. PURE."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from covdash.coverage.differential import CATEGORIES, CBC, UBC, Differential
from covdash.coverage.linemap import LineMap
from covdash.coverage.lines import Column

Numbers = npt.NDArray[np.int64]
WORDS = {
    "GNC": "new, tested",
    "UNC": "new, not tested",
    "CBC": "still tested",
    "UBC": "still not tested",
    "LBC": "lost",
    "GBC": "gained",
    "GIC": "newly measured, tested",
    "UIC": "newly measured, not tested",
    "ECB": "no longer measured, was tested",
    "EUB": "no longer measured, was not tested",
    "DCB": "deleted, was tested",
    "DUB": "deleted, was not tested",
}
"""What pages call the categories: words first, letters second."""


class Unified(NamedTuple):
    """A row for each line of either text: its numbers in `old` and `new`, 0 where it is not; `codes` are categories, 0 for none."""

    old: Numbers
    new: Numbers
    codes: Column

    def changed(self) -> Column:
        """Return which rows are added, removed, or became another state."""
        moved: Column = (self.old == 0) | (self.new == 0)
        return moved | ~np.isin(self.codes, (0, CBC, UBC))


def unify(found: Differential, lines: LineMap, old_lines: int, new_lines: int) -> Unified:
    """Return the rows of texts of so many lines. What went away stands before what came in its place."""
    new = np.arange(1, new_lines + 1)
    old = lines.to_old(new)
    # For each new line the old line that it, or the next new line that was there before, is.
    following = np.minimum.accumulate(np.where(old > 0, old, old_lines + 1)[::-1])[::-1]
    before = np.arange(1, old_lines + 1)
    gone = before[lines.to_new(before) == 0]
    at = np.searchsorted(following, gone, side="right")
    old, new = np.insert(old, at, gone), np.insert(new, at, 0)
    by_new, by_old = np.zeros(new_lines + 1, np.uint8), np.zeros(old_lines + 1, np.uint8)
    here, there = found.lines <= new_lines, found.gone <= old_lines
    by_new[found.lines[here]] = found.codes[here]
    by_old[found.gone[there]] = found.gone_codes[there]
    return Unified(old, new, np.where(new > 0, by_new[new], by_old[np.minimum(old, old_lines)]))


def letters(code: int) -> str:
    """Return the letters of a category, "" for 0."""
    return CATEGORIES[code - 1] if code else ""
