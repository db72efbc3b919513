"""The file page: what ran in this file, and where it did not. PURE. Which lines are sent is decided in `window.py`."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np

from covdash.coverage.lines import Column, FileCoverage, Function, State
from covdash.coverage.totals import Count
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.charts import minimap
from covdash.dashboards.pages.crumbs import Crumb, path_crumbs
from covdash.dashboards.pages.diff_sheet import DiffSheet
from covdash.dashboards.pages.folding import Fold
from covdash.dashboards.pages.line_states import LineState, Zone, zones
from covdash.dashboards.pages.metrics import Metric, metrics
from covdash.dashboards.pages.sheet import FileOptions, LineSheet, Sheet
from covdash.dashboards.pages.source_rows import hits_text
from covdash.dashboards.pages.window import (
    BLOCK,
    STEP,
    WHOLE,
    Section,
    block_around,
    folded_sections,
    sections_of,
    shown_rows,
    width_of,
)
from covdash.reports.facts import FileFact, SourceFact

ZONES = 100
"""Zones that the menu lists, around the one that the reader is at."""
FUNCTIONS = 100
"""Functions that are listed; the list of those never called has a page of its own."""
FINDS = 200
MAP_FROM = 40
"""Lines of a file that fit on a screen without a map."""
_FUNCTION_WORDS = {
    State.MISSED: ("missed", "never called"),
    State.PARTIAL: ("partial", "called, not covered"),
    State.COVERED: ("covered", "called"),
}


@dataclass(frozen=True, slots=True)
class ZoneRow:
    """A zone with the address of its first line."""

    zone: Zone
    address: str


@dataclass(frozen=True, slots=True)
class FunctionRow:
    """A function; `lines` is None when the report does not say where it ends."""

    name: str
    line: int
    hits: str
    glyph: str
    word: str
    lines: Count | None
    address: str

    @property
    def fraction(self) -> str:
        """`9 / 11`."""
        return figures.fraction(self.lines)


@dataclass(frozen=True, slots=True)
class Found:
    """A line that contains the text looked for."""

    line: int
    text: str
    state: LineState
    address: str


@dataclass(frozen=True, slots=True)
class StateCount:
    """Number of lines of one state."""

    state: LineState
    lines: int
    address: str


@dataclass(frozen=True, slots=True)
class FilePage:
    """All the page prints. `notes` are codes of callouts: see `dashboards/file.html`."""

    place: Place
    path: str
    name: str
    crumbs: tuple[Crumb, ...]
    metrics: tuple[Metric, ...]
    states: tuple[StateCount, ...]
    length: int
    rows: int
    sections: tuple[Section, ...]
    width: int
    zones: tuple[ZoneRow, ...]
    zones_before: int
    """Zones above those that are listed."""
    zone_count: int
    zone_now: int
    """Number of the zone that holds the selected line, 0 for none."""
    zone_before: str
    zone_after: str
    functions: tuple[FunctionRow, ...] | None
    function_count: int
    never_called: int
    minimap: minimap.Minimap
    notes: tuple[str, ...]
    windowed: bool
    whole_address: str
    block_before: str
    block_after: str
    find: str
    found: tuple[Found, ...]
    found_count: int
    has_text: bool
    misses_known: bool
    elsewhere: int
    """Lines that ran, but not in what is looked at."""
    fold: Fold

    @property
    def shows_map(self) -> bool:
        """A minimap helps where the file is long, shown whole, and something was missed."""
        return self.length > MAP_FROM and self.zone_count > 0 and not self.fold

    @property
    def zone_words(self) -> str:
        """`9 zones`."""
        return figures.counted(self.zone_count, "zone")

    @property
    def found_words(self) -> str:
        """`3 lines`."""
        return figures.counted(self.found_count, "line")

    @property
    def never_words(self) -> str:
        """`2 functions never called`."""
        return f"{figures.counted(self.never_called, 'function')} never called"

    @property
    def never_address(self) -> str:
        """The functions of this file that were never called."""
        return self.place.functions(file=self.path)

    @property
    def kept(self) -> tuple[tuple[str, str], ...]:
        """Words of the query that a form of the page keeps."""
        return self.place.words

    @property
    def memory_address(self) -> str:
        """The file with a column that says what each line was before."""
        return self.place.file(self.path, col="memory")

    @property
    def clear_address(self) -> str:
        """The file without anything looked for."""
        return self.place.file(self.path)


def build(fact: FileFact, place: Place, options: FileOptions, diff: DiffSheet | None = None) -> FilePage:
    """Return the page of `fact`, as `diff` if there is one. Lines that do not exist and ranges that make no sense give the default."""
    coverage = fact.coverage
    plain = LineSheet(fact, options)
    sheet = diff or plain
    length, states = plain.length, plain.states
    of_file = zones(coverage, options.elsewhere.lines)
    every_zone = diff.zones if diff else of_file
    shown = shown_rows(sheet, options, every_zone[0].first if every_zone else 0)
    block = range(1, sheet.length + 1) if options.fold else block_around(shown, sheet.length)
    sections = tuple(
        folded_sections(sheet, place, options)
        if options.fold
        else sections_of(sheet, place, shown, block, options)
    )
    found = list(_find(fact.source, states, place, fact.path, options.find))
    windowed = not options.fold and sheet.length > WHOLE and len(shown) < sheet.length
    every_function = coverage.functions if coverage else None
    never_called = [function for function in every_function or () if function.hits <= 0]
    functions = _functions(coverage, place, fact, never_called, whole=not windowed and not options.fold)
    near = bisect_left(every_zone, options.line, key=lambda zone: zone.last) if options.line else 0
    near = max(0, min(near - ZONES // 2, len(every_zone) - ZONES))
    return FilePage(
        place=place,
        path=fact.path,
        name=fact.path.rpartition("/")[2],
        crumbs=path_crumbs(place, fact.path),
        metrics=metrics(fact.totals),
        states=_counts(states, of_file, place, fact.path),
        length=length,
        rows=sheet.length,
        sections=sections,
        width=width_of(sections),
        zones=tuple(
            ZoneRow(zone, place.file(fact.path, zone.first)) for zone in every_zone[near : near + ZONES]
        ),
        zones_before=near,
        zone_count=len(every_zone),
        zone_now=next(
            (n for n, zone in enumerate(every_zone, start=1) if zone.first <= options.line <= zone.last), 0
        ),
        zone_before=_door(
            place, fact.path, [zone for zone in every_zone if zone.last < options.line], every_zone, -1
        ),
        zone_after=_door(
            place, fact.path, [zone for zone in every_zone if zone.first > options.line], every_zone, 0
        ),
        functions=functions,
        function_count=len(every_function or ()),
        never_called=len(never_called),
        minimap=minimap.build(
            states,
            {
                LineState.COVERED: "covered",
                LineState.PARTIAL: "partial",
                LineState.ELSEWHERE: "elsewhere",
                LineState.MISSED: "missed",
            },
        ),
        notes=_notes(fact, length, ran_elsewhere=bool(len(options.elsewhere.lines))),
        windowed=windowed,
        whole_address=place.file(fact.path, 0, **{sheet.word: "all"})
        if windowed and sheet.length <= BLOCK
        else "",
        block_before=_block(sheet, place, block.start - STEP) if block.start > 1 else "",
        block_after=_block(sheet, place, block.stop) if block.stop <= sheet.length else "",
        find=options.find,
        found=tuple(found[:FINDS]),
        found_count=len(found),
        has_text=fact.source is not None,
        misses_known=coverage is not None and not coverage.executed_only,
        elsewhere=len(options.elsewhere.lines),
        fold=options.fold,
    )


def _block(sheet: Sheet, place: Place, first: int) -> str:
    return place.file(sheet.path, 0, **{sheet.word: f"{first}-{min(first + STEP - 1, sheet.length)}"})


def _counts(states: Column, every_zone: tuple[Zone, ...], place: Place, path: str) -> tuple[StateCount, ...]:
    doors = {
        LineState.MISSED: next((zone.first for zone in every_zone if zone.missed), 0),
        LineState.PARTIAL: next((zone.first for zone in every_zone if zone.partial), 0),
    }
    found = []
    for state in (
        LineState.MISSED,
        LineState.PARTIAL,
        LineState.ELSEWHERE,
        LineState.COVERED,
        LineState.UNMEASURED,
        LineState.UNKNOWN,
    ):
        lines = int((states == state).sum())
        if lines:
            found.append(StateCount(state, lines, place.file(path, doors[state]) if doors.get(state) else ""))
    return tuple(found)


def _functions(
    coverage: FileCoverage | None, place: Place, fact: FileFact, first: Sequence[Function], *, whole: bool
) -> tuple[FunctionRow, ...] | None:
    """Return `FUNCTIONS` functions: the `first`, which were never called, then from top to bottom; None without function data."""
    if coverage is None or coverage.functions is None:
        return None
    made = []
    others = (function for function in coverage.functions if function.hits > 0)
    for function in islice(chain(first, others), FUNCTIONS):
        start, end = np.searchsorted(coverage.lines, (function.start, function.end + 1)).tolist()
        inside = slice(start, max(start, end))
        total = inside.stop - inside.start if function.end else 0
        address = f"#L{function.start}" if whole else place.file(fact.path, function.start)
        made.append(
            FunctionRow(
                function.name,
                function.start,
                hits_text(function.hits, exact=fact.exact and coverage.counted),
                *_FUNCTION_WORDS[function.state],
                Count(int((coverage.states[inside] > 0).sum()), total) if total else None,
                address if function.start else "",
            )
        )
    return tuple(made)


def _door(place: Place, path: str, ahead: Sequence[Zone], every: Sequence[Zone], nearest: int) -> str:
    """Return the address of the `nearest` of the zones `ahead`, from the other end of `every` when there is none ahead."""
    zones_ahead = ahead or every
    return place.file(path, zones_ahead[nearest].first) if zones_ahead else ""


def _find(source: SourceFact | None, states: Column, place: Place, path: str, needle: str) -> Iterator[Found]:
    if source is None or not needle:
        return
    folded = needle.casefold()
    for number, text in enumerate(source.lines, start=1):
        if folded in text.casefold():
            yield Found(
                number,
                text.strip()[:160],
                LineState(int(states[number - 1])),
                place.file(path, number, find=needle),
            )


def _notes(fact: FileFact, length: int, *, ran_elsewhere: bool) -> tuple[str, ...]:
    coverage = fact.coverage
    found = []
    if coverage is None and not ran_elsewhere:
        found.append("unmeasured")
    elif coverage is not None and coverage.executed_only:
        found.append("needs_sources")
    if fact.source is not None and len(fact.source.lines) < length:
        found.append("source_differs")
    elif fact.source is None and "needs_sources" not in found:
        found.append("no_source")
    if coverage is not None and coverage.counted and not fact.exact:
        found.append("counts_expired")
    elif coverage is not None and not coverage.counted and not coverage.executed_only:
        found.append("not_counted")
    if length > WHOLE:
        found.append("long")
    return tuple(found)


def title(page: FilePage, where: str, *, against: str = "") -> str:
    """Return the title of the page: `88.1 % charge.py \u00b7 main \u00b7 acme/pay/shop`; a diff says against what."""
    name = f"{page.name} against {against}" if against else page.name
    return f"{figures.percent(page.metrics[0].count)} {name} \u00b7 {where} \u00b7 {page.place.slug}"
