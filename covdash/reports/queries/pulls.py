"""Pull and merge requests that uploads named."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Subquery

from covdash.projects.facts import ProjectFact
from covdash.projects.models import PullRequest
from covdash.reports import cursor, rows
from covdash.reports.differences import PullFact
from covdash.reports.facts import Page
from covdash.reports.models import CommitReport

PAGE = 50


def listing(*, project: ProjectFact, after: str = "") -> Page[PullFact]:
    """Return pull requests, the greatest number first, 50 a page. One SQL statement."""
    found = PullRequest.objects.filter(project_id=project.id).order_by("-number")
    place = cursor.decode(after, int)
    if place is not None:
        found = found.filter(number__lt=place[0])
    listed = _rows(found, PAGE + 1)
    return rows.page(listed, [_fact(row) for row in listed], PAGE, "number")


def get(*, project: ProjectFact, number: int) -> PullFact | None:
    """Return one pull request, or None when no upload named it. One SQL statement."""
    found = _rows(PullRequest.objects.filter(project_id=project.id, number=number), 1)
    return _fact(found[0]) if found else None


def _rows(found: Any, limit: int) -> list[dict[str, Any]]:
    whole = CommitReport.objects.filter(commit_id=OuterRef("head_id"), flag="")
    columns = {**rows.commit_columns("head__"), "totals": Subquery(whole.values("totals")[:1])}
    return list(found.annotate(**columns).values("number", "title", "base", "base_sha", *columns)[:limit])


def _fact(row: dict[str, Any]) -> PullFact:
    head = rows.commit_fact(row) if row["commit_number"] is not None else None
    return PullFact(row["number"], row["title"], head, row["totals"], row["base"], row["base_sha"])
