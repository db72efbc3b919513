"""What is kept for how long: the settings page, and the sentence on what is gone. PURE."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.projects.configuration import FILE, LEAST_DAYS
from covdash.reports.facts import CommitFact
from covdash.reports.retention_facts import Bytes, SweepFact, SweepFigures

STUCK = timedelta(minutes=20)
"""A sweep that runs for longer was killed: a task of it has ten minutes."""
_WHY = {
    "day": "of the older commits of the default git branch, only the last of each day keeps them",
    "branch": "its git branches had no report for as long as the project keeps them",
}
_KINDS = (
    ("Raw uploads", "the reports as they were sent", "raw"),
    ("Reports", "files and lines of commits and uploads", "objects"),
    ("Source texts", "with their colours", "texts"),
    ("Made of uploads", "exact counts, test results, names, lists of files", "derived"),
)


@dataclass(frozen=True, slots=True)
class KindRow:
    """Bytes of one kind now and after the next sweep."""

    title: str
    what: str
    number: int
    now: str
    gone: int
    gone_size: str
    after: str


@dataclass(frozen=True, slots=True)
class RetentionPage:
    """All the page prints beside its form.

    `commits`, `uploads`, `thinned` and `expired` are counts with the address of exactly these rows: of what the next sweep removes
    the details, and of what earlier ones did. `counted` is the last count (or sweep), `running` one that is not done yet.
    """

    commits: tuple[int, str]
    uploads: tuple[int, str]
    thinned: tuple[int, str]
    expired: tuple[int, str]
    rows: tuple[KindRow, ...]
    total: KindRow | None
    counted: SweepFact | None
    swept: SweepFact | None
    running: bool
    longer: tuple[str, ...]


def why_thinned(commit: CommitFact) -> str:
    """Return the sentence on a commit without files and lines."""
    if commit.thinned_at is None:
        return ""
    why = _WHY.get(commit.thinned_why, "the project does not keep them")
    return f"Files and lines of this report were removed on {commit.thinned_at:%-d %B %Y}: {why}. Its totals stay, and are final."


def build(
    place: Place,
    *,
    due: tuple[int, int],
    done: tuple[int, int],
    counted: SweepFact | None,
    swept: SweepFact | None,
    longer: frozenset[str],
    now: datetime,
) -> RetentionPage:
    """Return the page: `due` and `done` are numbers of commits and of uploads, `longer` what `covdash.toml` made longer."""
    newest = max(
        (fact for fact in (counted, swept) if fact and fact.ended_at and not fact.error),
        key=lambda fact: fact.started_at,
        default=None,
    )
    figures_now = _after(newest)
    return RetentionPage(
        commits=(due[0], place.commits(show="thins")),
        uploads=(due[1], place.uploads(state="expires")),
        thinned=(done[0], place.commits(show="thinned")),
        expired=(done[1], place.uploads(state="expired")),
        rows=tuple(_row(title, what, getattr(figures_now, name)) for title, what, name in _KINDS)
        if newest
        else (),
        total=_row("Together", "", figures_now.total) if newest else None,
        counted=newest,
        swept=swept,
        running=any(is_running(fact, now) for fact in (counted, swept)),
        longer=tuple(
            f"{_NAMES[name]}: {FILE} asks for longer than this page says."
            for name in LEAST_DAYS
            if name in longer
        ),
    )


def is_running(fact: SweepFact | None, now: datetime) -> bool:
    """Whether a sweep or a count is not done yet; one that was killed is not running."""
    return fact is not None and fact.ended_at is None and now - fact.started_at < STUCK


_NAMES = {"raw_days": "Raw uploads", "branch_days": "Other git branches", "commit_days": "Every commit"}


def _after(newest: SweepFact | None) -> SweepFigures:
    """Return the figures of a count; after a sweep nothing is left to remove."""
    if newest is None or newest.is_dry:
        return newest.figures if newest else SweepFigures()
    found = newest.figures
    raw, objects, texts, derived = (
        Bytes(one.number - one.gone, one.left)
        for one in (found.raw, found.objects, found.texts, found.derived)
    )
    return SweepFigures(raw=raw, objects=objects, texts=texts, derived=derived)


def _row(title: str, what: str, found: Bytes) -> KindRow:
    return KindRow(
        title,
        what,
        found.number,
        figures.size(found.size),
        found.gone,
        figures.size(found.gone_size),
        figures.size(found.left),
    )
