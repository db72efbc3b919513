"""When a floor is reached if things go on as they do: said only where they go on steadily. PURE."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from covdash.coverage.totals import Count

LEAST = 3
"""Weeks of growth that make a pace."""
FAR = 26
"""Weeks; what lies further ahead is no forecast."""


def weeks_to(floor: float, weekly: Sequence[Count]) -> int | None:
    """Return in how many weeks `floor` (per cent) is reached at this pace; None without a steady one.

    `weekly` are the counts at the end of each week, the oldest first. Steady: it grew in each of at least three weeks, in none by less
    than half or more than twice the mean.
    """
    shares = [Fraction(100 * one.covered, one.total) for one in weekly if one.total > 0]
    if len(shares) != len(weekly) or len(shares) <= LEAST:
        return None
    steps = [after - before for before, after in pairwise(shares)]
    mean = sum(steps, Fraction()) / len(steps)
    if mean <= 0 or any(not mean / 2 <= step <= 2 * mean for step in steps):
        return None
    weeks = math.ceil((Fraction(str(floor)) - shares[-1]) / mean)
    return weeks if 0 < weeks <= FAR else None
