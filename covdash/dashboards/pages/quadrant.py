"""The files of a directory as points: how much of each ran, against what else is known of it. PURE.

Nothing is placed by a number that nobody measured: files without it are counted in words, with the way to get it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from covdash.coverage.totals import Count, Totals
from covdash.dashboards import figures
from covdash.dashboards.charts import quadrant
from covdash.dashboards.pages.map_frame import Frame, LegendRow, Listed, ListedRow, listed
from covdash.reports.facts import DirectoryFact, EntryFact

KINDS = {"arms": "branches", "functions": "functions", "size": "lines"}
"""What goes up: value of the word `y` -> the metric that a file needs to be placed."""
BELOW = 24
"""So many directories are offered to go on to."""
LARGE = 100
"""Executable lines from which on a file is called large."""
_UP = {
    "arms": ("ways taken", "ways not taken"),
    "functions": ("functions called", "functions not called"),
    "size": ("large", "small"),
}
_WAY_OUT = {
    "arms": "coverage.py: add --branch. SimpleCov: enable_coverage :branch. gcov and lcov: --branch-coverage. Go measures "
    "statements only.",
    "functions": "LCOV, JaCoCo, Istanbul, coverage.py JSON (7.7 and newer), gcov and Cobertura with methods name functions; Go "
    "measures statements only.",
    "size": "Send the source text with a report that names only what ran.",
}


@dataclass(frozen=True, slots=True)
class QuadrantPage:
    """All the page prints. `corners` are the names of the quarters with their files, `left_out` says which files have no place."""

    frame: Frame
    y: str
    picture: quadrant.Quadrant
    axis: quadrant.Axis
    legend: tuple[LegendRow, ...]
    listed: Listed
    summary: str
    tail: str
    left_out: str
    way_out: str
    below: tuple[tuple[str, str], ...]
    empty: bool

    @property
    def skips(self) -> bool:
        """Whether there is a picture with a table to skip to."""
        return bool(self.picture.dots) and not self.frame.options.as_

    @property
    def sizes(self) -> tuple[tuple[int, str], ...]:
        """The radii of points and what they mean."""
        named = [f"up to {figures.counted(lines, 'line')}" for lines in quadrant.LINES]
        return tuple(zip(self.picture.radii, (*named, "more"), strict=True))

    @property
    def nobody(self) -> str:
        """What none of the files has, when there is none to draw."""
        return f"No {_noun(self.y)} data"


@dataclass(frozen=True, slots=True)
class _Placed:
    """A file with its numbers: `x` is how much of its lines ran, `y` the count that goes up, `corner` its quarter."""

    file: EntryFact
    x: Count
    y: Count
    height: float
    corner: int

    @property
    def across(self) -> float:
        return self.x.covered / self.x.total

    @property
    def gap(self) -> float:
        """How much more of its lines ran than of what goes up."""
        return self.across - self.height


def chosen(y: str, totals: Totals) -> str:
    """Return what goes up: as asked for, else the best that the reports hold."""
    return y or next((word for word, kind in KINDS.items() if _count(totals, kind)), "size")


def build(directory: DirectoryFact, files: Sequence[EntryFact], frame: Frame, y: str) -> QuadrantPage:
    """Return the page; `files` are the greatest that have the metric which goes up, `y`."""
    axis, most = _axis(y, files)
    placed = [one for file in files if (one := _place(file, y, axis, most))]
    names = tuple(_name(place, y) for place in (1, 2, 3, 4))
    points = [
        quadrant.Point(
            one.across,
            one.height,
            one.x.total,
            frame.place.file(one.file.path),
            f"{one.file.path}: {', '.join(_cells(one, y))}",
            _lit(one, frame),
        )
        for one in placed
    ]
    counts = [sum(one.corner == number for one in placed) for number in (1, 2, 3, 4)]
    left = directory.totals.files - len(placed)
    more = len(files) >= quadrant.MAX_POINTS
    tail, left_out, unknown = "", "", bool(directory.totals.needs_sources)
    if left and more:
        tail = f"These are the {figures.group(len(placed))} greatest; {figures.counted(left, 'other file')} below are smaller"
        tail += "." if y == "size" else f", or have no {_noun(y)} data."
    elif left:
        left_out = _left_out(left, y, unknown=unknown)
    return QuadrantPage(
        frame,
        y,
        quadrant.build(points, axis),
        axis,
        tuple(
            frame.legend("corner", number, name, count)
            for number, (name, count) in enumerate(zip(names, counts, strict=True), 1)
        ),
        _listed(placed, y, frame),
        _summary(placed, y),
        tail,
        left_out,
        _WAY_OUT[y] if (left_out and (y != "size" or unknown)) or not placed else "",
        tuple(
            (f"{entry.name}/", frame.place.map(entry.path, **frame.options.state()))
            for entry in directory.entries
            if entry.is_directory
        )[:BELOW],
        not directory.entries,
    )


def _axis(y: str, files: Sequence[EntryFact]) -> tuple[quadrant.Axis, int]:
    """Return what goes up, and the greatest number of an axis of sizes."""
    if y != "size":
        return quadrant.Axis(f"{_noun(y).capitalize()}s {_UP[y][0].rpartition(' ')[2]}", quadrant.SHARES), 0
    lines = [count.total for file in files if (count := _count(file.totals, "lines"))]
    most = 1000
    while most < max(lines, default=0):
        most *= 10
    marks = [10**power for power in range(len(str(most)))]
    return quadrant.Axis(
        "Executable lines",
        tuple((quadrant.magnitude(number, most), _short(number)) for number in marks),
        quadrant.magnitude(LARGE, most),
    ), most


def _place(file: EntryFact, y: str, axis: quadrant.Axis, most: int) -> _Placed | None:
    x, up = _count(file.totals, "lines"), _count(file.totals, KINDS[y])
    if x is None or up is None:
        return None
    height = quadrant.magnitude(up.total, most) if y == "size" else up.covered / up.total
    return _Placed(file, x, up, height, quadrant.corner(x.covered / x.total, height, axis.split))


def _lit(one: _Placed, frame: Frame) -> bool:
    options = frame.options
    return (not options.show or not one.x.covered) and options.corner in ("", str(one.corner))


def _count(totals: Totals, kind: str) -> Count | None:
    found = totals.get(kind)
    return found if found and found.total > 0 else None


def _short(number: int) -> str:
    return f"{number // 1000} k" if number >= 1000 else str(number)


def _noun(y: str) -> str:
    return "arm" if y == "arms" else "function" if y == "functions" else "line"


def _name(corner: int, y: str) -> str:
    """Return the name of a quarter: what of its files ran, and what goes up."""
    return f"{'little run' if corner % 2 else 'lines run'}, {_UP[y][corner > 2]}"


def _cells(one: _Placed, y: str) -> tuple[str, ...]:
    shares = [(one.x, "lines")] + ([] if y == "size" else [(one.y, KINDS[y])])
    return tuple(f"{figures.percent(count)}, {figures.fraction(count, kind)}" for count, kind in shares)


def _listed(placed: Sequence[_Placed], y: str, frame: Frame) -> Listed:
    """Return the files as rows: those first of which most ran while least goes up; of sizes the greatest first."""
    lit = [one for one in placed if _lit(one, frame)]
    lit.sort(key=lambda one: (-one.x.total if y == "size" else -one.gap, -one.x.missed, one.file.path))
    start = len(f"{frame.path}/") if frame.path else 0
    rows = [ListedRow(one.file.path[start:], frame.place.file(one.file.path), _cells(one, y)) for one in lit]
    told = "The same as a table"
    if frame.options.narrowed:
        told = f"Standing out: {figures.counted(len(rows), 'file')} of {figures.group(len(placed))}"
    heads = ("Lines covered",) if y == "size" else ("Lines covered", f"{_noun(y).capitalize()}s covered")
    return listed(frame, told, heads, rows)


def _summary(placed: Sequence[_Placed], y: str) -> str:
    """Say in one sentence where coverage is hollow: much ran and little goes up, or much is large and did not run."""
    looked, told = 4, f"Files with half of their lines run or more, but less than half of their {_noun(y)}s"
    if y == "size":
        looked, told = 1, f"Files of {LARGE} lines or more, of which less than half ran"
    found = [one for one in placed if one.corner == looked]
    said = f"{told}: {figures.group(len(found))} of {figures.group(len(placed))}"
    if not found:
        return f"{said}."
    worst = max(found, key=lambda one: one.y.missed)
    missed = figures.counted(worst.y.missed, _noun(y))
    return f"{said}; most is missed in {worst.file.path}, {missed} of {figures.group(worst.y.total)}."


def _left_out(number: int, y: str, *, unknown: bool) -> str:
    """Say how many files have no place and why; `unknown`: the executable lines of some are not known."""
    files = f"{figures.counted(number, 'file')} {'has' if number == 1 else 'have'} no place"
    if y != "size":
        return f"{files}: no {_noun(y)}s were measured there, or there are none."
    return f"{files}: nothing can run there{', or the reports name only what ran' if unknown else ''}."
