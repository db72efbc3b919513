"""Git branches of a project. Arms of code are never called branches here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from covdash.projects.facts import ProjectFact
from covdash.projects.models import Branch, BranchCommit
from covdash.reports import cursor, rows
from covdash.reports.facts import BranchFact, Page
from covdash.reports.models import CommitReport

PAGE = 50


def listing(*, project: ProjectFact, search: str = "", after: str = "") -> Page[BranchFact]:
    """Return git branches whose name contains `search`, 50 a page: the default branch, then the lately reported ones first.

    Two SQL statements.
    """
    named = _branches(project).filter(name__icontains=search) if search else _branches(project)
    others = named.exclude(name=project.default_branch)
    place = cursor.decode(after, datetime, int)
    pinned = [] if place else list(_rows(named.filter(name=project.default_branch)))
    if place is not None:
        others = others.filter(rows.older("latest", "pk", *place))
    listed = _rows(others.order_by("-latest", "-pk")[: PAGE + 1])
    found = rows.page(listed, [_fact(project, row) for row in listed], PAGE, "latest", "number")
    return Page((*(_fact(project, row) for row in pinned), *found.items), found.after)


def get(*, project: ProjectFact, name: str) -> BranchFact | None:
    """Return the git branch, or None when no upload named it. One SQL statement."""
    found = _rows(_branches(project).filter(name=name))
    return _fact(project, found[0]) if found else None


def _branches(project: ProjectFact) -> QuerySet[Any]:
    """Return the branches with `latest`, the time of their newest report or else of their first mention."""
    own = Branch.objects.filter(project_id=project.id)
    return own.annotate(latest=Coalesce("head__committed_at", "created_at"))


def _rows(found: QuerySet[Branch]) -> list[dict[str, Any]]:
    whole = CommitReport.objects.filter(commit_id=OuterRef("head_id"), flag="")
    commits = BranchCommit.objects.filter(branch_id=OuterRef("pk")).order_by().values("branch_id")
    columns: dict[str, Combinable] = {
        **rows.commit_columns("head__"),
        "number": F("pk"),
        "totals": Subquery(whole.values("totals")),
        "commit_count": Subquery(commits.annotate(n=Count("*")).values("n"), output_field=IntegerField()),
    }
    return list(found.annotate(**columns).values("name", "latest", *columns))


def _fact(project: ProjectFact, row: dict[str, Any]) -> BranchFact:
    head = None if row["commit_number"] is None else rows.commit_fact(row)
    is_default = row["name"] == project.default_branch
    return BranchFact(row["name"], is_default, head, row["totals"], row["commit_count"] or 0)
