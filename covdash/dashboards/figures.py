"""How numbers are written: percentages, deltas, counts, bar widths, sizes, times. PURE, the one place for these rules.

Everything is computed from integers and exact fractions and rounded last. Nothing here knows HTML: template tags and page models
print what these functions return. The text for "no number" is always `NOTHING`, and whoever prints it says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from covdash.coverage import totals
from covdash.coverage.totals import Count

NOTHING = "-"
MINUS = "\u2212"
THIN_SPACE = "\u2009"
KIND_LABELS = {
    "lines": "Lines",
    "branches": "Arms",
    "functions": "Functions",
    "conditions": "Conditions",
    "paths": "Paths",
    "statements": "Statements",
    "instructions": "Instructions",
    "regions": "Regions",
}
"""Metric kinds as headings, in display order. Code arms are never called branches, since a branch is a git branch."""
unit = totals.unit
_STEPS = ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k"))
_SIZES = ("bytes", "kB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class Delta:
    """A change in percentage points. `tone` is good, bad or neutral; `why` says why there is no number, or why the tone is neutral."""

    text: str
    arrow: str = ""
    tone: str = "neutral"
    why: str = ""


def percent(count: Count | None, decimals: int = 1) -> str:
    """Return `84.2 %`; exactly none is `0 %`, exactly all is `100 %`, all else stays within 0.1 and 99.9; `-` for nothing to count.

    Only a badge that was asked for it has other `decimals`; then 1 and 99, or 0.01 and 99.99, are the bounds.
    """
    if count is None or count.total <= 0:
        return NOTHING
    covered, total = count
    if covered <= 0:
        return "0 %"
    if covered >= total:
        return "100 %"
    step = 10**decimals
    steps = min(max((covered * 200 * step + total) // (total * 2), 1), 100 * step - 1)
    return f"{steps // step}.{steps % step:0{decimals}} %" if decimals else f"{steps} %"


def group(number: int) -> str:
    """Return an exact count in groups of three, with a true minus: `12 408`."""
    text = f"{abs(number):,}".replace(",", THIN_SPACE)
    return f"{MINUS}{text}" if number < 0 else text


def halves(number: float) -> str:
    """Return an exact count of halves: `1 204.5`, `12`."""
    return f"{group(int(number))}{'.5' if number % 1 else ''}"


def abbreviate(number: int) -> str:
    """Return a count for a card: from 100 000 on in thousands or more, `3.1 M`. Cuts off, so that it never says more than there is."""
    if abs(number) < 100_000:
        return group(number)
    size, letter = next(step for step in _STEPS if abs(number) >= step[0])
    tenths = abs(number) * 10 // size
    text = f"{tenths // 10}" if tenths >= 1000 else f"{tenths // 10}.{tenths % 10}"
    return f"{MINUS if number < 0 else ''}{text.removesuffix('.0')} {letter}"


def fraction(count: Count | None, kind: str = "") -> str:
    """Return `9 / 11 lines`, or `-`."""
    if count is None:
        return NOTHING
    text = f"{group(count.covered)} / {group(count.total)}"
    return f"{text} {unit(kind, count.total)}" if kind else text


def counted(number: int, singular: str, plural: str = "") -> str:
    """Return `1 upload`, `12 uploads`."""
    return f"{group(number)} {singular if number == 1 else plural or f'{singular}s'}"


def bounds(low: int, high: int, total: int, kind: str = "branches") -> str:
    """Return what is known of counts without identity: `2-4 of 4 arms`; one number when both ends agree."""
    taken = group(low) if low == high else f"{group(low)}-{group(high)}"
    return f"{taken} of {group(total)} {unit(kind, total)}"


def delta(before: Count | None, after: Count | None, kind: str = "lines") -> Delta:
    """Return the change from `before` to `after` in percentage points.

    A rise that only came from deleting code that was missed is no better testing, and a fall that only came from deleting covered
    code no worse: both stay neutral and say so.
    """
    if after is None or after.total <= 0:
        return Delta(NOTHING, why=f"no {unit(kind)} here")
    if before is None or before.total <= 0:
        return Delta(NOTHING, why="nothing to compare with")
    # In whole numbers: pages tell thousands of changes.
    change = after.covered * before.total - before.covered * after.total
    if change == 0:
        return Delta("0 pp", why="exactly equal")
    sign, arrow = ("+", "\u2191") if change > 0 else (MINUS, "\u2193")
    whole = after.total * before.total
    tenths = (2000 * abs(change) + whole) // (2 * whole)
    size = f"{tenths // 10}.{tenths % 10}" if tenths else "<0.1"
    text = f"{sign}{size} pp"
    removed = before.total - after.total
    only_deleted = after.covered <= before.covered if change > 0 else after.missed <= before.missed
    if removed > 0 and only_deleted:
        return Delta(text, arrow, "neutral", f"{group(removed)} {unit(kind, removed)} removed")
    return Delta(text, arrow, "good" if change > 0 else "bad")


def widths(parts: Sequence[int], width: int) -> tuple[int, ...]:
    """Share `width` whole pixels among `parts`; whatever is not zero gets at least one, so that a bar never hides a thing."""
    total = sum(parts)
    if total <= 0:
        return (0,) * len(parts)
    shares = [max(1, part * width // total) if part else 0 for part in parts]
    while (rest := width - sum(shares)) != 0:
        # The widest takes or gives: it is where a pixel is seen least.
        widest = max(range(len(parts)), key=lambda index: (shares[index], parts[index]))
        shares[widest] += rest if rest > 0 else -1
    return tuple(shares)


def size(number: int) -> str:
    """Return a size in decimal units: `812 bytes`, `1.4 MB`."""
    if number == 1:
        return "1 byte"
    value, step = Fraction(number), 0
    while value >= 1000 and step < len(_SIZES) - 1:
        value, step = value / 1000, step + 1
    if step == 0 or value >= 100:
        return f"{int(value)} {_SIZES[step]}"
    return f"{float(int(value * 10) / 10):.1f}".removesuffix(".0") + f" {_SIZES[step]}"


def duration(length: timedelta) -> str:
    """Return how long a thing took: `180 ms`, `4.2 s`, `3 min 5 s`, `2 h 10 min`."""
    seconds = max(length.total_seconds(), 0.0)
    if seconds < 1:
        return f"{int(seconds * 1000)} ms"
    if seconds < 60:
        return f"{int(seconds * 10) / 10:.1f}".removesuffix(".0") + " s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def ago(at: datetime, now: datetime) -> str:
    """Return `just now`, `5 min ago`, `2 h ago`, `3 days ago`; from seven days on, and for the future, the date."""
    seconds = (now - at).total_seconds()
    if seconds < -60 or seconds >= 7 * 86_400:
        return f"{at:%Y-%m-%d}"
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    if seconds < 86_400:
        return f"{int(seconds // 3600)} h ago"
    days = int(seconds // 86_400)
    return f"{days} day{'' if days == 1 else 's'} ago"


def clock(at: datetime, now: datetime) -> str:
    """Return the time of day, with its date if that is not today: `14:32 UTC`, `2026-08-21 14:32 UTC`."""
    return f"{at:%H:%M} UTC" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M} UTC"


def exactly(at: datetime) -> str:
    """Return a time in full: `2026-08-21 14:02:09 UTC`."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
