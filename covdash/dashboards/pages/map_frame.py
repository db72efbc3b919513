"""What the pages of a map share: the words of their address, and the links between the ways to draw a directory. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from covdash.dashboards.addresses import Place
from covdash.dashboards.pages.context import ContextBar
from covdash.dashboards.pages.crumbs import Crumb, map_crumbs

WORDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "size": ("Area", {"lines": "lines", "missed": "missed lines"}),
    "color": (
        "Colour",
        {"coverage": "lines covered", "arms": "arms taken", "functions": "functions called"},
    ),
    "as": ("As", {"": "picture", "table": "table"}),
}
"""Words of the query: what is chosen, the values and what these are called; the first value is the default."""
KINDS = {"coverage": "lines", "arms": "branches", "functions": "functions"}
"""What a colour tells: value of the word -> metric kind."""


@dataclass(frozen=True, slots=True)
class Options:
    """The words of the address, each a value of its `WORDS`; `as_` is spelled so since `as` is a word of Python."""

    size: str = "lines"
    color: str = "coverage"
    as_: str = ""

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
class Frame:
    """What stands around a map: `choices` are (what is chosen, the ways), `ignored` words of the address that made no sense."""

    place: Place
    context: ContextBar
    path: str
    options: Options
    choices: tuple[tuple[str, tuple[Choice, ...]], ...]
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


def frame(context: ContextBar, path: str, options: Options, ignored: tuple[str, ...] = ()) -> Frame:
    """Return the frame of the map of the directory `path`."""
    path, place = path.strip("/"), context.place
    chosen = _words(options)
    choices = tuple(
        (
            label,
            tuple(
                Choice(title, place.map(path, **options.state(**{word: value})), value == chosen[word])
                for value, title in values.items()
            ),
        )
        for word, (label, values) in WORDS.items()
    )
    return Frame(place, context, path, options, choices, ignored)
