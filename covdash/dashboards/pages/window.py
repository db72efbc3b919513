"""Which lines of a file are sent, and in which pieces. PURE.

Files of at most `WHOLE` lines are sent whole, in sections of `STEP` lines that the browser lays out when they come into view. Longer
files are sent as a window: the sections around the line that was asked for, and placeholders of the same height for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from covdash.coverage.lines import Column
from covdash.dashboards.addresses import Place
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

    `remembered` tells what to say beside a line of its past; None leaves the column out.
    """

    lines: str = ""
    line: int = 0
    find: str = ""
    whole_lines: bool = False
    remembered: Callable[[int], str] | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Lines `first`..`last`. `rows` is None for a placeholder of `height` pixels, and `address` then leads to the lines."""

    first: int
    last: int
    rows: list[Row] | None
    address: str
    part: str

    @property
    def height(self) -> int:
        """Height of the section in pixels, before lines are wrapped."""
        return (self.last - self.first + 1) * ROW_HEIGHT


def build_section(fact: FileFact, place: Place, options: FileOptions) -> Section | None:
    """Return the one section that `options.lines` begins in, with its rows; None when there is no such line."""
    length = length_of(fact)
    wanted = _range(options.lines, length)
    if wanted is None:
        return None
    first = (wanted.start - 1) // STEP * STEP + 1
    states = states_by_line(fact.coverage, length)
    return next(
        sections_of(
            fact, place, states, range(first, first + 1), range(first, min(first + STEP, length + 1)), options
        )
    )


def length_of(fact: FileFact) -> int:
    """Return the number of lines: of the text if it is known, and not less than the last line the report names."""
    text = len(fact.source.lines) if fact.source else 0
    coverage = fact.coverage
    last = int(coverage.lines[-1]) if coverage is not None and len(coverage.lines) else 0
    return max(text, last)


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
        made = None
        if first < shown.stop and last >= shown.start:
            whole = options.whole_lines
            made = rows(
                fact.coverage,
                states,
                fact.source,
                first,
                last,
                exact=fact.exact,
                whole=whole,
                remembered=options.remembered,
            )
        lines = f"{first}-{last}"
        column = "memory" if options.remembered else None
        address = place.file(fact.path, lines=lines, col=column)
        part = place.file(fact.path, lines=lines, col=column, part="lines")
        yield Section(first, last, made, f"{address}#L{first}", part)


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
