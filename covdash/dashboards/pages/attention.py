"""What needs eyes, ranked, each row with the arithmetic of its place; and what the team hides for a while. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from covdash.coverage import attention
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages.context import ContextBar
from covdash.reports.facts import ReportFact
from covdash.reports.review_facts import AttentionFact, AttentionList, DismissalFact

WORDS = {
    "zone": ("missed", "never ran"),
    "arms": ("partial", "arms never taken"),
    "function": ("missed", "never called"),
    "zero": ("missed", "nothing ran"),
    "floor": ("missed", "under its floor"),
}
"""Kind -> (state, word)."""
REST = timedelta(days=30)
"""How long a row is hidden unless told otherwise."""


@dataclass(frozen=True, slots=True)
class AttentionRow:
    """A row. `why` is its arithmetic, `days` the age of the last change in words."""

    number: int
    kind: str
    state: str
    word: str
    path: str
    address: str
    component: str
    weight: int
    missed: int
    partial: int
    what: str
    unit: str
    changed_at: datetime | None
    days: int | None
    rank: str
    why: str

    @property
    def is_floor(self) -> bool:
        """Whether it is about a component, not about a file."""
        return self.kind == "floor"

    @property
    def size(self) -> str:
        """What is lacking, in words: `41 missed`, `3 partial`, `24 lacking`."""
        if self.is_floor:
            return f"{figures.group(self.missed)} lacking"
        return (
            f"{figures.group(self.missed)} missed"
            if self.missed
            else f"{figures.group(self.partial)} partial"
        )


@dataclass(frozen=True, slots=True)
class HiddenRow:
    """A row that the team hides."""

    id: int
    word: str
    path: str
    reason: str
    until: date
    by: str
    is_due: bool


@dataclass(frozen=True, slots=True)
class AttentionPage:
    """All the page prints. `tomorrow` to `latest` is what a form may say, `rest` what it says unless changed."""

    place: Place
    context: ContextBar
    rows: tuple[AttentionRow, ...]
    hidden: tuple[HiddenRow, ...]
    files: int
    candidates: int
    needs_sources: int
    today: date

    @property
    def latest(self) -> date:
        """The last day until which a row can be hidden."""
        return self.today + timedelta(days=365)

    @property
    def rest(self) -> date:
        """The day that a form begins with."""
        return self.today + REST

    @property
    def title(self) -> str:
        """`Needs eyes · main · acme/shop`."""
        return f"Needs eyes \u00b7 {self.context.where} \u00b7 {self.place.slug}"


def build(found: AttentionList, report: ReportFact, context: ContextBar, *, today: date) -> AttentionPage:
    """Return the page of the whole list."""
    return AttentionPage(
        context.place,
        context,
        rows(found.rows, context.place),
        hidden(found.dismissed, today),
        found.files,
        found.candidates,
        report.totals.needs_sources,
        today,
    )


def rows(facts: Sequence[AttentionFact], place: Place) -> tuple[AttentionRow, ...]:
    """Return the rows of `facts`, in their order."""
    return tuple(_row(number, fact, place) for number, fact in enumerate(facts, 1))


def hidden(facts: Sequence[DismissalFact], today: date) -> tuple[HiddenRow, ...]:
    """Return the rows that are hidden."""
    return tuple(
        HiddenRow(
            fact.id,
            WORDS.get(fact.kind, ("", fact.kind))[1],
            fact.path,
            fact.reason,
            fact.until,
            fact.by,
            fact.is_due(today),
        )
        for fact in facts
    )


def arithmetic(fact: AttentionFact) -> str:
    """Return how the rank of a row comes about, from the cells of the row alone: weight, lines, recency, and what they make."""
    factor = attention.recency(fact.days)
    return (
        f"{fact.weight} \u00d7 ({figures.group(fact.missed)} + 0.5 \u00d7 {figures.group(fact.partial)})"
        f" \u00d7 {_decimal(factor, 2)} = {_decimal(fact.rank, 1)}"
    )


def _row(number: int, fact: AttentionFact, place: Place) -> AttentionRow:
    state, word = WORDS[fact.kind]
    component, _, _ = fact.path.rpartition("/")
    is_floor = fact.kind == "floor"
    return AttentionRow(
        number,
        fact.kind,
        state,
        word,
        fact.path,
        place.tree(flat=True, component=component) if is_floor else place.file(fact.path, fact.line),
        fact.component,
        fact.weight,
        fact.missed,
        fact.partial,
        fact.what,
        figures.unit(fact.metric),
        fact.changed_at,
        fact.days,
        _decimal(fact.rank, 1),
        arithmetic(fact),
    )


def _decimal(number: Fraction, places: int) -> str:
    """Return a rounded decimal without closing zeros."""
    scaled = round(number * 10**places)
    whole, rest = divmod(scaled, 10**places)
    tail = f"{rest:0{places}}".rstrip("0")
    return f"{figures.group(whole)}.{tail}" if tail else figures.group(whole)
