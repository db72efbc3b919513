"""What the history of a git branch is told from: reports by period, days, and moments that explain a step. Frozen facts. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from covdash.coverage.totals import Totals

GRAINS = ("commit", "day", "week", "month")
"""What one point of a line stands for; of a day, a week (from Monday) or a month it is the last complete report."""


@dataclass(frozen=True, slots=True)
class ReportPoint:
    """The report of a commit, whole (`flag` is "") or of a flag, with the totals of what was asked for.

    `totals` is None where the path did not exist. `components` are counted by the rules that were asked for, empty when by others.
    `complete` is False while the report is collecting.
    """

    at: datetime
    sha: str
    flag: str
    totals: Totals | None
    components: Mapping[str, Totals] = field(default_factory=dict)
    complete: bool = True


@dataclass(frozen=True, slots=True)
class DayFact:
    """A day in UTC: reports of the git branch by the time of their commits, and failed uploads of the project by their arrival.

    `last` is the last of the reports as (time, totals); of many days only some tell it.
    """

    day: date
    reports: int
    failed: int
    last: tuple[datetime, Totals] | None = None


@dataclass(frozen=True, slots=True)
class MarkFact:
    """A moment that explains a step. `kind` is `release`, `settings`, `tool`, `note` or `decision`; `text` says what.

    `sha` names a commit or is "". `until` is the last day of the review period that a note or a decision belongs to, else None.
    """

    at: datetime
    kind: str
    text: str
    sha: str = ""
    until: date | None = None
