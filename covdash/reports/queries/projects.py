"""The list of projects that a reader may see."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from math import inf
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import CharField, Count, F, Func, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import MD5
from django.utils import timezone

from covdash.coverage import attention
from covdash.coverage.totals import Totals
from covdash.projects import access, pins
from covdash.projects.facts import ProjectFact
from covdash.projects.models import Branch, Membership, Project
from covdash.reports import cursor, rows
from covdash.reports.facts import Page, TrendPoint
from covdash.reports.models import ChangePoint, CommitReport, Path, Upload
from covdash.reports.models.fields import TotalsField
from covdash.reports.project_facts import GroupSum, ProjectCard

PAGE = 50
TREND = timedelta(weeks=12)
MAX_POINTS = 84
FAILURES = 7
"""Days in UTC, today among them, of which failed uploads are counted."""
SORTS = tuple(
    f"{sign}{word}"
    for word in ("slug", "risk", "missed", "coverage", "changed", "last")
    for sign in ("", "-")
)
"""By slug, by what is missed by the weights of components, by missed lines, by the share of covered lines, by how that changed in
twelve weeks, by the time of the newest reported commit; `-` is descending.

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

_ENDS = {"commit_number", "commit_committed_at", "totals", "root", "earlier", "first", "first_commit"}
_OWN = ("slug", "id", "pinned")
_TOTALS = TotalsField()
Valued = tuple[float | None, Mapping[str, Any]]
"""The value that a project is ordered by, with its `slug`, `id` and whether it is `pinned`."""


class _Place(NamedTuple):
    """Where a project stands: those with the lesser `turn` first (0 if pinned, else 1), then by `rank`, then by slug."""

    turn: int
    rank: float
    slug: str
    number: int = 0


def cards(
    *,
    user: access.Reader,
    search: str = "",
    sort: str = "",
    after: str = "",
    group: str = "",
    pinned_first: bool = False,
) -> Page[ProjectCard]:
    """Return the projects that `user` may read, below `group` and whose slug contains `search`, 50 a page. Four SQL statements.

    What owns projects, the first segment of their slugs, is a group. Five statements in the order of what changed. `sort` is one of
    `SORTS`; another word is as good as "slug". Head, totals and trend are those of the default branch. With `pinned_first` those that
    `user` pinned stand before all others, in the same order.
    """
    sort = sort if sort in SORTS else "slug"
    found = _in_group(access.visible(user=user), group)
    found = found.filter(slug__icontains=search) if search else found
    found = found.annotate(pinned=pins.pinned_by(user) if pinned_first else Value(False))
    ordered = _ordered(found, sort)
    passed = cursor.decode(after, int, float, str)
    if passed is not None:
        last = _key(sort, _Place(*passed))
        ordered = [place for place in ordered if _key(sort, place) > last]
    items = _cards(user, ordered[:PAGE])
    more = cursor.encode(*ordered[PAGE - 1][:3]) if len(ordered) > PAGE else ""
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


def owners(*, user: access.Reader) -> tuple[str, ...]:
    """Return the first segments of the slugs that have more of them, of the projects that `user` may read. One SQL statement."""
    first = Func(F("slug"), Value("/"), Value(1), function="split_part", output_field=CharField())
    found = access.visible(user=user).filter(slug__contains="/").order_by().annotate(first=first)
    return tuple(sorted(found.values_list("first", flat=True).distinct()))


def _in_group(found: QuerySet[Project], group: str) -> QuerySet[Project]:
    return found.filter(slug__startswith=f"{group}/") if group else found


def _ordered(found: QuerySet[Any], sort: str) -> list[_Place]:
    """Return the places of all projects in order. Totals are opaque to SQL, so it is done here: some ms for 1,000 projects."""
    valued = {"slug": _unranked, "changed": _changed}.get(sort.removeprefix("-"), _valued)
    sign = -1 if sort.startswith("-") else 1
    places = [
        _Place(1 - row["pinned"], inf if value is None else sign * value, row["slug"], row["id"])
        for value, row in valued(found.order_by(), sort.removeprefix("-"))
    ]
    return sorted(places, key=lambda place: _key(sort, place))


def _unranked(found: QuerySet[Any], _word: str) -> Iterator[Valued]:
    for row in found.values(*_OWN):
        yield 0, row


def _valued(found: QuerySet[Any], word: str) -> Iterator[Valued]:
    heads = Branch.objects.filter(project_id=OuterRef("pk"), name=OuterRef("default_branch"))
    reports = CommitReport.objects.filter(commit_id=OuterRef("head"), flag="")
    columns: dict[str, Combinable] = {
        "head": Subquery(heads.values("head_id")),
        "last": Subquery(heads.values("head__committed_at")),
        "totals": Subquery(reports.values("totals")),
        "risk": Subquery(reports.values("risk")),
    }
    for row in found.annotate(**columns).values(*_OWN, "last", "totals", "risk"):
        yield _value(word, row), row


