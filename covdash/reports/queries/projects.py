"""The list of projects that a reader may see."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from math import inf
from typing import Any

from django.db import connection
from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import MD5
from django.utils import timezone

from covdash.coverage.totals import Totals
from covdash.projects import access
from covdash.projects.facts import ProjectFact
from covdash.projects.models import Branch, Membership, Project
from covdash.reports import cursor, rows
from covdash.reports.facts import GroupSum, Page, ProjectCard, TrendPoint
from covdash.reports.models import ChangePoint, CommitReport, Path, Upload
from covdash.reports.models.fields import TotalsField

PAGE = 50
TREND = timedelta(weeks=12)
MAX_POINTS = 84
FAILURES = 7
"""Days in UTC, today among them, of which failed uploads are counted."""
SORTS = ("slug", "-slug", "missed", "-missed", "coverage", "-coverage", "last", "-last")
"""By slug, by missed lines, by the share of covered lines, by the time of the newest reported commit; `-` is descending.

Projects without the value stand last either way; equals stand by slug.
"""

_DAYS = """
SELECT DISTINCT ON (wanted.project, point.at::date) wanted.project, point.at, commit.sha, point.totals
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS wanted (project, branch, path)
JOIN reports_change_point point ON point.project_id = wanted.project AND point.branch_id = wanted.branch
    AND point.flag = '' AND point.path_id = wanted.path AND point.at >= %s
JOIN projects_commit commit ON commit.id = point.commit_id
ORDER BY wanted.project, point.at::date, point.at DESC, point.commit_id DESC
"""
"""The last point of each day, one descent in the index per project. The session's time zone is UTC."""

_TOTALS = TotalsField()


def cards(
    *, user: access.Reader, search: str = "", sort: str = "", after: str = "", group: str = ""
) -> Page[ProjectCard]:
    """Return the projects that `user` may read, below `group` and whose slug contains `search`, 50 a page. Four SQL statements.

    `sort` is one of `SORTS`; another word is as good as "slug". Head, totals and trend are those of the default branch.
    """
    sort = sort if sort in SORTS else "slug"
    found = _in_group(access.visible(user=user), group)
    found = found.filter(slug__icontains=search) if search else found
    ordered = _ordered(found, sort)
    place = cursor.decode(after, float, str)
    if place is not None:
        ordered = [item for item in ordered if _key(sort, *item[:2]) > _key(sort, *place)]
    items = _cards(user, [number for _, _, number in ordered[:PAGE]])
    more = cursor.encode(*ordered[PAGE - 1][:2]) if len(ordered) > PAGE else ""
    return Page(items, more)


def sums(*, user: access.Reader, group: str) -> tuple[GroupSum, ...]:
    """Return the sums of what `user` may read below `group`: one for each subgroup and project right below it, by name.

    One SQL statement. None when there is no such project.
    """
    heads = Branch.objects.filter(project_id=OuterRef("pk"), name=OuterRef("default_branch"))
    reports = CommitReport.objects.filter(commit_id=OuterRef("head"), flag="")
    columns: dict[str, Combinable] = {
        "head": Subquery(heads.values("head_id")),
        "totals": Subquery(reports.values("totals")),
    }
    found: dict[tuple[str, bool], tuple[int, Totals]] = {}
    projects: QuerySet[Any] = _in_group(access.visible(user=user), group).order_by().annotate(**columns)
    for row in projects.values("slug", "totals"):
        name, slash, _ = row["slug"][len(group) + 1 :].partition("/")
        number, totals = found.get((name, bool(slash)), (0, Totals()))
        found[name, bool(slash)] = number + 1, totals + (row["totals"] or Totals())
    return tuple(
        GroupSum(name, f"{group}/{name}", is_group, number, totals)
        for (name, is_group), (number, totals) in sorted(found.items())
    )


def _in_group(found: QuerySet[Project], group: str) -> QuerySet[Project]:
    return found.filter(slug__startswith=f"{group}/") if group else found


def _ordered(found: QuerySet[Any], sort: str) -> list[tuple[float, str, int]]:
    """Return (rank, slug, id) of all projects in order. Totals are opaque to SQL, so it is done here: some ms for 1,000 projects."""
    if sort.endswith("slug"):
        ranked = [(0.0, slug, number) for slug, number in found.order_by().values_list("slug", "id")]
    else:
        heads = Branch.objects.filter(project_id=OuterRef("pk"), name=OuterRef("default_branch"))
        reports = CommitReport.objects.filter(commit_id=OuterRef("head"), flag="")
        columns: dict[str, Combinable] = {
            "head": Subquery(heads.values("head_id")),
            "last": Subquery(heads.values("head__committed_at")),
            "totals": Subquery(reports.values("totals")),
        }
        every = found.order_by().annotate(**columns).values("slug", "id", "last", "totals")
        ranked = [(_rank(sort, row["totals"], row["last"]), row["slug"], row["id"]) for row in every]
    return sorted(ranked, key=lambda item: _key(sort, item[0], item[1]))


