"""The map of a directory: its files as tiles, grouped by the directories in it, and the same as a table. PURE."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from covdash.coverage.components import Rules
from covdash.coverage.totals import Count, Totals, add_up
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.charts import treemap
from covdash.dashboards.pages import map_parts
from covdash.dashboards.pages.map_frame import KINDS, Frame, LegendRow, Listed, ListedRow, Options, listed
from covdash.reports.facts import DirectoryFact, EntryFact
from covdash.reports.rule_facts import ComponentsFact

Ages = Mapping[str, tuple[datetime, bool]]
"""When the numbers of a path last changed, and whether that is known: they may be older than the first report of the git branch."""


@dataclass(frozen=True, slots=True)
class MapRow:
    """A file or directory in the twin of the map; `before` is its count in the report it is compared with, `owner` its component.

    `age` tells when its numbers changed, where the colour does.
    """

    name: str
    address: str
    count: Count | None
    before: Count | None
    partial: int
    size: int
    owner: str
    age: str


@dataclass(frozen=True, slots=True)
class MapPage:
    """All the page prints. `rows` are the entries of the directory; where tiles are looked at apart, `listed` are those instead.

    `parts` are the components, where they are outlined.
    """

    frame: Frame
    kind: str
    picture: treemap.Treemap
    legend: tuple[LegendRow, ...]
    rows: tuple[MapRow, ...]
    listed: Listed | None
    summary: str
    parts: tuple[map_parts.Part, ...] = ()

    @property
    def apart(self) -> bool:
        """Whether some tiles are of no component, or of several."""
        return any(not tile.node.owner for tile in self.picture.tiles)

    @property
    def empty(self) -> bool:
        """Whether the directory has nothing in it."""
        return not self.rows

    @property
    def skips(self) -> bool:
        """Whether there is a picture with a table to skip to."""
        return bool(self.rows) and not self.frame.options.as_


def build(
    directory: DirectoryFact,
    files: Sequence[EntryFact],
    frame: Frame,
    found: ComponentsFact | None = None,
    ages: Ages | None = None,
) -> MapPage:
    """Return the map of `directory`; `files` are its greatest files at any depth, which are drawn one by one.

    `found` are the components, where those are outlined or one is looked at; `ages` are asked for with the colour of that name.
    """
    until = frame.context.commit.committed_at
    key = _Key(frame.place, frame.options, found.rules if found else None, ages, until)
    picture = treemap.build(key.nodes(directory, files))
    names, none = _LEGENDS.get(frame.options.color, (treemap.BANDS, "not measured"))
    rows = tuple(sorted(map(key.row, directory.entries), key=lambda row: (-row.size, row.name)))
    return MapPage(
        frame,
        key.kind,
        picture,
        tuple(
            frame.legend("band", number, name, picture.bands[number])
            for number, name in (*enumerate(names, 1), (0, none))
        ),
        rows,
        _listed(picture, frame) if frame.options.narrowed else None,
        _told_of(key, picture.bands) or _summary(directory, rows, key.kind),
        map_parts.build(found, picture, frame) if found and frame.options.overlay else (),
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
    key = _Key(place, Options())
    picture = treemap.build(key.nodes(directory, files), width=size[0], height=size[1])
    if not picture.tiles:
        return None
    rows = [key.row(entry) for entry in directory.entries]
    return SmallMap(picture, _summary(directory, rows, key.kind), place.map(directory.path))


@dataclass(frozen=True, slots=True)
class _Key:
    """How entries become tiles and rows: what area and colour mean, and which are looked at."""

    place: Place
    options: Options
    rules: Rules | None = None
    ages: Ages | None = None
    until: datetime | None = None

    @property
    def kind(self) -> str:
        return KINDS[self.options.color]

    @property
    def changes(self) -> bool:
        return self.options.color == "change"

    def nodes(self, directory: DirectoryFact, files: Sequence[EntryFact]) -> tuple[treemap.Node, ...]:
        """Return one node an entry; a directory holds those of its files that are drawn, and one for all the others together."""
        inside: dict[str, list[EntryFact]] = defaultdict(list)
        start = len(directory.path)
        for file in files:
            head, slash, _ = file.path[start:].partition("/")
            if slash:
                inside[head].append(file)
        return tuple(self._of(entry, inside[entry.name]) for entry in directory.entries)

    def row(self, entry: EntryFact) -> MapRow:
        return MapRow(
            f"{entry.name}/" if entry.is_directory else entry.name,
            self._address(entry),
            _count(entry.totals, self.kind),
            _count(entry.before, self.kind) if self.changes else None,
            entry.totals.partial if self.kind == "lines" else 0,
            self._size(entry.totals),
            self._owner(entry),
            self._age(entry.path)[1],
        )

    def _of(self, entry: EntryFact, held: Sequence[EntryFact]) -> treemap.Node:
        address = self._address(entry)
        owner = self._owner(entry)
        children: tuple[treemap.Node, ...] = ()
        if entry.is_directory:
            children = tuple(
                self._node(
                    file.name,
                    file.path,
                    self.place.file(file.path),
                    file.totals,
                    file.before,
                    self._owner(file),
                )
                for file in held
            )
            rest = _rest(entry.totals, (file.totals for file in held))
            if rest.files > 0 and self._size(rest) > 0:
                name = figures.counted(rest.files, "small file")
                before = _rest(entry.before, (file.before for file in held)) if entry.before else None
                children += (self._node(name, f"{entry.path} {name}", address, rest, before, owner),)
        return self._node(entry.name, entry.path, address, entry.totals, entry.before, owner, children)

    def _node(
        self,
        name: str,
        path: str,
        address: str,
        totals: Totals,
        before: Totals | None,
        owner: str,
        children: tuple[treemap.Node, ...] = (),
    ) -> treemap.Node:
        count = _count(totals, self.kind)
        band, figure = treemap.band(count), figures.percent(count) if count else "not measured"
        said = f"{figure}, {figures.fraction(count, self.kind)}" if count else figure
        if self.changes and count:
            was = _count(before, self.kind)
            band, change = treemap.change_band(was, count), figures.delta(was, count, self.kind)
            figure = change.text if was else ""
            told = f"{change.text}, {figures.percent(was)} before" if was else change.why
            said = f"{told}, now {said}"
        if self.ages is not None:
            days, figure = self._age(path)
            band = treemap.age_band(days)
            said = f"{f'changed {figure}' if figure else 'age not known'}, now {said}"
        if owner:
            said += f", in {owner}"
        lines = totals.get("lines")
        lit = (
            (not self.options.show or bool(lines and lines.total and not lines.covered))
            and self.options.band in ("", str(band))
            and self.options.component in ("", owner)
        )
        return treemap.Node(name, path, self._size(totals), band, figure, said, address, lit, children, owner)

    def _age(self, path: str) -> tuple[int | None, str]:
        """Return how many days before the commit the numbers of a path changed, None where that is not known, and the day in words."""
        found = self.ages.get(path) if self.ages else None
        if found is None or self.until is None:
            return None, ""
        since, is_known = found
        if not is_known:
            return None, f"{since:%Y-%m-%d} or before"
        return (self.until - since).days, f"{since:%Y-%m-%d}"

    def _owner(self, entry: EntryFact) -> str:
        """Return the component that has the file, or the whole directory; "" for none."""
        if self.rules is None:
            return ""
        return (
            self.rules.whole(entry.path.rstrip("/")) if entry.is_directory else self.rules.owner(entry.path)
        )

    def _address(self, entry: EntryFact) -> str:
        if entry.is_directory:
            return self.place.map(entry.path, **self.options.state())
        return self.place.file(entry.path)

    def _size(self, totals: Totals) -> int:
        lines = totals.get("lines")
        if lines is None:
            return 0
        return lines.missed if self.options.size == "missed" else lines.total


def _count(totals: Totals | None, kind: str) -> Count | None:
    found = totals.get(kind) if totals else None
    return found if found and found.total > 0 else None


def _rest(whole: Totals, parts: Iterable[Totals | None]) -> Totals:
    """Return what `parts` leave of `whole`."""
    held = add_up(part for part in parts if part)
    pairs = zip(whole.counts, held.counts, strict=True)
    return Totals(
        whole.files - held.files,
        counts=tuple(
            pair and (pair[0] - part[0], pair[1] - part[1]) if part else pair for pair, part in pairs
        ),
    )


def _listed(picture: treemap.Treemap, frame: Frame) -> Listed:
    """Return the tiles that are looked at as rows, the greatest first."""
    lit = sorted((tile.node for tile in picture.tiles if tile.node.lit), key=lambda node: -node.size)
    start = len(f"{frame.path}/") if frame.path else 0
    rows = [ListedRow(node.path[start:], node.address, (node.said, figures.group(node.size))) for node in lit]
    size = "Missed lines" if frame.options.size == "missed" else "Lines"
    told = f"Standing out: {figures.counted(len(rows), 'tile')} of {figures.group(len(picture.tiles))}"
    return listed(frame, told, (frame.color_label, size), rows)


_LEGENDS = {"change": (treemap.CHANGES, "nothing to compare"), "age": (treemap.AGES, "not known")}
"""Names of the bands of a colour that does not tell a share."""


def _told_of(key: _Key, bands: Sequence[int]) -> str:
    """Say in one sentence what changed, or how old the numbers are; "" of other colours."""
    if key.ages is not None:
        tiles = figures.counted(sum(bands), "tile")
        young, old = figures.group(sum(bands[6:])), figures.group(sum(bands[1:3]))
        return (
            f"Of {tiles}, the numbers of {young} changed in the last month, of {old} more than a year ago; "
            f"of {figures.group(bands[0])} no report of the git branch tells."
        )
    if not key.changes:
        return ""
    fell, same, rose = sum(bands[1:4]), bands[4], sum(bands[5:])
    tiles = figures.counted(sum(bands), "tile")
    return f"Of {tiles}, {figures.group(fell)} fell, {figures.group(rose)} rose and {figures.group(same)} stayed as before."


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
