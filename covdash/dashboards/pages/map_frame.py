"""What the pages of a map share: the words of their address, and the links between the ways to draw a directory. PURE."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

from covdash.dashboards.addresses import Place
from covdash.dashboards.pages.context import ContextBar
from covdash.dashboards.pages.crumbs import Crumb, map_crumbs
from covdash.reports.facts import ReportFact

WORDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "view": ("View", {"tiles": "areas", "quadrant": "quadrant"}),
    "size": ("Area", {"lines": "lines", "missed": "missed lines"}),
    "color": (
        "Colour",
        {
            "coverage": "lines covered",
            "arms": "arms taken",
            "functions": "functions called",
            "change": "change of lines covered",
            "age": "age of the numbers",
        },
    ),
    "y": (
        "Upwards",
        {"": "", "arms": "arms taken", "functions": "functions called", "size": "lines"},
    ),
    "overlay": ("Outlines", {"": "none", "components": "components"}),
    "show": ("Show", {"": "all files", "zero": "files at 0 %"}),
    "band": ("", {"": "", **{str(band): "" for band in range(8)}}),
    "corner": ("", {"": "", **{str(corner): "" for corner in (1, 2, 3, 4)}}),
    "as": ("As", {"": "picture", "table": "table"}),
}
"""Words of the query: what is chosen ("" for what is chosen elsewhere), values and what these are called, the default first."""
KINDS = {"coverage": "lines", "arms": "branches", "functions": "functions", "change": "lines", "age": "lines"}
"""What a colour tells: value of the word -> metric kind."""

_OF_VIEW = {"size": "tiles", "color": "tiles", "overlay": "tiles", "y": "quadrant"}
_NARROWING = {"tiles": ("show", "band", "component"), "quadrant": ("show", "corner")}
"""The words by which some of a picture stand out."""
_UNDONE = {
    "color": ("band",),
    "y": ("corner",),
    "overlay": ("component",),
    **dict.fromkeys(("view", "show"), ("band", "corner", "component")),
}
"""What is let go when a word gets another value."""
ROWS = 100
"""So many rows of `Listed` stand below a picture; the table alone has them all."""


@dataclass(frozen=True, slots=True)
class Options:
    """The words of the address, each a value of its `WORDS`; `as_` is spelled so since `as` is a word of Python.

    `band`, `corner` and `component` are looked at alone; `base`, a git branch or a commit, is what changes are told against; `y` is
    what goes up in a quadrant, "" for what is known.
    """

    view: str = "tiles"
    size: str = "lines"
    color: str = "coverage"
    y: str = ""
    overlay: str = ""
    show: str = ""
    band: str = ""
    corner: str = ""
    component: str = ""
    base: str = ""
    as_: str = ""

    @property
    def narrowed(self) -> bool:
        """Whether some of the map stands out."""
        return any(getattr(self, word) for word in _NARROWING[self.view])

    def state(self, **other: str) -> dict[str, str]:
        """Return the words of the address of this map, with `other` ones instead; defaults are left out."""
        return {word: value for word, value in (_words(self) | other).items() if value != _DEFAULTS[word]}


def _words(options: Options) -> dict[str, str]:
    return {name.rstrip("_"): value for name, value in asdict(options).items()}


_DEFAULTS = _words(Options())


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a word, and whether the page shows it."""

    title: str
    address: str
    selected: bool


@dataclass(frozen=True, slots=True)
class LegendRow:
    """One mark of a legend, how many are drawn with it, and the address where only those stand out ("" for none)."""

    number: int
    name: str
    count: int
    address: str
    selected: bool