def _rank(sort: str, totals: Totals | None, last: datetime | None) -> float:
    lines = totals.get("lines") if totals else None
    value: float | None = None
    if sort.endswith("last"):
        value = last.timestamp() if last else None
    elif lines is not None and lines.total:
        value = lines.missed if sort.endswith("missed") else lines.covered / lines.total
    if value is None:
        return inf
    return -value if sort.startswith("-") else value


def _key(sort: str, rank: float, slug: str) -> tuple[float, tuple[int, ...]]:
    sign = -1 if sort == "-slug" else 1
    return rank, tuple(sign * ord(letter) for letter in slug)


def _cards(user: access.Reader, numbers: list[int]) -> tuple[ProjectCard, ...]:
    """Return the cards of the projects with these ids, in this order. Three SQL statements."""
    now = timezone.now()
    since = now.date() - timedelta(days=FAILURES - 1)
    failed = Upload.objects.filter(
        rows.STATES["failed"],
        project_id=OuterRef("pk"),
        deleted_at=None,
        received_at__gte=datetime.combine(since, time.min, UTC),
    ).order_by()
    columns: dict[str, Combinable] = {
        "role": Subquery(
            Membership.objects.filter(project_id=OuterRef("pk"), user_id=user.pk or 0).values("role")
        ),
        "failed": Subquery(
            failed.values("project_id").annotate(n=Count("*")).values("n"), output_field=IntegerField()
        ),
    }
    projects = Project.objects.filter(pk__in=numbers).annotate(**columns)
    found = {row["id"]: row for row in projects.values("id", "slug", "is_public", "default_branch", *columns)}
    heads = _heads(numbers, now - TREND)
    trends = _trends(heads, now - TREND)
    cards: list[ProjectCard] = []
    for number in numbers:
        row, head = found.get(number), heads.get(number)
        if row is None:
            continue
        fact = ProjectFact(number, row["slug"], row["is_public"], row["default_branch"], row["role"] or "")
        reported = head is not None and head["commit_number"] is not None
        cards.append(
            ProjectCard(
                project=fact,
                head=rows.commit_fact(head) if head and reported else None,
                totals=head["totals"] if head else None,
                trend=trends.get(number, ()),
                failed_uploads=row["failed"] or 0,
                failed_since=since,
            )
        )
    return tuple(cards)


def _heads(numbers: list[int], since: datetime) -> dict[int, dict[str, Any]]:
    """Return the default branch of each project with its head, and the number of its root path and the totals before `since`."""
    reports = CommitReport.objects.filter(commit_id=OuterRef("head_id"), flag="")
    roots = Path.objects.alias(digest=MD5("path")).filter(
        project_id=OuterRef("project_id"), digest=hashlib.md5(b"", usedforsecurity=False).hexdigest(), path=""
    )
    earlier = ChangePoint.objects.filter(
        project_id=OuterRef("project_id"),
        branch_id=OuterRef("pk"),
        flag="",
        path_id=OuterRef("root"),
        at__lt=since,
    ).order_by("-at", "-commit_id")
    columns: dict[str, Combinable] = {
        **rows.commit_columns("head__"),
        "totals": Subquery(reports.values("totals")),
        "root": Subquery(roots.values("pk")[:1]),
        "earlier": Subquery(earlier.values("totals")[:1]),
        "earlier_sha": Subquery(earlier.values("commit__sha")[:1]),
    }
    defaults = Branch.objects.filter(project_id__in=numbers, name=F("project__default_branch"))
    named = defaults.annotate(**columns).values("id", "project_id", *columns)
    return {row["project_id"]: row for row in named}


def _trends(heads: dict[int, dict[str, Any]], since: datetime) -> dict[int, tuple[TrendPoint, ...]]:
    """Return the last point of each day, with the value from before `since` carried to it and the last one to the head."""
    points: dict[int, list[TrendPoint]] = defaultdict(list)
    for number, head in heads.items():
        if head["earlier"] is not None:
            points[number].append(TrendPoint(since, head["earlier_sha"], head["earlier"]))
    known = [head for head in heads.values() if head["root"] is not None]
    wanted = [[head[name] for head in known] for name in ("project_id", "id", "root")]
    with connection.cursor() as statement:
        statement.execute(_DAYS, [*wanted, since])
        for number, at, sha, totals in statement.fetchall():
            points[number].append(TrendPoint(at, sha, _TOTALS.from_db_value(totals)))
    for number, listed in points.items():
        head = heads[number]
        if head["commit_number"] is not None and head["commit_committed_at"] > listed[-1].at:
            listed.append(TrendPoint(head["commit_committed_at"], head["commit_sha"], head["totals"]))
    return {number: tuple(listed[-MAX_POINTS:]) for number, listed in points.items()}
