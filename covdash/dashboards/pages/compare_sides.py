"""Tabs of a comparison that set its two sides beside each other: uploads, components, flags. PURE."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from covdash.coverage.differential import Patch
from covdash.coverage.totals import Count, Totals
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import components
from covdash.dashboards.pages.components import ComponentRow, ComponentTable
from covdash.dashboards.pages.metrics import reason
from covdash.dashboards.pages.standing import CarriedRow, carried_rows
from covdash.dashboards.pages.upload import WORDS
from covdash.reports.differences import SentFact
from covdash.reports.facts import FlagFact, ReportFact
from covdash.reports.rule_facts import ComponentsFact


@dataclass(frozen=True, slots=True)
class Sides:
    """What the tabs are made of: uploads of both sides, `components` of the head; the rest as far as the chosen tab needs it.

    `patches` are the new lines of components.
    """

    uploads: Sequence[SentFact]
    components: ComponentsFact
    base_components: ComponentsFact | None = None
    patches: Mapping[str, Patch] = field(default_factory=dict)
    head_flags: Sequence[FlagFact] = ()
    base_flags: Sequence[FlagFact] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """An upload of one side. `state` names the glyph, `word` says it."""

    address: str
    state: str
    word: str
    lines: Count | None
    partial: int
    why: str


@dataclass(frozen=True, slots=True)
class UploadRow:
    """What was sent under one name with the same flags to both commits, or to one of them: then the other is None."""

    title: str
    flags: tuple[str, ...]
    base: Sent | None
    head: Sent | None

    @property
    def word(self) -> str:
        """Which side has it, in words."""
        if self.base and self.head:
            return "in both"
        return "only in the base" if self.base else "only in the head"


@dataclass(frozen=True, slots=True)
class PartRow:
    """A component, or one of its metrics: how it stands in the head, and what changed. `patch` are its new lines."""

    row: ComponentRow
    delta: figures.Delta
    patch: Count | None
    partial: int


@dataclass(frozen=True, slots=True)
class FlagRow:
    """A flag on both sides; `word` is new or gone where only one has it. `carried` says where its numbers are from."""

    name: str
    address: str
    count: Count | None
    partial: int
    why: str
    delta: figures.Delta
    word: str
    carried: tuple[tuple[str, CarriedRow], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """The rows of the chosen tab; those of uploads are always there. `counts` says how much is on each tab."""

    uploads: tuple[UploadRow, ...]
    table: ComponentTable | None
    parts: tuple[PartRow, ...]
    flags: tuple[FlagRow, ...]
    counts: dict[str, int]


def build(sides: Sides, base: ReportFact, head: ReportFact, project: Place, tab: str) -> Shown:
    """Return what the tab shows."""
    sent = _uploads(sides, base, head, project)
    place = project.at(commit=head.commit.sha)
    table = components.build(sides.components, head.totals, place) if tab == "components" else None
    return Shown(
        sent,
        table,
        tuple(_part(row, sides) for row in table.rows) if table else (),
        _flags(sides, base, head, project) if tab == "flags" else (),
        {
            "uploads": len(sent),
            "components": len(sides.components.components),
            "flags": len({*base.flags, *head.flags}),
        },
    )


def _uploads(sides: Sides, base: ReportFact, head: ReportFact, project: Place) -> tuple[UploadRow, ...]:
    """Return the uploads of both sides, those first that only one has."""
    by_name: dict[tuple[str, tuple[str, ...]], tuple[list[SentFact], list[SentFact]]] = defaultdict(
        lambda: ([], [])
    )
    for one in sides.uploads:
        # Where both sides are one commit, an upload is of both.
        for side, commit in enumerate((base.commit, head.commit)):
            if one.commit_id == commit.id:
                by_name[one.name, tuple(sorted(one.flags))][side].append(one)
    found: list[UploadRow] = []
    for (name, flags), (older, newer) in by_name.items():
        for number in range(max(len(older), len(newer))):
            before, after = (side[number] if number < len(side) else None for side in (older, newer))
            title = name or next(f"upload {one.id[:8]}" for one in (after, before) if one)
            found.append(UploadRow(title, flags, _sent(before, project), _sent(after, project)))
    return tuple(sorted(found, key=lambda row: (bool(row.base and row.head), row.title, row.flags)))


def _flags(sides: Sides, base: ReportFact, head: ReportFact, project: Place) -> tuple[FlagRow, ...]:
    """Return the flags of both sides by name."""
    older = {flag.name: flag for flag in sides.base_flags}
    newer = {flag.name: flag for flag in sides.head_flags}
    return tuple(
        _flag(name, older.get(name), newer.get(name), base, head, project)
        for name in sorted({*older, *newer})
    )


def _sent(one: SentFact | None, project: Place) -> Sent | None:
    if one is None:
        return None
    lines = _count(one.totals)
    why = reason("lines", one.totals, brief=True) if one.totals else "no coverage of it is known"
    return Sent(
        project.upload(one.id),
        one.state,
        WORDS[one.state],
        lines,
        one.totals.partial if one.totals else 0,
        why,
    )


def _part(row: ComponentRow, sides: Sides) -> PartRow:
    patch = sides.patches.get(row.name, Patch()) if row.is_first else Patch()
    measured = Count(patch.covered, patch.measured) if patch.measured else None
    older = sides.base_components
    if older is None or not older.counted:
        delta = figures.Delta(figures.NOTHING, why="the base was counted by other rules")
    else:
        before = next((one.totals for one in older.components if one.name == row.name), None)
        delta = figures.delta(before.get(row.kind) if before else None, row.count, row.kind)
    return PartRow(row, delta, measured, patch.partial)


def _flag(
    name: str,
    before: FlagFact | None,
    after: FlagFact | None,
    base: ReportFact,
    head: ReportFact,
    project: Place,
) -> FlagRow:
    here = after or before
    totals = here.totals if here else Totals()
    place = project.at(commit=(head if after else base).commit.sha)
    carried = [
        (side, row)
        for side, report, flag in (("base", base, before), ("head", head, after))
        if flag and flag.carried
        for row in carried_rows(report.commit, (flag.carried,), project)
    ]
    return FlagRow(
        name,
        place.flagged(name).overview(),
        _count(totals),
        totals.partial,
        reason("lines", totals, brief=True),
        figures.delta(_count(before.totals), _count(after.totals))
        if before and after
        else figures.Delta(figures.NOTHING, why="only one side has it"),
        "" if before and after else "new" if after else "gone",
        tuple(carried),
    )


def _count(totals: Totals | None) -> Count | None:
    found = totals.get("lines") if totals else None
    return found if found and found.total else None