class ListedRow(NamedTuple):
    """One file in a long table."""

    name: str
    address: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A long table: what it holds in words, its first rows, how many `more` there are, and where."""

    told: str
    heads: tuple[str, ...]
    rows: tuple[ListedRow, ...]
    more: int
    more_address: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a map: `choices` are (what is chosen, the ways), `ignored` words of the address that made no sense.

    `base` is the report that changes are told against.
    """

    place: Place
    context: ContextBar
    path: str
    options: Options
    choices: tuple[tuple[str, tuple[Choice, ...]], ...]
    base: ReportFact | None
    ignored: tuple[str, ...]

    @property
    def heading(self) -> str:
        """What is mapped."""
        return f"{self.path}/" if self.path else "Map"

    @property
    def title(self) -> str:
        """`Map of src/pay/ · main · acme/shop`."""
        return f"Map{f' of {self.path}/' if self.path else ''} \u00b7 {self.context.where} \u00b7 {self.place.slug}"

    @property
    def crumbs(self) -> tuple[Crumb, ...]:
        """The steps to here, each a map drawn in the same way."""
        return map_crumbs(self.place, self.path, **self.options.state())

    @property
    def up_address(self) -> str:
        """The map of the directory above, "" at the top."""
        parent = self.path.rpartition("/")[0]
        return self.place.map(parent, **self.options.state()) if parent else ""

    @property
    def tree_address(self) -> str:
        """The same directory as a list."""
        return self.place.tree(self.path)

    @property
    def base_address(self) -> str:
        """The two reports side by side."""
        return self.place.compare(self.base.commit.sha, self.context.commit.sha) if self.base else ""

    @property
    def color_label(self) -> str:
        """What the colour tells."""
        return WORDS["color"][1][self.options.color].capitalize()

    @property
    def whole_address(self) -> str:
        """The same map with nothing standing out."""
        return self._standing_out({})

    @property
    def hidden(self) -> tuple[tuple[str, str], ...]:
        """What a form that chooses the base keeps of the address."""
        kept = {"branch": self.place.branch, "commit": self.place.commit, "flag": self.place.flag}
        return tuple((word, value) for word, value in (kept | self.options.state(base="")).items() if value)

    @property
    def bases(self) -> tuple[str, ...]:
        """The git branches to choose from, and the base that was asked for."""
        asked = self.options.base
        return (asked, *(name for name in self.context.branches if name != asked))

    def door(self, word: str, value: str, count: int) -> tuple[str, bool]:
        """Return where the `count` tiles or points with `value` of `word` stand out ("" for none), and whether they do here.

        Where they do, the door leads back to all of them.
        """
        if getattr(self.options, word) == value:
            return self.whole_address, True
        return self._standing_out({word: value}) if count else "", False

    def legend(self, word: str, number: int, name: str, count: int) -> LegendRow:
        """Return the row of the value `number` of `word`."""
        return LegendRow(number, name, count, *self.door(word, str(number), count))

    def _standing_out(self, words: dict[str, str]) -> str:
        """Return the address where nothing else makes a part of this map stand out: a count leads to what it counts."""
        all_of_it = dict.fromkeys(_NARROWING[self.options.view], "")
        return self.place.map(self.path, **self.options.state(**all_of_it | words))


def listed(frame: Frame, told: str, heads: tuple[str, ...], rows: Sequence[ListedRow]) -> Listed:
    """Return the table of `rows`: the first below the picture, or all of them alone."""
    shown = rows if frame.options.as_ else rows[:ROWS]
    state = frame.options.state(**{"as": "table"})
    return Listed(told, heads, tuple(shown), len(rows) - len(shown), frame.place.map(frame.path, **state))


def frame(
    context: ContextBar,
    path: str,
    options: Options,
    base: ReportFact | None = None,
    ignored: tuple[str, ...] = (),
    y: str = "",
    *,
    outlined: bool = False,
) -> Frame:
    """Return the frame of the map of the directory `path`; `y` is what goes up, `outlined` whether there are components to outline."""
    path, place = path.strip("/"), context.place
    chosen = _words(options) | {"y": y}
    choices = tuple(
        (
            label,
            tuple(
                Choice(title, place.map(path, **_state(options, word, value)), value == chosen[word])
                for value, title in values.items()
                if title
            ),
        )
        for word, (label, values) in WORDS.items()
        if label and _OF_VIEW.get(word, options.view) == options.view and (outlined or word != "overlay")
    )
    return Frame(place, context, path, options, choices, base, ignored)


def _state(options: Options, word: str, value: str) -> dict[str, str]:
    """Return the words of the address where `word` has another value."""
    return options.state(**dict.fromkeys(_UNDONE.get(word, ()), ""), **{word: value})
