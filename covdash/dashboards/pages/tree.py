"""The tree page: one directory of a report, or all its files as one flat list. PURE."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from covdash.coverage.totals import Totals
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import columns, entries
from covdash.dashboards.pages.columns import Column
from covdash.dashboards.pages.context import ContextBar
from covdash.dashboards.pages.crumbs import Crumb, path_crumbs
from covdash.dashboards.pages.metrics import Metric, metrics
from covdash.dashboards.pages.zero import Pile
from covdash.projects.codeowners import NOBODY, Owners
from covdash.reports.facts import CommitFact, DirectoryFact
from covdash.reports.findings import FileList
from covdash.reports.rule_facts import ComponentsFact

SHOWS = {
    "zero": "never ran",
    "missed": "with missed lines",
    "partial": "with partial lines",
    "unmeasured": "not measured",
    "needs_sources": "only what ran is known",
    "changed": "changed since the report before",
    "under-floor": "of components under a floor",
}
"""What the flat list can be narrowed to: word of the query -> title."""
NO_MATCH = ("Nothing matches", "No file here is what you look for.")
"""What a list without rows says: title and text."""


@dataclass(frozen=True, slots=True)
class TreePage:
    """A directory. `path` has no slash at its end, "" is the root."""

    place: Place
    context: ContextBar
    path: str
    crumbs: tuple[Crumb, ...]
    metrics: tuple[Metric, ...]
    totals: Totals
    table: entries.EntryTable
    search: str
    sorts: bool
    flat: bool
    other_address: str
    """The flat list of a directory, or the directory of a flat list."""
    after: str = ""
    show: str = ""
    """One of `SHOWS`, "" for all files."""
    component: str = ""
    """Only the files of this component."""
    components: tuple[str, ...] = ()
    owner: str = ""
    """Only the files of this owner."""
    owners: tuple[str, ...] = ()
    size: int = 0
    """Files of less executable lines are left out."""
    piles: tuple[Pile, ...] = ()
    """Files that never ran, by what to do about them; then the table is empty."""
    empty: tuple[str, str] = NO_MATCH
    """What a list without rows says: title and text."""
    ignored: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    """Words of the optional columns."""
    offered: Mapping[str, str] = field(default_factory=dict)
    """Word -> title of those to choose from."""

    @property
    def filtered(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.search or self.show or self.component or self.owner or self.size)

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """What the flat list can be narrowed to: (word, title)."""
        return (("", "all files"), *SHOWS.items())

    @property
    def heading(self) -> str:
        """What the page lists."""
        if self.path or not self.flat:
            return f"{self.path}/" if self.path else "Files"
        of = f" of {self.component}" if self.component else ""
        of += f" owned by {self.owner}" if self.owner else ""
        return f"Files{of}: {SHOWS[self.show]}" if self.show else f"Files{of}" if of else "All files"

    @property
    def footer(self) -> str:
        """What the sums at the foot of the table are the sums of: exactly the rows that match."""
        table = self.table
        if self.flat:
            if table.matching == table.total:
                return f"All {figures.counted(table.total, 'file')}"
            return f"{figures.group(table.matching)} of {figures.counted(table.total, 'file')}"
        if table.matching == table.total:
            return f"All {figures.counted(table.total, 'entry', 'entries')}"
        return f"{figures.group(table.matching)} of {figures.counted(table.total, 'entry', 'entries')}"

    @property
    def sort(self) -> str:
        """The order of a directory, "" for the usual one."""
        return "" if self.flat or self.table.sort == entries.DEFAULT_ORDER else self.table.sort

    @property
    def kept(self) -> tuple[tuple[str, str], ...]:
        """Words of the query that the filter keeps."""
        place = self.place
        words = (("branch", place.branch), ("commit", place.commit), ("flag", place.flag))
        return tuple(
            word for word in (*words, ("sort", self.sort), ("flat", "1" if self.flat else "")) if word[1]
        )

    @property
    def clear_address(self) -> str:
        """The same without a filter."""
        kept = {"component": self.component, "owner": self.owner} if self.search or self.show else {}
        return self.place.tree(self.path, flat=self.flat, col=self.columns, **kept)

    @property
    def title(self) -> str:
        """`84.2 % src/pay/ \u00b7 main \u00b7 acme/shop`."""
        return f"{figures.percent(self.metrics[0].count)} {self.heading} \u00b7 {self.context.where} \u00b7 {self.place.slug}"


def build(
    directory: DirectoryFact,
    *,
    context: ContextBar,
    sort: str = "",
    search: str = "",
    compared: bool = False,
    size: int = 0,
    ignored: tuple[str, ...] = (),
    owners: Owners = NOBODY,
) -> TreePage:
    """Return the page of `directory`; `compared` when its entries carry the totals of another report.

    Only all files can be narrowed to an owner, from the root.
    """
    path, place = directory.path.strip("/"), context.place
    return TreePage(
        place=place,
        context=context,
        path=path,
        crumbs=path_crumbs(place, f"{path}/" if path else "", sort=sort, min=size or None),
        metrics=metrics(directory.totals),
        totals=directory.totals,
        table=entries.table(
            directory, place, sort=sort, search=search, compared=compared, size=size, owners=owners
        ),
        owners=() if path else owners.names,
        search=search,
        size=size,
        sorts=True,
        flat=False,
        other_address=place.tree("", flat=True, q=search),
        ignored=ignored,
    )


def with_columns(page: TreePage, made: Sequence[Column], offered: Mapping[str, str]) -> TreePage:
    """Return the page with optional columns, which its links keep, and with those to choose from."""
    words, path = tuple(column.word for column in made), f"{page.path}/" if page.path else ""
    return replace(
        page,
        table=columns.added(page.table, made, page.place),
        crumbs=path_crumbs(page.place, path, sort=page.sort, min=page.size or None, col=words),
        other_address=page.place.tree("", flat=not page.flat, q=page.search, col=words),
        columns=words,
        offered=offered,
    )


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What the flat list is narrowed to; words as in `TreePage`."""

    search: str = ""
    show: str = ""
    component: str = ""
    owner: str = ""
    size: int = 0
    ignored: tuple[str, ...] = ()


