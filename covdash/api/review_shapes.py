"""What the read API answers about what needs eyes and about reviews, as typed dictionaries. Only types live here."""

from __future__ import annotations

from typing import TypedDict

from covdash.api.shapes import CommitShape, ComponentShape, TotalsShape


class AttentionRowShape(TypedDict):
    """Something that needs eyes. `rank` = `weight` x (`missed` + 0.5 x `partial`) x recency.

    Recency is 1 + (90 - `days`) / 90, at least 1; 1 where `days` is null. `kind`: `zone`, `arms`, `function`, `zero` or `floor`;
    a floor has the path `component/metric`, and `missed` is what lacks to it. `line` is 0 where the row has none.
    """

    kind: str
    path: str
    component: str
    weight: int
    missed: int
    partial: int
    metric: str
    line: int
    what: str
    changed_at: str | None
    days: int | None
    rank: float


class AttentionShape(TypedDict):
    """What needs eyes in a report, most first; `dismissed` rows are left out. The lines of `files` were looked at."""

    commit: str
    flag: str
    files: int
    dismissed: int
    rows: list[AttentionRowShape]


class HoleShape(TypedDict):
    """A zone of missed lines. `last_hit` is null when none of them is known to have run; `at_least`: `since` may be longer ago."""

    path: str
    first: int
    last: int
    missed: int
    since: str
    last_hit: str | None
    born: str
    at_least: bool


class EndShape(TypedDict):
    """The report at one end of a period."""

    commit: CommitShape
    totals: TotalsShape


class NoteShape(TypedDict):
    """Notes to the period that ended on `until`."""

    until: str
    body: str
    by: str


class DecisionShape(TypedDict):
    """A decision; `covered` of `total` lines of `component` ("" for all) ran when it was made."""

    until: str
    text: str
    owner: str
    due: str | None
    component: str
    covered: int | None
    total: int | None
    done: bool


class ReviewShape(TypedDict):
    """A period of a git branch, `since` not included. `base` and `head` are null where there is no report.

    `categories` counts lines by what became of them (GNC ... DUB, see `docs/review.md`); null while that is worked out and without a
    base. `notes` and `decisions` are null for readers who are no members.
    """

    branch: str
    since: str
    until: str
    reports: int
    base: EndShape | None
    head: EndShape | None
    categories: dict[str, int] | None
    components: list[ComponentShape]
    holes: list[HoleShape]
    failed_uploads: int
    notes: list[NoteShape] | None
    decisions: list[DecisionShape] | None
