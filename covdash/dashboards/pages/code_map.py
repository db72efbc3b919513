"""The map of a directory: its files as tiles, grouped by the directories in it, and the same as a table. PURE."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from covdash.coverage.totals import Count, Totals
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.charts import treemap
from covdash.dashboards.pages.map_frame import KINDS, Frame, Options
from covdash.reports.facts import DirectoryFact, EntryFact


@dataclass(frozen=True, slots=True)
class MapRow:
    """A file or directory in the twin of the map."""

    name: str
    address: str
    count: Count | None
    partial: int
    size: int
    kind: str


@dataclass(frozen=True, slots=True)
class MapPage:
    """All the page prints. `legend` is (band, name, tiles) of the bands, "not measured" last."""

    frame: Frame
    kind: str
    picture: treemap.Treemap
    rows: tuple[MapRow, ...]
    legend: tuple[tuple[int, str, int], ...]
    summary: str


def build(directory: DirectoryFact, files: Sequence[EntryFact], frame: Frame) -> MapPage:
    """Return the map of `directory`; `files` are its greatest files at any depth, which are drawn one by one."""
    place, options = frame.place, frame.options
    kind = KINDS[options.color]
    picture = treemap.build(_nodes(directory, files, place, options, kind))
    rows = sorted(
        (_row(entry, place, options, kind) for entry in directory.entries),
        key=lambda row: (-row.size, row.name),
    )
    return MapPage(frame, kind, picture, tuple(rows), _legend(picture), _summary(directory, rows, kind))


@dataclass(frozen=True, slots=True)
class SmallMap:
    """The map without its choices and its table: `address` has them."""

    picture: treemap.Treemap
    summary: str
    address: str


def small(
    directory: DirectoryFact, files: Sequence[EntryFact], place: Place, *, size: tuple[int, int]
) -> SmallMap | None:
    """Return a small map of `directory`, None when there is nothing to draw."""
    options, kind = Options(), KINDS["coverage"]
    picture = treemap.build(_nodes(directory, files, place, options, kind), width=size[0], height=size[1])
    if not picture.tiles:
        return None
    rows = [_row(entry, place, options, kind) for entry in directory.entries]
    return SmallMap(picture, _summary(directory, rows, kind), place.map(directory.path))


def _size(totals: Totals, size: str) -> int:
    lines = totals.get("lines")
    if lines is None:
        return 0
    return lines.missed if size == "missed" else lines.total


def _count(totals: Totals, kind: str) -> Count | None:
    found = totals.get(kind)
    return found if found and found.total else None


def _nodes(
    directory: DirectoryFact, files: Sequence[EntryFact], place: Place, options: Options, kind: str
) -> tuple[treemap.Node, ...]:
    """Return one node an entry; a directory holds those of its files that are drawn, and one for all the others together."""
    inside: dict[str, list[EntryFact]] = defaultdict(list)
    start = len(directory.path)
    for file in files:
        head, slash, _ = file.path[start:].partition("/")
        if slash:
            inside[head].append(file)
    nodes: list[treemap.Node] = []
    for entry in directory.entries:
        size = _size(entry.totals, options.size)
        if not size:
            continue
        children: tuple[treemap.Node, ...] = ()
        if entry.is_directory:
            held = inside[entry.name]
            children = tuple(_file(file, place, options, kind, under=entry.path) for file in held)
            others = entry.totals.files - len(held)
            left = size - sum(child.size for child in children)
            if others > 0 and left > 0:
                children += (_others(entry, held, left, others, place, options, kind),)
        nodes.append(
            treemap.Node(
                entry.name,
                size,
                _count(entry.totals, kind),
                place.map(entry.path, **options.state()) if entry.is_directory else place.file(entry.path),
                _title(entry.path, _count(entry.totals, kind), kind),
                children if len(children) > 1 or entry.is_directory else (),
            )
        )
    return tuple(nodes)


def _file(file: EntryFact, place: Place, options: Options, kind: str, *, under: str) -> treemap.Node:
    count = _count(file.totals, kind)
    return treemap.Node(
        file.path[len(under) :].rpartition("/")[2],
        _size(file.totals, options.size),
        count,
        place.file(file.path),
        _title(file.path, count, kind),
    )


def _others(
    entry: EntryFact,
    held: Sequence[EntryFact],
    size: int,
    number: int,
    place: Place,
    options: Options,
    kind: str,
) -> treemap.Node:
    """Return the tile of the files that are too many to be drawn one by one."""
    whole = _count(entry.totals, kind)
    known = [count for file in held if (count := _count(file.totals, kind))]
    count = None
    if whole:
        count = Count(
            whole.covered - sum(one.covered for one in known), whole.total - sum(one.total for one in known)
        )
    name = figures.counted(number, "small file")
    return treemap.Node(
        name,
        size,
        count,
        place.map(entry.path, **options.state()),
        _title(f"{entry.path} {name}", count, kind),
    )


def _title(path: str, count: Count | None, kind: str) -> str:
    if count is None or not count.total:
        return f"{path}: not measured"
    return f"{path}: {figures.percent(count)}, {figures.fraction(count, kind)}"


def _row(entry: EntryFact, place: Place, options: Options, kind: str) -> MapRow:
    return MapRow(
        f"{entry.name}/" if entry.is_directory else entry.name,
        place.map(entry.path, **options.state()) if entry.is_directory else place.file(entry.path),
        _count(entry.totals, kind),
        entry.totals.partial if kind == "lines" else 0,
        _size(entry.totals, options.size),
        kind,
    )


def _legend(picture: treemap.Treemap) -> tuple[tuple[int, str, int], ...]:
    named = [(number, name, picture.bands[number]) for number, name in enumerate(treemap.BANDS, 1)]
    return (*named, (0, "not measured", picture.bands[0]))


def _summary(directory: DirectoryFact, rows: Sequence[MapRow], kind: str) -> str:
    """Say in one sentence what the picture shows."""
    holes = [row for row in rows if row.count and row.count.missed]
    directories = sum(entry.is_directory for entry in directory.entries)
    parts = []
    if directories:
        parts.append(figures.counted(directories, "directory", "directories"))
    if others := len(directory.entries) - directories:
        parts.append(figures.counted(others, "file"))
    said = f"{' and '.join(parts) or 'Nothing'} here"
    if not holes:
        return f"{said}; nothing that is measured is missed."
    worst = max(holes, key=lambda row: row.count.missed if row.count else 0)
    if worst.count is None:
        return f"{said}."
    missed = f"{figures.group(worst.count.missed)} of {figures.group(worst.count.total)} {figures.unit(kind)} missed"
    return f"{said}; the largest hole is {worst.name}, {missed}."