def _value(word: str, row: Mapping[str, Any]) -> float | None:
    if word == "last":
        return row["last"].timestamp() if row["last"] else None
    share = _share(row["totals"])
    if share is None or word == "coverage":
        return share
    return _risk(row) if word == "risk" else attention.missed_lines(row["totals"])


def _changed(found: QuerySet[Any], _word: str) -> Iterator[Valued]:
    since = timezone.now() - TREND
    listed = list(found.values(*_OWN))
    heads = _heads([row["id"] for row in listed], since, brief=True)
    for row in listed:
        before, after = (_share(totals) for totals in _ends(heads.get(row["id"]), since))
        yield None if before is None or after is None else after - before, row


def _ends(head: Mapping[str, Any] | None, since: datetime) -> tuple[Totals | None, Totals | None]:
    """Return the totals that a change counts from and those of the head: of twelve weeks ago, else of the first report since."""
    if head is None or head["commit_number"] is None or head["commit_committed_at"] <= since:
        return None, None
    first = head["first"] if head["first_commit"] != head["commit_number"] else None
    return head["earlier"] or first, head["totals"]


def _risk(row: Mapping[str, Any]) -> float | None:
    """Return what a report misses; where that was not weighed yet, as if all components weighed 1."""
    weighed: float | None = row["risk"]
    return attention.risk(row["totals"], {}, {})[0] if weighed is None and row["totals"] else weighed


def _missed_of(head: Mapping[str, Any] | None, component: str) -> int:
    """Return the missed lines of a component of a report."""
    said = head["components"].get(component) if head and component else None
    return attention.missed_lines(Totals.from_dict(said)) if said else 0


def _share(totals: Totals | None) -> float | None:
    lines = totals.get("lines") if totals else None
    return lines.covered / lines.total if lines and lines.total else None


def _key(sort: str, place: _Place) -> tuple[int, float, tuple[int, ...]]:
    sign = -1 if sort == "-slug" else 1
    return place.turn, place.rank, tuple(sign * ord(letter) for letter in place.slug)


def _cards(user: access.Reader, places: list[_Place]) -> tuple[ProjectCard, ...]:
    """Return the cards of the projects at these places, in this order. Three SQL statements."""
    numbers = [place.number for place in places]
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
    for turn, _, _, number in places:
        row, head = found.get(number), heads.get(number)
        if row is None:
            continue
        fact = ProjectFact(number, row["slug"], row["is_public"], row["default_branch"], row["role"] or "")
        reported = head is not None and head["commit_number"] is not None
        worst = head["worst"] or "" if head else ""
        cards.append(
            ProjectCard(
                project=fact,
                head=rows.commit_fact(head) if head and reported else None,
                totals=head["totals"] if head else None,
                start=_ends(head, now - TREND)[0],
                risk=_risk(head) if head else None,
                worst=worst,
                worst_missed=_missed_of(head, worst),
                trend=trends.get(number, ()),
                failed_uploads=row["failed"] or 0,
                failed_since=since,
                is_pinned=turn == 0,
            )
        )
    return tuple(cards)


def _heads(numbers: list[int], since: datetime, *, brief: bool = False) -> dict[int, dict[str, Any]]:
    """Return the default branch of each project with its head, the number of its root path, the totals before `since` and after.

    In `brief` only what `_ends` asks for.
    """
    reports = CommitReport.objects.filter(commit_id=OuterRef("head_id"), flag="")
    roots = Path.objects.alias(digest=MD5("path")).filter(
        project_id=OuterRef("project_id"), digest=hashlib.md5(b"", usedforsecurity=False).hexdigest(), path=""
    )
    points = ChangePoint.objects.filter(
        project_id=OuterRef("project_id"), branch_id=OuterRef("pk"), flag="", path_id=OuterRef("root")
    )
    earlier = points.filter(at__lt=since).order_by("-at", "-commit_id")
    first = points.filter(at__gte=since).order_by("at", "commit_id")
    columns: dict[str, Combinable] = {
        **rows.commit_columns("head__"),
        **{name: Subquery(reports.values(name)) for name in ("totals", "risk", "worst", "components")},
        "root": Subquery(roots.values("pk")[:1]),
        "earlier": Subquery(earlier.values("totals")[:1]),
        "earlier_sha": Subquery(earlier.values("commit__sha")[:1]),
        "first": Subquery(first.values("totals")[:1]),
        "first_commit": Subquery(first.values("commit_id")[:1]),
    }
    defaults = Branch.objects.filter(project_id__in=numbers, name=F("project__default_branch"))
    if brief:
        columns = {name: column for name, column in columns.items() if name in _ENDS}
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
