"""The map of a directory: its files as tiles, grouped by the directories in it, and the same as a table. PURE."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from covdash.coverage.totals import Count, Totals
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.charts import treemap
from covdash.dashboards.pages.context import ContextBar
from covdash.dashboards.pages.crumbs import Crumb, map_crumbs
from covdash.reports.facts import DirectoryFact, EntryFact

SIZES = {"lines": "lines", "missed": "missed lines"}
COLORS = {"coverage": "lines", "arms": "branches", "functions": "functions"}
"""What a colour can mean: word of the query -> metric kind."""
_TITLES = {"coverage": "lines covered", "arms": "arms taken", "functions": "functions called"}


@dataclass(frozen=True, slots=True)
class Options:
    """What the address asks for: `size` of `SIZES`, `color` of `COLORS`, whether only the table is shown, a band to look at."""

    size: str = "lines"
    color: str = "coverage"
    as_table: bool = False


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
class Choice:
    """One way to draw the map."""

    title: str
    address: str
    selected: bool


@dataclass(frozen=True, slots=True)
class MapPage:
    """All the page prints. `legend` is (band, name, tiles) of the bands, "not measured" last."""

    place: Place
    context: ContextBar
    path: str
    crumbs: tuple[Crumb, ...]
    options: Options
    kind: str
    picture: treemap.Treemap
    rows: tuple[MapRow, ...]
    legend: tuple[tuple[int, str, int], ...]
    sizes: tuple[Choice, ...]
    colors: tuple[Choice, ...]
    table_address: str
    summary: str
    up_address: str
    tree_address: str

    @property
    def heading(self) -> str:
        """What is mapped."""
        return f"{self.path}/" if self.path else "Map"

    @property
    def title(self) -> str:
        """`Map of src/pay/ · main · acme/shop`."""
        return f"Map{f' of {self.path}/' if self.path else ''} \u00b7 {self.context.where} \u00b7 {self.place.slug}"


def build(
    directory: DirectoryFact, files: Sequence[EntryFact], context: ContextBar, options: Options
) -> MapPage:
    """Return the map of `directory`; `files` are its greatest files at any depth, which are drawn one by one."""
    place, path = context.place, directory.path.strip("/")
    kind = COLORS[options.color]
    nodes = _nodes(directory, files, place, options, kind)
    picture = treemap.build(nodes)
    rows = sorted(
        (_row(entry, place, options, kind) for entry in directory.entries),
        key=lambda row: (-row.size, row.name),
    )
    parent = path.rpartition("/")[0]
    return MapPage(
        place=place,
        context=context,
        path=path,
        crumbs=map_crumbs(place, path),
        options=options,
        kind=kind,
        picture=picture,
        rows=tuple(rows),
        legend=_legend(picture),
        sizes=_choices(place, path, options, "size", SIZES),
        colors=_choices(place, path, options, "color", _TITLES),
        table_address=place.map(path, **_state(options), **{"as": "table"}),
        summary=_summary(directory, rows, kind),
        up_address=place.map(parent, **_state(options)) if parent else "",
        tree_address=place.tree(path),
    )


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
    options, kind = Options(), COLORS["coverage"]
    picture = treemap.build(_nodes(directory, files, place, options, kind), width=size[0], height=size[1])
    if not picture.tiles:
        return None
    rows = [_row(entry, place, options, kind) for entry in directory.entries]
    return SmallMap(picture, _summary(directory, rows, kind), place.map(directory.path))


def _state(options: Options) -> dict[str, str]:
    defaults = Options()
    return {
        "size": "" if options.size == defaults.size else options.size,
        "color": "" if options.color == defaults.color else options.color,
    }


def _choices(
    place: Place, path: str, options: Options, word: str, titles: dict[str, str]
) -> tuple[Choice, ...]:
    chosen = getattr(options, word)
    first = next(iter(titles))
    return tuple(
        Choice(
            title,
            place.map(path, **(_state(options) | {word: "" if value == first else value})),
            value == chosen,
        )
        for value, title in titles.items()
    )


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
                place.map(entry.path, **_state(options)) if entry.is_directory else place.file(entry.path),
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
        place.map(entry.path, **_state(options)),
        _title(f"{entry.path} {name}", count, kind),
    )


def _title(path: str, count: Count | None, kind: str) -> str:
    if count is None or not count.total:
        return f"{path}: not measured"
    return f"{path}: {figures.percent(count)}, {figures.fraction(count, kind)}"


def _row(entry: EntryFact, place: Place, options: Options, kind: str) -> MapRow:
    return MapRow(
        f"{entry.name}/" if entry.is_directory else entry.name,
        place.map(entry.path, **_state(options)) if entry.is_directory else place.file(entry.path),
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
