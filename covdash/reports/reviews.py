"""A review of a period, gathered from the queries: what the page and the API are made of; and where it shows on a timeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from covdash.coverage.totals import Count
from covdash.projects import access
from covdash.projects.facts import ProjectFact
from covdash.reports import holes
from covdash.reports.facts import ReportFact
from covdash.reports.queries import attention, compare, components, gates, memory, review, timelines
from covdash.reports.review_facts import AttentionList, HoleFact, PeriodFact, ReviewFacts
from covdash.reports.rule_facts import ComponentsFact
from covdash.reports.timeline_facts import MarkFact

PASTS = 6
"""Files whose lines are followed into the past."""
REVISIONS = 30
CHANGES = 2_000
FORECASTS = 3
FORECAST_WEEKS = 4

Within = Callable[[str], bool] | None


def begin(*, project: ProjectFact, period: PeriodFact, now: datetime) -> ReviewFacts:
    """Return what is known of a period without a walk through its reports: what the rest follows from, and what the team said.

    Notes, decisions and waivers only for members. Six SQL statements.
    """
    head, until = period.head, period.until.date()
    told = _is_told(project)
    said = (
        review.notes(project=project, branch=period.branch, since=period.since.date(), until=until)
        if told
        else None
    )
    waived = gates.waivers(project=project, today=now.date()) if told else ()
    decided = review.decisions(project=project, branch=period.branch, until=until) if told else None
    if head is None:
        return ReviewFacts(
            period, ComponentsFact((), counted=True, edition=""), notes=said, decisions=decided
        )
    return ReviewFacts(
        period,
        components.of_report(project=project, report=head),
        attention=AttentionList((), attention.dismissals(project=project, today=now.date()), 0, 0),
        failed=review.failed(project=project, period=period),
        notes=said,
        decisions=decided,
        waivers=waived,
    )


def gather(*, project: ProjectFact, begun: ReviewFacts, now: datetime, within: Within = None) -> ReviewFacts:
    """Return what is known of a period, without its steps. `within` says which files are looked at, None for all.

    About fifteen SQL statements, whatever the project holds, and one a level not cached.
    """
    period, parts = begun.period, begun.components
    base, head = period.base, period.head
    if head is None:
        return begun
    rows = attention.rows(
        project=project, report=head, branch=period.branch, components=parts, now=now,
        hidden=begun.attention.dismissed, within=within,
    )  # fmt: skip
    needy = list(dict.fromkeys(row.path for row in rows.rows if row.kind != "floor" and row.missed))
    return replace(
        begun,
        before=components.of_report(project=project, report=base) if base else None,
        comparison=compare.comparison(project=project, base=base, head=head) if base else None,
        changes=compare.changes(project=project, base=base, head=head, limit=CHANGES) if base else (),
        attention=rows,
        holes=_holes(project, head, period.branch, needy[:PASTS]),
        weekly=_weekly(project, period, parts),
    )


def marks(
    *, project: ProjectFact, branch: str, since: datetime | None = None, until: datetime | None = None
) -> tuple[MarkFact, ...]:
    """Return what explains steps of a git branch, with notes and decisions for whoever may read them, in order of time.

    Three SQL statements.
    """
    found = timelines.marks(project=project, branch=branch, since=since, until=until)
    if _is_told(project):
        found += review.marks(project=project, branch=branch, since=since, until=until)
    return tuple(sorted(found, key=lambda mark: mark.at))


def _is_told(project: ProjectFact) -> bool:
    """Whether the reader may know what the team wrote down: only its members."""
    return "upload" in access.rights(project.role)


def _holes(project: ProjectFact, head: ReportFact, branch: str, paths: list[str]) -> tuple[HoleFact, ...]:
    if not paths:
        return ()
    pasts = memory.of_files(project=project, report=head, branch=branch, paths=paths, revisions=REVISIONS)
    return tuple(hole for path, past in pasts.items() for hole in holes.of_file(path, past))


def _weekly(project: ProjectFact, period: PeriodFact, parts: ComponentsFact) -> dict[str, tuple[Count, ...]]:
    """Return the lines of the components under their floor at the end of each of the last five weeks, as far as they are known."""
    under = [one for one in parts.components if (gap := one.gap("lines")) is not None and gap > 0]
    under.sort(key=lambda one: (-one.weight, one.name))
    ends = [period.until - timedelta(weeks=week) for week in range(FORECAST_WEEKS, -1, -1)]
    found: dict[str, tuple[Count, ...]] = {}
    for one in under[:FORECASTS]:
        points = components.trend(
            project=project, branch=period.branch, component=one.name, until=period.until
        )
        counts = []
        for end in ends:
            last = next((point for point in reversed(points or ()) if point.at <= end), None)
            count = last.totals.get("lines") if last and last.totals else None
            if count is not None:
                counts.append(count)
        if len(counts) == len(ends):
            found[one.name] = tuple(counts)
    return found
