"""What needs eyes, and what a team says about it: frozen facts of the attention list and of the review. PURE, as `facts.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from covdash.coverage import attention
from covdash.coverage.totals import Count, Totals
from covdash.reports.differences import ComparisonFact
from covdash.reports.facts import ChangeFact, CommitFact, ReportFact
from covdash.reports.rule_facts import ComponentsFact

EXPIRES_SOON = 14
"""Days in which a dismissal or a waiver is due."""


@dataclass(frozen=True, slots=True)
class AttentionFact:
    """Something that needs eyes. `kind` is one of `attention.KINDS`, `path` the file, or `component/metric` for a floor.

    `missed` and `partial` are lines (for a floor: what lacks, in the unit of `metric`). `changed_at` is when the numbers of the file
    last changed, None where that is not known; `days` is that in whole days.
    """

    kind: str
    path: str
    component: str
    weight: int
    missed: int
    partial: int
    line: int
    what: str
    changed_at: datetime | None = None
    days: int | None = None
    metric: str = "lines"

    @property
    def rank(self) -> Fraction:
        """Where it stands in the list, made of its own cells."""
        return attention.rank(weight=self.weight, missed=self.missed, partial=self.partial, days=self.days)


@dataclass(frozen=True, slots=True)
class DismissalFact:
    """A row that the team does not want to see until a day, and why."""

    id: int
    kind: str
    path: str
    reason: str
    until: date
    by: str
    at: datetime

    def is_due(self, today: date) -> bool:
        """Whether it ends within two weeks."""
        return (self.until - today).days <= EXPIRES_SOON


@dataclass(frozen=True, slots=True)
class WaiverFact:
    """A gate that is let pass until a day: of one pull request, or of everything for None."""

    id: int
    gate: str
    pull: int | None
    reason: str
    owner: str
    until: date
    by: str
    at: datetime

    def is_due(self, today: date) -> bool:
        """Whether it ends within two weeks."""
        return (self.until - today).days <= EXPIRES_SOON


@dataclass(frozen=True, slots=True)
class AttentionList:
    """The rows, what needs eyes most first, without the dismissed ones. `files` were looked at, of at least `candidates`."""

    rows: tuple[AttentionFact, ...]
    dismissed: tuple[DismissalFact, ...]
    files: int
    candidates: int


@dataclass(frozen=True, slots=True)
class NoteFact:
    """What a team wrote down about a period that ended on `until`."""

    until: date
    body: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DecisionFact:
    """What a team decided. `component` is what it is about, "" for the whole project; `covered` of `total` lines ran at that time."""

    id: int
    until: date
    text: str
    owner: str
    due: date | None
    component: str
    covered: int | None
    total: int | None
    done_at: datetime | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PeriodFact:
    """A git branch from `since` to `until`: its last reports at both ends.

    `base` is None when the branch had none before; `first` is then the first of the period. `reports` counts those within. `latest`
    is the last one known when the period has none. `edited` is when any report up to `until` last changed: what is told of the past of
    files does not change without it.
    """

    branch: str
    since: datetime
    until: datetime
    base: ReportFact | None
    head: ReportFact | None
    reports: int
    latest: ReportFact | None
    edited: datetime | None = None


@dataclass(frozen=True, slots=True)
class StepFact:
    """The totals of a file from a commit on."""

    path: str
    commit: CommitFact
    totals: Totals | None


@dataclass(frozen=True, slots=True)
class HoleFact:
    """A run of missed lines: missed since `since` at least, `last_hit` when one of them last ran (None: never as far as is known).

    `born` is the commit that first had the youngest of the lines; `at_least`: the past is not known any further back.
    """

    path: str
    first: int
    last: int
    missed: int
    since: CommitFact
    last_hit: CommitFact | None
    born: CommitFact
    at_least: bool


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """All that a review is made of.

    `comparison` is None while a task compares and where there is nothing to compare; `changes` are the files whose totals differ.
    `components` are those of the head, `before` those of the base. `weekly`: component -> (covered, total) lines at the end of each
    of the last weeks, for components under their floor. `notes` and `decisions` are None for whoever may not read them, who sees no
    `waivers` of gates either.
    """

    period: PeriodFact
    components: ComponentsFact
    before: ComponentsFact | None = None
    comparison: ComparisonFact | None = None
    changes: tuple[ChangeFact, ...] = ()
    steps: tuple[StepFact, ...] = ()
    attention: AttentionList = AttentionList((), (), 0, 0)
    holes: tuple[HoleFact, ...] = ()
    failed: int = 0
    notes: tuple[NoteFact, ...] | None = None
    decisions: tuple[DecisionFact, ...] | None = None
    waivers: tuple[WaiverFact, ...] = ()
    weekly: Mapping[str, tuple[Count, ...]] = field(default_factory=dict)
