"""Components of a report beside their floors: which part of the code is under what its owners want. PURE."""

from __future__ import annotations

from dataclasses import dataclass

from covdash.coverage.totals import Count, Totals
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.reports.rule_facts import ComponentFact, ComponentsFact

TOP = 10
"""Rows of the overview."""
WIDTH = 160
"""Pixels of a gap bar."""


@dataclass(frozen=True, slots=True)
class GapBar:
    """A bar from 0 to 100 %: what is covered, up to where it should be (`floor`, None for no floor), and the gap between."""

    now: int
    floor: int | None

    @property
    def gap(self) -> int:
        """Pixels that lack."""
        return max(0, (self.floor or 0) - self.now)


@dataclass(frozen=True, slots=True)
class ComponentRow:
    """One metric of a component: the lines, or another one that has a floor.

    `state` and `word` say how it stands: `missed` under its floor, `covered` at or over it, `unmeasured` without a floor or a number.
    """

    name: str
    weight: int
    metric: str
    floor: str
    count: Count | None
    state: str
    word: str
    bar: GapBar | None
    address: str
    is_first: bool
    """The first row of its component: the one that carries its name."""
    kind: str

    @property
    def is_under(self) -> bool:
        """Whether it is under its floor."""
        return self.state == "missed"


@dataclass(frozen=True, slots=True)
class ComponentTable:
    """The rows: components under a floor first, then by weight. `more` are left out, `pending` says that a count is on its way."""

    rows: tuple[ComponentRow, ...]
    components: int
    under: int
    more: int
    pending: bool
    outside: Count | None
    """Lines of files that no component has."""

    @property
    def summary(self) -> str:
        """How many are under a floor, in words."""
        if self.pending:
            return "The rules changed a moment ago; the numbers are counted anew."
        if not self.under:
            return "None is under its floor."
        return (
            f"{figures.counted(self.under, 'component')} of {figures.group(self.components)} under a floor."
        )


def build(found: ComponentsFact, totals: Totals, place: Place, *, limit: int = 0) -> ComponentTable | None:
    """Return the table of the components of a report with `totals`, at most `limit` of them (0: all); None without any rule."""
    if not found.components:
        return None
    blocks = [_rows(fact, place, counted=found.counted) for fact in found.components]
    blocks.sort(key=lambda rows: (not any(row.is_under for row in rows), -rows[0].weight))
    shown = blocks[:limit] if limit else blocks
    return ComponentTable(
        rows=tuple(row for rows in shown for row in rows),
        components=len(blocks),
        under=sum(any(row.is_under for row in rows) for rows in blocks),
        more=len(blocks) - len(shown),
        pending=not found.counted,
        outside=_outside(found, totals) if found.counted else None,
    )


def told(fact: ComponentFact, *, counted: bool) -> tuple[str, str]:
    """Return how a component stands: ("lines 62.5 %", "under its floor by 2.5 pp"), of several floors by the first that it is under.

    Without a number the first is "".
    """
    kinds = _kinds(fact)
    found = [_standing(fact, kind, counted=counted) for kind in kinds]
    floored = [place for place, kind in enumerate(kinds) if kind in fact.floors]
    under = [place for place in floored if found[place][1] == "missed"]
    place = (under or floored or [0])[0]
    count, _, word = found[place]
    return f"{figures.unit(kinds[place])} {figures.percent(count)}" if count and counted else "", word


def _kinds(fact: ComponentFact) -> list[str]:
    return ["lines", *(kind for kind in fact.floors if kind != "lines")]


def _rows(fact: ComponentFact, place: Place, *, counted: bool) -> tuple[ComponentRow, ...]:
    return tuple(
        _row(fact, kind, place, is_first=number == 0, counted=counted)
        for number, kind in enumerate(_kinds(fact))
    )


def _row(fact: ComponentFact, kind: str, place: Place, *, is_first: bool, counted: bool) -> ComponentRow:
    count, state, word = _standing(fact, kind, counted=counted)
    floor = fact.floors.get(kind)
    return ComponentRow(
        name=fact.name,
        weight=fact.weight,
        metric=figures.KIND_LABELS.get(kind, kind),
        floor="" if floor is None else f"{floor:g} %",
        count=count,
        state=state,
        word=word,
        bar=None if count is None else _bar(count, floor, is_under=state == "missed"),
        address=place.tree(flat=True, component=fact.name),
        is_first=is_first,
        kind=kind,
    )


def _standing(fact: ComponentFact, kind: str, *, counted: bool) -> tuple[Count | None, str, str]:
    """Return the count of a metric, and how it stands as state and word."""
    found = fact.totals.get(kind) if fact.totals else None
    count = found if found and found.total else None
    gap = fact.gap(kind)
    if not counted:
        return count, "waiting", "is counted"
    if fact.totals is None:
        return count, "unmeasured", "no file here"
    if count is None:
        return count, "unmeasured", f"no {figures.unit(kind)} to cover"
    if gap is None:
        return count, "unmeasured", "no floor"
    if gap <= 0:
        return count, "covered", "at or over its floor"
    tenths = max(1, round(gap * 10))
    return count, "missed", f"under its floor by {tenths // 10}.{tenths % 10} pp"


def _bar(count: Count, floor: float | None, *, is_under: bool) -> GapBar:
    now = count.covered * WIDTH // count.total
    if floor is None:
        return GapBar(now, None)
    wanted = round(floor * WIDTH / 100)
    # A gap of less than a pixel is a gap.
    return GapBar(min(now, wanted - 1) if is_under else max(now, wanted), wanted)


def _outside(found: ComponentsFact, totals: Totals) -> Count | None:
    whole = totals.get("lines")
    if whole is None:
        return None
    inside = [lines for fact in found.components if fact.totals and (lines := fact.totals.get("lines"))]
    return Count(
        whole.covered - sum(lines.covered for lines in inside),
        whole.total - sum(lines.total for lines in inside),
    )