def build_flat(
    files: FileList,
    *,
    context: ContextBar,
    totals: Totals,
    to: Narrowed,
    components: tuple[str, ...] = (),
    owners: Owners = NOBODY,
    piles: tuple[Pile, ...] = (),
    empty: tuple[str, str] = NO_MATCH,
) -> TreePage:
    """Return one page of the flat list of files, in the order of paths; `piles` take its place, `empty` says why there is none.

    `totals` are those of the report, or of the component and owner that the list is narrowed to; `components` and `owners` are all
    to choose from.
    """
    place = context.place
    compared = to.show == "changed"
    rows = tuple(
        entries.row(entry, place, compared=compared, named=entry.path, owner=owners.of(entry.path))
        for entry in files.items
    )
    every = totals.files + totals.unmeasured
    table = entries.EntryTable(
        rows, entries.sums((), files.totals, files.before), "name", files.matching, every
    )
    return TreePage(
        place=place,
        context=context,
        path="",
        crumbs=path_crumbs(place, ""),
        metrics=metrics(totals),
        totals=totals,
        table=table,
        search=to.search,
        sorts=False,
        flat=True,
        other_address=place.tree("", q=to.search),
        after=files.after,
        show=to.show,
        component=to.component,
        components=components,
        owner=to.owner,
        owners=owners.names,
        size=to.size,
        piles=piles,
        empty=NO_MATCH if to.search or to.size else empty,
        ignored=to.ignored,
    )


def why_empty(show: str, base: CommitFact | None, parts: ComponentsFact) -> tuple[str, str]:
    """Return (title, text) of a flat list without files: what it would show, and why there is none."""
    if show == "under-floor":
        return _no_floor(parts)
    if show != "changed":
        return NO_MATCH
    if base is None:
        return "Nothing to compare with", "No commit before this one has a report on this git branch."
    return "Nothing changed", f"Every file is as in the report of {base.short}."


def _no_floor(parts: ComponentsFact) -> tuple[str, str]:
    if not any(part.floors for part in parts.components):
        return (
            "No floors",
            "No component of this project has a floor. Owners set them under Settings, Components.",
        )
    if not parts.counted:
        return (
            "Not counted yet",
            "The rules changed a moment ago; components are counted anew. Reload in a moment.",
        )
    if not any(part.is_under for part in parts.components):
        return "Every floor is reached", "No component that can be measured is under its floor."
    return NO_MATCH
