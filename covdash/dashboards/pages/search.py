"""The search: hits in groups, each with its address, and the pages and actions that have names. PURE."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from covdash.dashboards.addresses import Place
from covdash.reports.findings import Hit

TITLES = {
    "page": "Pages",
    "file": "Files",
    "branch": "Git branches",
    "commit": "Commits",
    "pull": "Pull requests",
    "upload": "Uploads",
    "project": "Projects",
}
PREFIXES = {
    "f:": "file",
    "b:": "branch",
    "c:": "commit",
    "#": "pull",
    "u:": "upload",
    "p:": "project",
    ">": "page",
}
_SETTINGS = ("General", "Members", "Tokens")


@dataclass(frozen=True, slots=True)
class Found:
    """One hit."""

    kind: str
    text: str
    note: str
    address: str


@dataclass(frozen=True, slots=True)
class Group:
    """Hits of one kind; `number` is how many there are, `more_address` lists them."""

    kind: str
    title: str
    hits: tuple[Found, ...]
    number: int
    more_address: str = ""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """All the page prints. `slug` is the project that is looked in, "" for none."""

    text: str
    slug: str
    groups: tuple[Group, ...]

    @property
    def number(self) -> int:
        """How many hits are shown."""
        return sum(len(group.hits) for group in self.groups)


def split(text: str) -> tuple[str, str]:
    """Return (kind, rest) of what was typed: `f:login` looks for files only; kind "" is everything. `p:` alone is all projects."""
    for prefix, kind in PREFIXES.items():
        if text.startswith(prefix) and (len(text) > len(prefix) or kind == "project"):
            return kind, text[len(prefix) :].strip()
    return "", text


def pages(place: Place | None, text: str, rights: frozenset[str], limit: int) -> tuple[Found, ...]:
    """Return the pages whose name contains `text`."""
    named: list[tuple[str, str]] = [("Projects", "/"), ("Help", "/help"), ("API", "/api/v1/docs")]
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
                [(f"Settings: {name.lower()}", place.settings(name.lower())) for name in _SETTINGS]
                if "settings" in rights
                else []
            ),
            *named,
        ]
    wanted = text.casefold()
    return tuple(Found("page", name, "", address) for name, address in named if wanted in name.casefold())[
        :limit
    ]


def build(
    text: str,
    place: Place | None,
    hits: Mapping[str, Sequence[Hit]],
    found_pages: Iterable[Found],
    *,
    files: int = 0,
    all_of: str = "",
) -> SearchPage:
    """Return the hits in groups; `files` is how many files fit, `all_of` the kind that is listed in full."""
    slug = place.slug if place else ""
    groups: list[Group] = []
    for kind, title in TITLES.items():
        if kind == "page":
            listed = tuple(found_pages)
        else:
            listed = tuple(
                Found(hit.kind, hit.text, hit.note, address(hit, place)) for hit in hits.get(kind, ())
            )
        if not listed:
            continue
        number = max(files, len(listed)) if kind == "file" else len(listed)
        more = ""
        if kind == "file" and number > len(listed) and not all_of:
            more = f"/search?{urlencode({'q': f'f:{text}', 'in': slug})}"
        groups.append(Group(kind, title, listed, number, more))
    return SearchPage(text, slug, tuple(groups))


def address(hit: Hit, place: Place | None) -> str:
    """Return where a hit leads."""
    if hit.kind == "project" or place is None:
        return Place(hit.key).root
    if hit.kind == "pull":
        return place.pull(int(hit.key))
    pages_of: dict[str, Callable[[str], str]] = {
        "file": place.file,
        "branch": place.branch_page,
        "commit": place.commit_page,
        "upload": place.upload,
    }
    return pages_of[hit.kind](hit.key)
