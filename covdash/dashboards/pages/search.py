"""The search: hits in groups, each with its address, and the pages and actions that have names. PURE."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages.settings import SECTIONS
from covdash.reports.findings import Hit

TITLES = {
    "page": "Pages",
    "file": "Files",
    "function": "Functions",
    "branch": "Git branches",
    "commit": "Commits",
    "pull": "Pull requests",
    "upload": "Uploads",
    "project": "Projects",
    "action": "Actions",
}
PREFIXES = {
    "f:": "file",
    "fn:": "function",
    "b:": "branch",
    "c:": "commit",
    "#": "pull",
    "u:": "upload",
    "p:": "project",
    ">": "page",
}
"""Beginning of what is typed -> the kind that it narrows the search to."""
_PREFIX_OF = {kind: prefix for prefix, kind in PREFIXES.items()}
HELP = tuple(
    (prefix, "pages and actions" if kind == "page" else TITLES[kind].lower())
    for prefix, kind in PREFIXES.items()
)
"""What the prefixes leave: (prefix, in words)."""
CHOICES = {
    "theme": {"": "Theme: as the system says", "light": "Theme: light", "dark": "Theme: dark"},
    "keys": {"": "Single keys: on", "off": "Single keys: off"},
}
"""What can be chosen for this browser: a word, which is the end of a cookie's name, and its values with their names."""
_ALIASES = {
    "theme": "change switch toggle colour color scheme mode night",
    "keys": "change switch toggle keyboard shortcuts",
}
"""By what else actions are found."""
LISTED = 2_000
"""Functions of reports with more files are looked for only when they are asked for: the first time that takes a while."""


@dataclass(frozen=True, slots=True)
class Found:
    """One hit: a link, or an action, which sends `word` with `value`."""

    kind: str
    text: str
    note: str
    address: str
    word: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Hits of one kind; `number` is how many there are, `more_address` lists them."""

    kind: str
    title: str
    hits: tuple[Found, ...]
    number: int
    more_address: str = ""

    @property
    def all(self) -> str:
        """`84 files`."""
        several = self.title.lower()
        return figures.counted(
            self.number, several.removesuffix("es" if self.kind == "branch" else "s"), several
        )

    @property
    def told(self) -> str:
        """`5 of 84 files`."""
        return f"{len(self.hits)} of {self.all}" if self.number > len(self.hits) else self.all


@dataclass(frozen=True, slots=True)
class SearchPage:
    """All the page prints. `slug` is the project that is looked in, "" for none."""

    text: str
    slug: str
    groups: tuple[Group, ...]

    @property
    def told(self) -> str:
        """How many hits there are of each kind, in words."""
        if not self.groups:
            return "Nothing here is called that." if self.text else ""
        return f"Found: {', '.join(group.told for group in self.groups)}."


def split(text: str) -> tuple[str, str]:
    """Return (kind, rest) of what was typed: `f:login` looks for files only; kind "" is everything.

    `p:` alone is all projects, `>` alone all actions and pages.
    """
    for prefix, kind in PREFIXES.items():
        if text.startswith(prefix) and (len(text) > len(prefix) or kind in ("project", "page")):
            return kind, text[len(prefix) :].strip()
    return "", text


def actions(text: str) -> tuple[Found, ...]:
    """Return what can be done by name: each word of `text` begins one of its words."""
    wanted = text.casefold().split()
    return tuple(
        Found("action", name, "", "", word, value)
        for word, values in CHOICES.items()
        for value, name in values.items()
        if all(f" {one}" in f" {name} {_ALIASES[word]}".casefold() for one in wanted)
    )


def pages(
    place: Place | None, text: str, rights: frozenset[str], *, reads_as: str = "", is_operator: bool = False
) -> tuple[Found, ...]:
    """Return the pages whose name contains `text`, after "go to" or not; `reads_as` is the name of who is signed in."""
    named: list[tuple[str, str]] = [("Projects", "/"), ("Help", "/help"), ("API", "/api/v1/docs")]
    if reads_as:
        named += [("New project", "/new"), ("Your account", "/me")]
    if is_operator:
        named.append(("Operations", "/ops/"))
    if place:
        named = [
            ("Overview", place.overview()),
            ("Map", place.map()),
            ("Files", place.tree()),
            ("Code branches", place.arms()),
            ("Functions", place.functions()),
            ("Git branches", place.branches()),
            ("Commits", place.commits()),
            ("Compare", place.compare()),
            ("Pulls", place.pulls()),
            ("Needs eyes", place.attention()),
            ("Review", place.review()),
            ("Trends", place.trends()),
            ("Uploads", place.uploads()),
            *([("Setup", place.setup())] if "upload" in rights else []),
            *(
                (f"Settings: {name}", place.settings(word))
                for word, name, right in SECTIONS
                if right in rights
            ),
            *named,
        ]
    wanted = text.casefold().removeprefix("go to ").strip()
    return tuple(Found("page", name, "", address) for name, address in named if wanted in name.casefold())


def build(
    text: str,
    place: Place | None,
    hits: Mapping[str, Sequence[Hit]],
    named: Mapping[str, Sequence[Found]],
    *,
    numbers: Mapping[str, int],
    all_of: str = "",
) -> SearchPage:
    """Return the hits in groups; `named` are actions and pages.

    `numbers` say how many of a kind fit where not all are hits, `all_of` is the kind that is listed.
    """
    slug = place.slug if place else ""
    groups: list[Group] = []
    for kind, title in TITLES.items():
        if kind in named:
            listed = tuple(named[kind])
        else:
            listed = tuple(
                Found(hit.kind, hit.text, hit.note, address(hit, place)) for hit in hits.get(kind, ())
            )
        if not listed:
            continue
        number = max(numbers.get(kind, 0), len(listed))
        more = ""
        if number > len(listed) and not all_of:
            more = f"/search?{urlencode({'q': f'{_PREFIX_OF[kind]}{text}', 'in': slug})}"
        groups.append(Group(kind, title, listed, number, more))
    return SearchPage(text, slug, tuple(groups))


def address(hit: Hit, place: Place | None) -> str:
    """Return where a hit leads."""
    if hit.kind == "project" or place is None:
        return Place(hit.key).root
    if hit.kind == "pull":
        return place.pull(int(hit.key))
    if hit.kind == "function":
        return place.file(hit.key, hit.line)
    pages_of: dict[str, Callable[[str], str]] = {
        "file": place.file,
        "branch": place.branch_page,
        "commit": place.commit_page,
        "upload": place.upload,
    }
    return pages_of[hit.kind](hit.key)
