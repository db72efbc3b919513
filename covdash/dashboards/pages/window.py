"""Which lines of a file are sent, and in which pieces. PURE.

Files of at most `WHOLE` lines are sent whole, in sections of `STEP` lines that the browser lays out when they come into view. Longer
files are sent as a window: the sections around the line that was asked for, and placeholders of the same height for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from covdash.coverage.lines import Column
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import folding
from covdash.dashboards.pages.elsewhere import NOWHERE, Elsewhere
from covdash.dashboards.pages.folding import UNFOLDED, Fold
from covdash.dashboards.pages.line_states import Zone, states_by_line
from covdash.dashboards.pages.source_rows import Row, rows
from covdash.reports.facts import FileFact

STEP = 200
WHOLE = 5000
BLOCK = 50_000
"""Lines one page has sections for; longer files are read block by block."""
ROW_HEIGHT = 24
_RANGE = re.compile(r"(\d{1,8})-(\d{1,8})\Z")
_WIDTHS = (80, 100, 120, 160, 200, 320, 500, 1000, 2000)


@dataclass(frozen=True, slots=True)
class FileOptions:
    """What the query string asks for: `lines` ("601-800" or "all"), a selected `line`, a text to `find`, long lines uncut.

    `remembered` tells what to say beside a line of its past; None leaves the column out. `elsewhere` are lines that ran, but not in
    what is looked at. `fold` says what is folded away.
    """

    lines: str = ""
    line: int = 0
    find: str = ""
    whole_lines: bool = False
    remembered: Callable[[int], str] | None = None
    elsewhere: Elsewhere = NOWHERE
    fold: Fold = UNFOLDED


@dataclass(frozen=True, slots=True)
class Section:
    """Lines `first`..`last`. `rows` is None for a placeholder of `height` pixels, and `address` then leads to the lines.

    `folded`: the lines are left out on purpose, and take one row.
    """

    first: int
    last: int
    rows: list[Row] | None
    address: str
    part: str
    folded: bool = False

    @property
    def words(self) -> str:
        """`41 lines`, of what is folded."""
        return figures.counted(self.last - self.first + 1, "line")

    @property
    def height(self) -> int:
        """Height of the section in pixels, before lines are wrapped."""
        return (self.last - self.first + 1) * ROW_HEIGHT


def build_section(fact: FileFact, place: Place, options: FileOptions) -> Section | None:
    """Return the one section that `options.lines` begins in, with its rows; None when there is no such line."""
    length = length_of(fact, options)
    wanted = _range(options.lines, length)
    if wanted is None:
        return None
    states = states_by_line(fact.coverage, length, options.elsewhere.lines)
    if options.fold:
        last = min(wanted.stop - 1, wanted.start + WHOLE - 1)
        return _section(fact, place, states, wanted.start, last, options, filled=True)
    first = (wanted.start - 1) // STEP * STEP + 1
    return next(
        sections_of(
            fact, place, states, range(first, first + 1), range(first, min(first + STEP, length + 1)), options
        )
    )


def length_of(fact: FileFact, options: FileOptions) -> int:
    """Return the number of lines: of the text if it is known, and not less than the last line that a report names."""
    text = len(fact.source.lines) if fact.source else 0
    coverage = fact.coverage
    last = int(coverage.lines[-1]) if coverage is not None and len(coverage.lines) else 0
    beyond = options.elsewhere.lines
    return max(text, last, int(beyond[-1]) if len(beyond) else 0)


def shown_lines(options: FileOptions, length: int, every_zone: tuple[Zone, ...]) -> range:
    """Return the lines whose rows are sent."""
    wanted = _range(options.lines, length)
    if length <= WHOLE:
        return range(1, length + 1)
    if options.lines == "all":
        return range(1, min(length, BLOCK) + 1)
    if wanted is not None:
        return range(wanted.start, min(wanted.stop, wanted.start + WHOLE))
    line = options.line if 1 <= options.line <= length else every_zone[0].first if every_zone else 1
    middle = (line - 1) // STEP
    return range(max(middle - 1, 0) * STEP + 1, min((middle + 2) * STEP, length) + 1)


def block_around(shown: range, length: int) -> range:
    """Return the lines that get a section or a placeholder."""
    start = (max(shown.start, 1) - 1) // BLOCK * BLOCK + 1
    return range(start, min(start + BLOCK - 1, length) + 1)


def sections_of(
    fact: FileFact, place: Place, states: Column, shown: range, block: range, options: FileOptions
) -> Iterator[Section]:
    """Yield the sections of `block`: with rows where they touch `shown`, else placeholders."""
    for first in range(block.start, block.stop, STEP):
        last = min(first + STEP - 1, block.stop - 1)
        filled = first < shown.stop and last >= shown.start
        yield _section(fact, place, states, first, last, options, filled=filled)


def folded_sections(fact: FileFact, place: Place, states: Column, options: FileOptions) -> Iterator[Section]:
    """Yield the sections of a folded file. After `WHOLE` lines that are shown, the rest of a long file is folded, too."""
    left = WHOLE
    for run in folding.runs(states, options.fold, kept=options.line):
        first = run.first
        while not run.folded and left and first <= run.last:
            last = min(first + STEP - 1, run.last, first + left - 1)
            yield _section(fact, place, states, first, last, options, filled=True)
            left -= last - first + 1
            first = last + 1
        if first <= run.last:
            yield _section(fact, place, states, first, run.last, options, filled=False)


def _section(
    fact: FileFact,
    place: Place,
    states: Column,
    first: int,
    last: int,
    options: FileOptions,
    *,
    filled: bool,
) -> Section:
    made = None
    if filled:
        made = rows(
            fact.coverage,
            states,
            fact.source,
            first,
            last,
            exact=fact.exact,
            whole=options.whole_lines,
            remembered=options.remembered,
        )
        words = options.elsewhere.words(first, last)
        made = [_said(row, words[row.number]) if row.number in words else row for row in made]
    lines = f"{first}-{last}"
    column = "memory" if options.remembered else None
    part = place.file(fact.path, lines=lines, col=column, part="lines")
    # Without script a folded run is opened by unfolding the file there.
    open_ = unfolded(place) if options.fold else place
    address = open_.file(fact.path, lines=lines, col=column)
    return Section(first, last, made, f"{address}#L{first}", part, folded=bool(options.fold) and made is None)


def _said(row: Row, words: str) -> Row:
    return replace(row, elsewhere=words, width=row.width + len(words) + 4)


def unfolded(place: Place) -> Place:
    """Return the place with its file unfolded."""
    kept = {word: value for word, value in place.view if word not in ("hide", "only", "context")}
    return place.viewed(**kept)


def width_of(sections: tuple[Section, ...]) -> int:
    """Return the width class of the source column in characters: no smaller than the longest line that is shown, within bounds."""
    longest = max((row.width for section in sections for row in section.rows or ()), default=0)
    return next((width for width in _WIDTHS if width >= longest), _WIDTHS[-1])


def _range(text: str, length: int) -> range | None:
    match = _RANGE.match(text)
    if match is None:
        return None
    first, last = int(match[1]), min(int(match[2]), length)
    return range(first, last + 1) if 1 <= first <= last else None
