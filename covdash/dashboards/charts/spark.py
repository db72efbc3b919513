"""C4 sparkline: which way? One stepped SVG path in its own range, a dot at the end; value and change stand in text. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from covdash.reports.facts import TrendPoint

WIDTH, HEIGHT, EDGE = 96, 20, 3
MIN_SPAN = 0.02
"""Share that the height spans at least: two points, so that noise does not look like news."""


@dataclass(frozen=True, slots=True)
class Spark:
    """The picture: `path` is the `d` of an SVG path, `x` and `y` the place of the last value."""

    path: str
    x: float
    y: float
    width: int = WIDTH
    height: int = HEIGHT


def build(points: Sequence[TrendPoint], kind: str, since: datetime, until: datetime) -> Spark | None:
    """Draw one metric of `points` (in order of time) from `since` to `until`; None when it was never measured.

    A value holds until the next one, so the line is stepped, in its own range; where the metric ceased to exist it has a gap.
    """
    span = max((until - since).total_seconds(), 1.0)
    shares: list[tuple[float, float | None]] = []
    for point in points:
        count = point.totals.get(kind) if point.totals else None
        at = min(max((point.at - since).total_seconds() / span, 0.0), 1.0)
        shares.append((at, count.covered / count.total if count and count.total else None))
    known = [share for _, share in shares if share is not None]
    if not known:
        return None
    low, high = min(known), max(known)
    room = max(high - low, MIN_SPAN)
    floor = (low + high - room) / 2

    def height_of(share: float) -> float:
        level = (share - floor) / room
        return round(HEIGHT - EDGE - level * (HEIGHT - 2 * EDGE), 1)

    def place_of(at: float) -> float:
        return round(EDGE + at * (WIDTH - 2 * EDGE), 1)

    words: list[str] = []
    x = y = 0.0
    following = [at for at, _ in shares[1:]] + [1.0]
    drawn = False
    for (at, share), end in zip(shares, following, strict=True):
        if share is None:
            drawn = False
            continue
        y = height_of(share)
        words.append(f"V{y:g}" if drawn else f"M{place_of(at):g} {y:g}")
        x = place_of(end)
        words.append(f"H{x:g}")
        drawn = True
    return Spark("".join(words), x, y)
