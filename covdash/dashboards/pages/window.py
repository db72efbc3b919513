"""Which rows of a file are sent, and in which pieces. PURE.

Files of at most `WHOLE` rows are sent whole, in sections of `STEP` lines that the browser lays out when they come into view. Longer
files are sent as a window: the sections around the line that was asked for, and placeholders of the same height for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from covdash.dashboards import figures
from covdash.dashboards.addresses import Place, State
from covdash.dashboards.pages import folding
from covdash.dashboards.pages.sheet import FileOptions, Sheet, Wide

STEP = 200
WHOLE = 5000
BLOCK = 50_000
"""Rows one page has sections for; longer files are read block by block."""
ROW_HEIGHT = 24
_RANGE = re.compile(r"(\d{1,8})-(\d{1,8})\Z")
_WIDTHS = (80, 100, 120, 160, 200, 320, 500, 1000, 2000)


@dataclass(frozen=True, slots=True)
class Section:
    """The rows `first`..`last`, with the first and the last line of the file among them in `lines`.

    `rows` is None for a placeholder of `height` pixels, and `address` then leads to them. `folded`: they are left out on purpose, and
    take one row.
    """

    first: int
    last: int
    lines: tuple[int, int]
    rows: Sequence[Wide] | None
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


def build_section(sheet: Sheet, place: Place, options: FileOptions) -> Section | None:
    """Return the one section that `options.lines` begins in, with its rows; None when there is no such line."""
    wanted = _range(options.lines, sheet.length)
    if wanted is None:
        return None
    if options.fold:
        last = min(wanted.stop - 1, wanted.start + WHOLE - 1)
        return _section(sheet, place, wanted.start, last, options, filled=True)
    first = (wanted.start - 1) // STEP * STEP + 1
    block = range(first, min(first + STEP, sheet.length + 1))
    return next(sections_of(sheet, place, range(first, first + 1), block, options))


def shown_rows(sheet: Sheet, options: FileOptions, first_zone: int) -> range:
    """Return the rows that are sent; `first_zone` is a line, 0 for none."""
    length = sheet.length
    wanted = _range(options.lines, length)
    if length <= WHOLE:
        return range(1, length + 1)
    if options.lines == "all":
        return range(1, min(length, BLOCK) + 1)
    if wanted is not None:
        return range(wanted.start, min(wanted.stop, wanted.start + WHOLE))
    middle = ((sheet.row_of(options.line) or sheet.row_of(first_zone) or 1) - 1) // STEP
    return range(max(middle - 1, 0) * STEP + 1, min((middle + 2) * STEP, length) + 1)


def block_around(shown: range, length: int) -> range:
    """Return the rows that get a section or a placeholder."""
    start = (max(shown.start, 1) - 1) // BLOCK * BLOCK + 1
    return range(start, min(start + BLOCK - 1, length) + 1)


def sections_of(
    sheet: Sheet, place: Place, shown: range, block: range, options: FileOptions
) -> Iterator[Section]:
    """Yield the sections of `block`: with rows where they touch `shown`, else placeholders."""
    for first in range(block.start, block.stop, STEP):
        last = min(first + STEP - 1, block.stop - 1)
        filled = first < shown.stop and last >= shown.start
        yield _section(sheet, place, first, last, options, filled=filled)


def folded_sections(sheet: Sheet, place: Place, options: FileOptions) -> Iterator[Section]:
    """Yield the sections of a folded file. After `WHOLE` rows that are shown, the rest of a long file is folded, too."""
    left = WHOLE
    for run in folding.runs(sheet.shown(options.fold), options.fold, kept=sheet.row_of(options.line)):
        first = run.first
        while not run.folded and left and first <= run.last:
            last = min(first + STEP - 1, run.last, first + left - 1)
            yield _section(sheet, place, first, last, options, filled=True)
            left -= last - first + 1
            first = last + 1
        if first <= run.last:
            yield _section(sheet, place, first, run.last, options, filled=False)


def _section(
    sheet: Sheet, place: Place, first: int, last: int, options: FileOptions, *, filled: bool
) -> Section:
    said: dict[str, State] = {sheet.word: f"{first}-{last}", "col": "memory" if options.remembered else None}
    lines = sheet.lines(first, last)
    address = place.file(sheet.path, 0, **said)
    # Without script a folded run is opened by unfolding the file there.
    opened = unfolded(place).file(sheet.path, 0, **said) if options.fold else address
    return Section(
        first,
        last,
        lines,
        sheet.rows(first, last) if filled else None,
        f"{opened}#L{lines[0]}",
        f"{address}&part=lines",
        folded=bool(options.fold) and not filled,
    )


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
