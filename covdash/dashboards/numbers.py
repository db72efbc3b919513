"""How numbers, times and metrics are written, in one place; templates and charts use the same rules. PURE.

Percentages are made from exact integers here and nowhere else: never a false 0 % or 100 %, and `-` where nothing can be measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from covdash.coverage.totals import Count

THIN = "\u202f"
"""A thin space that does not break, between groups of digits and before units."""
MINUS = "\u2212"
NOTHING = "-"

LABELS = {
    "lines": "lines",
    "branches": "arms",
    "functions": "functions",
    "conditions": "conditions",
    "paths": "paths",
    "statements": "statements",
    "instructions": "instructions",
}
"""How each metric kind is called in texts: a branch is always a git branch, so branches of code are arms."""


def grouped(number: int) -> str:
    """Return `number` with its digits in groups of three: `12 408`."""
    text = f"{abs(number):,}".replace(",", THIN)
    return MINUS + text if number < 0 else text


def signed(number: int) -> str:
    """Return `number` with its sign: `+12`, `\u22123`, `0`."""
    return f"+{grouped(number)}" if number > 0 else grouped(number)


def short(number: int) -> str:
    """Return `number`, abbreviated from 100,000 on: `31 120`, `128 k`, `3.1 M`. The exact value must stand nearby."""
    if abs(number) < 100_000:
        return grouped(number)
    for unit, size in (("k", 10**3), ("M", 10**6), ("G", 10**9), ("T", 10**12), ("P", 10**15), ("E", 10**18)):
        if abs(number) * 2 < 1999 * size or unit == "E":
            scaled = Fraction(abs(number), size)
            digits = f"{float(scaled):.1f}" if scaled < 10 else f"{round(scaled)}"
            return f"{MINUS if number < 0 else ''}{digits}{THIN}{unit}"
    raise AssertionError


def tenths(count: Count) -> int:
    """Return the percentage in tenths, rounded half up, clamped to 1..999 unless it is exactly nothing or exactly all."""
    if count.covered <= 0:
        return 0
    if count.covered >= count.total:
        return 1000
    return min(max((count.covered * 2000 + count.total) // (2 * count.total), 1), 999)


def percent(count: Count | None) -> str:
    """Return the percentage of `count`: `84.2 %`, `0 %`, `100 %`, or `-` when there is nothing to measure."""
    if count is None or count.total <= 0:
        return NOTHING
    value = tenths(count)
    return f"{value // 10}{THIN}%" if value in (0, 1000) else f"{value // 10}.{value % 10}{THIN}%"


def fraction(count: Count | None) -> str:
    """Return `9 / 11`, or `-` when nothing carries the metric."""
    return NOTHING if count is None else f"{grouped(count.covered)}{THIN}/{THIN}{grouped(count.total)}"


@dataclass(frozen=True, slots=True)
class Delta:
    """A change of a percentage. `tone` is up, down, same, less (a rise only by deleting code) or none (nothing to compare with)."""

    text: str
    tone: str
    note: str = ""

    @property
    def arrow(self) -> str:
        """The glyph before the text."""
        return {"up": "\u25b2", "down": "\u25bc", "less": "\u25b3"}.get(self.tone, "")


NO_DELTA = Delta(NOTHING, "none")


def delta(before: Count | None, after: Count | None, what: str = "lines") -> Delta:
    """Return the change from `before` to `after` in percentage points, from exact fractions, rounded last."""
    if not before or not after or not before.total or not after.total:
        return NO_DELTA
    points = Fraction(after.covered * 100, after.total) - Fraction(before.covered * 100, before.total)
    removed = before.total - after.total
    note = f"{grouped(removed)} {what} removed" if points > 0 and removed > 0 else ""
    if points == 0:
        return Delta(f"0{THIN}pp", "same")
    rounded = int(abs(points) * 20 + 1) // 2
    size = f"{rounded // 10}.{rounded % 10}" if rounded else "<0.1"
    if points < 0:
        return Delta(f"{MINUS}{size}{THIN}pp", "down")
    return Delta(f"+{size}{THIN}pp", "less" if note and after.covered <= before.covered else "up", note)


def age(at: datetime, now: datetime) -> str:
    """Return how long ago `at` was, up to seven days; the date after that, and for times to come."""
    gone = now - at
    if gone < timedelta(minutes=-1) or gone >= timedelta(days=7):
        return f"{at:%Y-%m-%d}"
    seconds = int(gone.total_seconds())
    if seconds < 60:
        return "just now"
    for unit, size in (("d", 86_400), ("h", 3600)):
        if seconds >= size:
            return f"{seconds // size}{THIN}{unit} ago"
    return f"{seconds // 60}{THIN}min ago"


def duration(seconds: float) -> str:
    """Return a length of time: `85 ms`, `1.4 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 0.9995:
        return f"{max(round(seconds * 1000), 0)}{THIN}ms"
    if seconds < 59.95:
        return f"{seconds:.1f}{THIN}s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}{THIN}min {whole % 60}{THIN}s"
    return f"{grouped(whole // 3600)}{THIN}h {whole % 3600 // 60}{THIN}min"


def size(octets: int) -> str:
    """Return a number of bytes: `812 B`, `48.2 kB`, `3.1 MB` (powers of ten)."""
    if octets < 1000:
        return f"{octets}{THIN}B"
    for unit, unit_size in (("kB", 10**3), ("MB", 10**6), ("GB", 10**9)):
        if octets * 20 < 19_999 * unit_size or unit == "GB":
            return f"{octets / unit_size:.1f}{THIN}{unit}"
    raise AssertionError


def plural(number: int, one: str, many: str = "") -> str:
    """Return `1 line`, `2 lines`, `12 408 lines`."""
    return f"{grouped(number)} {one if number == 1 else many or f'{one}s'}"
