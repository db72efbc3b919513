"""The history of a git branch, report by report or period by period: totals, days with reports, and what explains a step."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from django.db import connection
from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import MD5, Cast, Trunc

from covdash.audit.models import AuditEntry
from covdash.coverage.totals import Totals
from covdash.projects import wishes
from covdash.projects.facts import ProjectFact
from covdash.projects.models import Branch, BranchCommit
from covdash.reports import rows
from covdash.reports.models import ChangePoint, Path
from covdash.reports.timeline_facts import DayFact, MarkFact, ReportPoint

_totals = msgspec.msgpack.Decoder(Totals)
MAX_POINTS = 1_500
"""Points of a line at most, the newest."""
MAX_DAYS = 5_000
LASTS = 120
"""Days whose last report is told."""
MAX_MARKS = 100
MAX_COMMITS = 1_000
"""Commits whose tools are looked at, the newest."""
RUN_UP = timedelta(days=28)
"""A tool is new when it was in no report of this time before the range."""

_TOOLS = """
SELECT here.at, c.sha, array_agg(DISTINCT ARRAY[outcome->>'format', coalesce(outcome->>'producer', '')])
FROM (
    SELECT bc.at, bc.commit_id FROM projects_branchcommit bc JOIN projects_branch b ON b.id = bc.branch_id
    WHERE b.project_id = %s AND b.name = %s AND bc.at >= coalesce(%s, '-infinity'::timestamptz)
      AND bc.at <= coalesce(%s, 'infinity'::timestamptz)
    ORDER BY bc.at DESC, bc.commit_id DESC LIMIT %s
) here
JOIN projects_commit c ON c.id = here.commit_id
JOIN reports_upload u ON u.commit_id = here.commit_id AND u.state = 'processed' AND u.excluded_at IS NULL
CROSS JOIN LATERAL jsonb_array_elements(u.outcomes) outcome
WHERE outcome->>'state' = 'parsed' AND coalesce(outcome->>'format', '') <> ''
GROUP BY here.at, here.commit_id, c.sha ORDER BY here.at, here.commit_id
"""

_DAYS = """
WITH made AS (
    SELECT (bc.at AT TIME ZONE 'UTC')::date AS day, count(*) AS number
    FROM projects_branchcommit bc JOIN projects_branch b ON b.id = bc.branch_id
    JOIN reports_commitreport r ON r.commit_id = bc.commit_id AND r.flag = ''
    WHERE b.project_id = %(project)s AND b.name = %(branch)s GROUP BY 1
),
placed AS (SELECT *, row_number() OVER (ORDER BY day) - 1 AS place, greatest(count(*) OVER () - 1, 1) AS most FROM made),
failed AS (
    SELECT (received_at AT TIME ZONE 'UTC')::date AS day, count(*) AS number FROM reports_upload
    WHERE project_id = %(project)s AND state = 'failed' AND superseded_by_id IS NULL AND excluded_at IS NULL AND deleted_at IS NULL
    GROUP BY 1
)
SELECT coalesce(p.day, f.day), coalesce(p.number, 0), coalesce(f.number, 0), last.at, last.totals
FROM placed p FULL JOIN failed f ON f.day = p.day
LEFT JOIN LATERAL (
    SELECT bc.at, r.totals FROM projects_branchcommit bc
    JOIN reports_commitreport r ON r.commit_id = bc.commit_id AND r.flag = ''
    WHERE p.place * %(steps)s / p.most > (p.place - 1) * %(steps)s / p.most - (p.place = 0)::int
      AND bc.branch_id = (SELECT id FROM projects_branch WHERE project_id = %(project)s AND name = %(branch)s)
      AND bc.at >= p.day::timestamp AT TIME ZONE 'UTC' AND bc.at < (p.day + 1)::timestamp AT TIME ZONE 'UTC'
    ORDER BY bc.at DESC, bc.commit_id DESC LIMIT 1
) last ON true
ORDER BY 1 DESC LIMIT %(limit)s
"""


def reports(
    *,
    project: ProjectFact,
    branch: str,
    flags: Sequence[str] = ("",),
    path: str = "",
    grain: str = "commit",
    since: datetime | None = None,
    until: datetime | None = None,
    rules: str | None = None,
) -> Mapping[str, tuple[ReportPoint, ...]]:
    """Return flag -> its reports on the git branch in order of time, the newest 1,500 for each of `flags`.

    With another `grain` than `commit` only one of each period: the last complete report, else the last. With `rules` (the mark of the
    rules in force) components are told too, and the reports that were counted by others have none. One SQL statement; with a `path`
    three.
    """
    found = _of_branch(project, branch, since, until).filter(commit__reports__flag__in=tuple(flags))
    found = found.annotate(flag=F("commit__reports__flag"), is_complete=rows.COMPLETE)
    if grain == "commit":
        found = found.annotate(period=F("at")).order_by("-at", "-commit_id")
    else:
        found = found.annotate(period=Trunc("at", grain, tzinfo=UTC))
        found = found.order_by("-period", "flag", "-is_complete", "-at", "-commit_id").distinct(
            "period", "flag"
        )
    columns = ["at", "commit_id", "commit__sha", "flag", "is_complete", "period", "commit__reports__totals"]
    if rules is not None:
        columns += ["commit__reports__components", "commit__reports__components_digest"]
    newest = list(found.values_list(*columns)[: MAX_POINTS * len(flags)])
    changes = _changes(project, branch, path, flags, since, until) if path else None
    listed: dict[str, list[ReportPoint]] = {flag: [] for flag in flags}
    for at, number, sha, flag, complete, _, totals, *counted in reversed(newest):
        said = totals if changes is None else _value_at(changes[flag], at, number)
        listed[flag].append(ReportPoint(at, sha, flag, said, _components(rules, *counted), complete))
    return {flag: tuple(points[-MAX_POINTS:]) for flag, points in listed.items()}


def days(*, project: ProjectFact, branch: str) -> tuple[DayFact, ...]:
    """Return the days with a report of the git branch or a failed upload, in order, the newest 5,000. One SQL statement.

    `LASTS` of those with a report, at equal steps with the first and the last, tell their last report.
    """
    asked: dict[str, Any] = {"project": project.id, "branch": branch, "steps": LASTS - 1, "limit": MAX_DAYS}
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, asked)
        found = cursor.fetchall()
    return tuple(
        DayFact(day, made, failed, None if totals is None else (at, _totals.decode(bytes(totals))))
        for day, made, failed, at, totals in reversed(found)
    )


def marks(
    *, project: ProjectFact, branch: str, since: datetime | None = None, until: datetime | None = None
) -> tuple[MarkFact, ...]:
    """Return releases, changes of the settings and changes of tools, in order of time, the newest 100. Two SQL statements."""
    text = CharField()
    tagged = _of_branch(project, branch, since, until).exclude(commit__tag="").order_by()
    releases = tagged.annotate(action=Value("release", text)).values_list(
        "at", "action", "commit__tag", "commit__sha"
    )
    deeds = AuditEntry.objects.filter(project_id=project.id, action__in=[wishes.CHANGED, wishes.TAKEN])
    deeds = deeds if since is None else deeds.filter(at__gte=since)
    deeds = deeds if until is None else deeds.filter(at__lte=until)
    rules = (
        deeds.order_by()
        .annotate(sha=Value("", text))
        .values_list("at", "action", Cast("target", text), "sha")
    )
    found = [_mark(*row) for row in releases.union(rules, all=True).order_by("-at")[:MAX_MARKS]]
    found += _tools(project, branch, since, until)
    return tuple(sorted(found, key=lambda mark: mark.at)[-MAX_MARKS:])


def _of_branch(
    project: ProjectFact, branch: str, since: datetime | None, until: datetime | None
) -> QuerySet[BranchCommit]:
    found = BranchCommit.objects.filter(branch__project_id=project.id, branch__name=branch)
    found = found if since is None else found.filter(at__gte=since)
    return found if until is None else found.filter(at__lte=until)


def _components(rules: str | None, totals: Any = None, digest: str = "") -> Mapping[str, Totals]:
    if rules is None or digest.partition(".")[0] != rules:
        return {}
    return {name: Totals.from_dict(said) for name, said in totals.items()}


_Change = tuple[tuple[datetime, int], Totals | None]


def _changes(
    project: ProjectFact,
    branch: str,
    path: str,
    flags: Sequence[str],
    since: datetime | None,
    until: datetime | None,
) -> Mapping[str, list[_Change]]:
    """Return flag -> where the totals of a path changed, with the value that each flag had before `since`; `a/b` may be `a/b/`."""
    spelled = (path, f"{path}/") if not path.endswith("/") else (path,)
    # The index of paths is one of their MD5; the path itself decides.
    digests = [
        hashlib.md5(name.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
        for name in spelled
    ]
    paths = Path.objects.alias(digest=MD5("path")).filter(
        project_id=project.id, digest__in=digests, path__in=spelled
    )
    branches = Branch.objects.filter(project_id=project.id, name=branch).values("pk")[:1]
    own = ChangePoint.objects.filter(
        project_id=project.id, branch_id=branches, flag__in=tuple(flags), path_id__in=paths.values("pk")
    )
    own = own if until is None else own.filter(at__lte=until)
    columns = ("flag", "at", "commit_id", "totals")
    listed = list(
        (own if since is None else own.filter(at__gte=since))
        .order_by("at", "commit_id")
        .values_list(*columns)
    )
    if since is not None:
        before = own.filter(at__lt=since).order_by("flag", "-at", "-commit_id").distinct("flag")
        listed = [*before.values_list(*columns), *listed]
    found: dict[str, list[_Change]] = defaultdict(list)
    for flag, at, number, totals in listed:
        found[flag].append(((at, number), totals))
    return found


def _value_at(changes: Sequence[_Change], at: datetime, number: int) -> Totals | None:
    place = bisect_right(changes, (at, number), key=lambda change: change[0])
    return changes[place - 1][1] if place else None


def _mark(at: datetime, action: str, target: str, sha: str) -> MarkFact:
    if action == "release":
        return MarkFact(at, "release", target, sha)
    if action == wishes.TAKEN:
        return MarkFact(at, "settings", f"covdash.toml of {target[:8]} in force", "")
    return MarkFact(at, "settings", f"settings of {target} changed", "")


def _tools(
    project: ProjectFact, branch: str, since: datetime | None, until: datetime | None
) -> list[MarkFact]:
    """Return where a format came up, or its producer became another one. What an upload leaves out for once is no change."""
    start = None if since is None else since - RUN_UP
    with connection.cursor() as cursor:
        cursor.execute(_TOOLS, [project.id, branch, start, until, MAX_COMMITS])
        commits = cursor.fetchall()
    known: dict[str, set[str]] = {}
    found: list[MarkFact] = []
    for place, (at, sha, pairs) in enumerate(commits):
        seen: dict[str, set[str]] = defaultdict(set)
        for form, producer in pairs:
            seen[form].add(producer)
        told = [text for form in sorted(seen) if (text := _news(form, known.get(form), seen[form]))]
        for form, producers in seen.items():
            known[form] = known.get(form, set()) | producers
        if place and told and (since is None or at >= since):
            found.append(MarkFact(at, "tool", "; ".join(told)[:200], sha))
    return found


def _news(form: str, before: set[str] | None, now: set[str]) -> str:
    if before is None:
        return f"new format {form}"
    new = now - before - {""}
    return f"{form} by {', '.join(sorted(new))}" if new and before - {""} else ""
