"""What needs eyes, and reviews of a period."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from covdash.api import doors, review_shaping
from covdash.api.review_shapes import AttentionShape, ReviewShape
from covdash.api.schema import describes
from covdash.problems import Problem
from covdash.reports import reviews
from covdash.reports.queries import attention, branches, components, review

MOST_WEEKS = 26
WEEKS = 4


class Attention(doors.ReadView):
    """What needs eyes in a report, ranked."""

    @describes(
        AttentionShape,
        "List what needs eyes in a report",
        name="attention_list",
        path=("slug", "sha"),
        query=("flag",),
    )
    def get(self, request: Request, slug: str, sha: str) -> Response:
        """Seven SQL statements, one a level that is not cached, and those of the session."""
        project = doors.project_of(request, slug)
        report = doors.report_of(request, project, doors.commit_of(project, sha))
        now = timezone.now()
        on = report.commit.branches
        found = attention.rows(
            project=project,
            report=report,
            branch=project.default_branch if project.default_branch in on or not on else on[0],
            components=components.of_report(project=project, report=report),
            now=now,
            hidden=attention.dismissals(project=project, today=now.date()),
        )
        return doors.answer(request, review_shaping.attention(found, report))


class Review(doors.ReadView):
    """A period of a git branch: both ends, what became of the lines, components, holes, and what the team wrote down."""

    @describes(
        ReviewShape,
        "Show the review of a period",
        name="review_show",
        path=("slug",),
        query=("branch", "weeks", "until"),
    )
    def get(self, request: Request, slug: str) -> Response:
        """About twenty SQL statements, one a level that is not cached, and those of the session."""
        project = doors.project_of(request, slug)
        now = timezone.now()
        branch = request.query_params.get("branch") or project.default_branch
        if request.query_params.get("branch") and branches.get(project=project, name=branch) is None:
            raise Problem(404, "unknown_branch", f"No upload named a git branch {branch!r}.", field="branch")
        until = _until(request, now.date())
        since = until - timedelta(weeks=_weeks(request))
        period = review.period(project=project, branch=branch, since=_end(since), until=_end(until))
        begun = reviews.begin(project=project, period=period, now=now)
        found = reviews.gather(project=project, begun=begun, now=now)
        return doors.answer(request, review_shaping.review(found))


def _weeks(request: Request) -> int:
    said = request.query_params.get("weeks", "") or str(WEEKS)
    if said.isascii() and said.isdigit() and len(said) < 4 and 1 <= int(said) <= MOST_WEEKS:
        return int(said)
    raise Problem(400, "bad_weeks", f"`weeks` is a number from 1 to {MOST_WEEKS}.", field="weeks")


def _until(request: Request, today: date) -> date:
    said = request.query_params.get("until", "")
    try:
        until = date.fromisoformat(said) if said else today
    except ValueError:
        until = date.min
    if date(1990, 1, 1) <= until <= today + timedelta(days=366):
        return until
    raise Problem(400, "bad_time", f"{said[:40]!r} is no day of a review.", hint="2026-08-21", field="until")


def _end(day: date) -> datetime:
    return datetime.combine(day, time.max, tzinfo=UTC)
