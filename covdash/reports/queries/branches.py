"""Git branches of a project. Arms of code are never called branches here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.expressions import Combinable, RawSQL
from django.db.models.functions import Coalesce
from django.utils import timezone

from covdash.projects.facts import ProjectFact
from covdash.projects.models import Branch, BranchCommit, PullRequest
from covdash.reports import cursor, rows
from covdash.reports.facts import BranchFact, Page
from covdash.reports.models import CommitReport

PAGE = 50
ACTIVE = timedelta(days=30)
"""A git branch is active when its newest reported commit is not older, else it is stale."""
DEPTH = 1000
"""So many parents of the head of the default branch are followed to see what was merged."""
STATES = ("active", "merged", "stale", "no-report")
_MERGED = """
WITH RECURSIVE line (id, parent_sha, depth) AS (
  SELECT made.id, made.parent_sha, 0 FROM projects_commit made JOIN projects_branch trunk ON trunk.head_id = made.id
   WHERE trunk.project_id = %s AND trunk.name = %s
  UNION ALL
  SELECT older.id, older.parent_sha, line.depth + 1
    FROM line JOIN projects_commit older ON older.project_id = %s AND older.sha = line.parent_sha
   WHERE line.depth < %s AND line.parent_sha <> ''
)
SELECT id FROM line
 UNION SELECT link.commit_id FROM projects_branchcommit link JOIN projects_branch trunk ON trunk.id = link.branch_id
        WHERE trunk.project_id = %s AND trunk.name = %s
"""


def listing(*, project: ProjectFact, search: str = "", after: str = "", state: str = "") -> Page[BranchFact]:
    """Return git branches whose name contains `search`, 50 a page: the default branch, then the lately reported ones first.

    `state` is one of `STATES`; another word is as good as "". A git branch is merged when its head was reported on the default branch,
    or is a first parent of that one's head. One SQL statement.
    """
    found = _ordered(project)
    if state == "no-report":
        found = found.filter(head=None)
    elif state == "merged":
        trunk = project.id, project.default_branch
        found = found.filter(head_id__in=RawSQL(_MERGED, (*trunk, project.id, DEPTH, *trunk)), pinned=0)  # noqa: S611 - all that varies is a parameter
    elif state in STATES:
        since = timezone.now() - ACTIVE
        late = Q(head__committed_at__gte=since)
        found = found.filter(late if state == "active" else Q(head__isnull=False) & ~late)
    found = found.filter(name__icontains=search) if search else found
    place = cursor.decode(after, int, datetime, int)
    if place is not None:
        pinned, latest, number = place
        found = found.filter(
            Q(pinned__lt=pinned) | Q(rows.older("latest", "pk", latest, number), pinned=pinned)
        )
    listed = _rows(found[: PAGE + 1])
    return rows.page(listed, [_fact(project, row) for row in listed], PAGE, "pinned", "latest", "number")


def names(*, project: ProjectFact) -> tuple[str, ...]:
    """Return the names of the git branches to choose from, in the order of `listing` and as many. One SQL statement."""
    return tuple(_ordered(project).values_list("name", flat=True)[:PAGE])


def get(*, project: ProjectFact, name: str) -> BranchFact | None:
    """Return the git branch, or None when no upload named it. One SQL statement."""
    found = _rows(_ordered(project).filter(name=name))
    return _fact(project, found[0]) if found else None


def _ordered(project: ProjectFact) -> QuerySet[Any]:
    """Return the branches in order, with `latest`, the time of their newest report or else of their first mention."""
    own = Branch.objects.filter(project_id=project.id)
    pinned = Case(When(name=project.default_branch, then=1), default=0)
    ordered = own.annotate(latest=Coalesce("head__committed_at", "created_at"), pinned=pinned)
    return ordered.order_by("-pinned", "-latest", "-pk")


def _rows(found: QuerySet[Any]) -> list[dict[str, Any]]:
    whole = CommitReport.objects.filter(commit_id=OuterRef("head_id"), flag="")
    pulls = PullRequest.objects.filter(head_id=OuterRef("head_id")).order_by("-number")
    commits = BranchCommit.objects.filter(branch_id=OuterRef("pk")).order_by().values("branch_id")
    columns: dict[str, Combinable] = {
        **rows.commit_columns("head__"),
        "number": F("pk"),
        "totals": Subquery(whole.values("totals")),
        "pull": Subquery(pulls.values("number")[:1]),
        "commit_count": Subquery(commits.annotate(n=Count("*")).values("n"), output_field=IntegerField()),
    }
    return list(found.annotate(**columns).values("name", "latest", "pinned", *columns))


def _fact(project: ProjectFact, row: dict[str, Any]) -> BranchFact:
    head = None if row["commit_number"] is None else rows.commit_fact(row)
    is_default = row["name"] == project.default_branch
    return BranchFact(row["name"], is_default, head, row["totals"], row["commit_count"] or 0, row["pull"])
