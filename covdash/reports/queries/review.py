"""A period of a git branch for a review: its reports, who moved what, how far it can be trusted, what the team wrote down."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import msgspec
from django.db import connection
from django.db.models import CharField, Count, Max, OuterRef, Subquery, Value
from django.db.models.functions import Left

from covdash.coverage.totals import Totals
from covdash.projects.facts import ProjectFact
from covdash.projects.models import Branch, BranchCommit, Commit
from covdash.reports import rows
from covdash.reports.facts import ReportFact
from covdash.reports.models import CommitReport, ReviewDecision, ReviewNote, Upload
from covdash.reports.review_facts import DecisionFact, NoteFact, PeriodFact, StepFact
from covdash.reports.timeline_facts import MarkFact

PATHS = 300
"""Files whose steps are looked up."""
STEPS = 5_000
DECISIONS = 40
NOTES = 12
MAX_MARKS = 100
MARK_TEXT = 400
"""Characters of a note or a decision that a mark needs at most: of a note its first line."""

_totals = msgspec.msgpack.Decoder(Totals)

_STEPS = """
SELECT path.path, point.commit_id, point.totals
  FROM reports_path path
  JOIN projects_branch branch ON branch.project_id = path.project_id AND branch.name = %(branch)s
  JOIN reports_change_point point
    ON point.project_id = path.project_id AND point.branch_id = branch.id AND point.flag = ''
   AND point.path_id = path.id AND point.at > %(since)s AND point.at <= %(until)s
 WHERE path.project_id = %(project)s AND md5(path.path) = ANY(%(digests)s)
 ORDER BY point.at, point.commit_id LIMIT %(limit)s
"""


def period(*, project: ProjectFact, branch: str, since: datetime, until: datetime) -> PeriodFact:
    """Return a git branch from `since` (not included) to `until`. Two SQL statements.

    Without a report before it, the first one of the period is what it is compared with, if it is not the only one.
    """
    line = BranchCommit.objects.filter(branch_id=OuterRef("pk"), commit__reports__flag="", at__lte=until)
    inside, older = line.filter(at__gt=since), line.filter(at__lte=since)
    newest, oldest = ("-at", "-commit_id"), ("at", "commit_id")
    number = inside.order_by().values("branch_id").annotate(number=Count("pk")).values("number")
    edited = line.order_by().values("branch_id").annotate(edited=Max("commit__reports__updated_at"))
    found = Branch.objects.filter(project_id=project.id, name=branch).annotate(
        last=Subquery(inside.order_by(*newest).values("commit_id")[:1]),
        first=Subquery(inside.order_by(*oldest).values("commit_id")[:1]),
        before=Subquery(older.order_by(*newest).values("commit_id")[:1]),
        number=Subquery(number),
        edited=Subquery(edited.values("edited")),
    )
    row = found.values_list("last", "first", "before", "number", "edited").first()
    last, first, before, number_within, changed = row or (None,) * 5
    wanted = [commit for commit in (last, first, before) if commit is not None]
    found_reports = CommitReport.objects.filter(project_id=project.id, flag="", commit_id__in=wanted)
    reports: dict[int | None, ReportFact] = {
        report.commit.id: report for report in rows.reports(found_reports)
    }
    head = reports.get(last)
    base = reports.get(before) or (reports.get(first) if first != last else None)
    return PeriodFact(
        branch, since, until, base, head, number_within or 0, head or reports.get(before), changed
    )


def steps(*, project: ProjectFact, period: PeriodFact, paths: Sequence[str]) -> tuple[StepFact, ...]:
    """Return where the totals of some files changed in the period, in order. Two SQL statements."""
    digests = [
        hashlib.md5(path.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
        for path in paths[:PATHS]
    ]
    words: dict[str, Any] = {
        "project": project.id,
        "branch": period.branch,
        "since": period.since,
        "until": period.until,
        "digests": digests,
        "limit": STEPS,
    }
    if not digests:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(_STEPS, words)
        found = cursor.fetchall()
    columns = rows.commit_columns()
    listed = Commit.objects.filter(project_id=project.id, pk__in={number for _, number, _ in found})
    commits = {fact.id: fact for fact in map(rows.commit_fact, listed.annotate(**columns).values(*columns))}
    return tuple(
        StepFact(path, commits[number], None if totals is None else _totals.decode(bytes(totals)))
        for path, number, totals in found
    )


def failed(*, project: ProjectFact, period: PeriodFact) -> int:
    """Return how many uploads failed in a period. One SQL statement."""
    found = Upload.objects.filter(rows.STATES["failed"], project_id=project.id, deleted_at=None)
    return found.filter(received_at__gt=period.since, received_at__lte=period.until).count()


def notes(*, project: ProjectFact, branch: str, since: date, until: date) -> tuple[NoteFact, ...]:
    """Return the notes to the periods of a git branch that ended after `since`, up to `until`, newest first. One SQL statement."""
    found = ReviewNote.objects.filter(
        project_id=project.id, branch=branch, until__gt=since, until__lte=until
    ).order_by("-until")
    return tuple(NoteFact(*row) for row in found.values_list("until", "body", "by_name", "at")[:NOTES])


def decisions(*, project: ProjectFact, branch: str, until: date) -> tuple[DecisionFact, ...]:
    """Return the decisions of the reviews of a git branch up to `until`, newest first, at most 40. One SQL statement."""
    found = ReviewDecision.objects.filter(project_id=project.id, branch=branch, until__lte=until)
    columns = (
        "id", "until", "text", "owner", "due", "component", "covered", "total", "done_at", "by_name", "at",
    )  # fmt: skip
    return tuple(
        DecisionFact(*row) for row in found.order_by("-until", "-pk").values_list(*columns)[:DECISIONS]
    )


def marks(
    *, project: ProjectFact, branch: str, since: datetime | None = None, until: datetime | None = None
) -> tuple[MarkFact, ...]:
    """Return the notes (their first line) and decisions of a git branch at the ends of their periods, in order of time.

    The newest 100, and only for who may read them, as `notes`. One SQL statement.
    """
    kind = CharField()
    said = ReviewNote.objects.annotate(kind=Value("note", kind), said=Left("body", MARK_TEXT))
    decided = ReviewDecision.objects.annotate(kind=Value("decision", kind), said=Left("text", MARK_TEXT))
    found = []
    for rows_of in (said, decided):
        mine = rows_of.filter(project_id=project.id, branch=branch).order_by()
        mine = mine if since is None else mine.filter(until__gte=since.date())
        mine = mine if until is None else mine.filter(until__lte=until.date())
        found.append(mine.values_list("until", "kind", "pk", "said"))
    newest = found[0].union(found[1], all=True).order_by("-until", "kind", "-pk")[:MAX_MARKS]
    return tuple(
        MarkFact(datetime.combine(day, time.max, UTC), what, text.partition("\n")[0].strip(), until=day)
        for day, what, _, text in reversed(list(newest))
    )
