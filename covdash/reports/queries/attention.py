"""What needs eyes, ranked, and what the team does not want to see for a while."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from datetime import date, datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any

from django.db import connection

from covdash.coverage import attention
from covdash.coverage.attention import Candidate, Need
from covdash.coverage.codec import decode
from covdash.coverage.components import Rules
from covdash.coverage.tree import Entry
from covdash.projects.facts import ProjectFact
from covdash.reports.facts import ReportFact
from covdash.reports.loading import load_objects, loader, root_entry
from covdash.reports.models import Dismissal
from covdash.reports.review_facts import AttentionFact, AttentionList, DismissalFact
from covdash.reports.rule_facts import ComponentFact, ComponentsFact

CANDIDATES = 400
"""Files whose last change is looked up, those that weigh most."""
FILES = 60
"""Files whose lines are looked at."""

_LAST = """
SELECT path.path, last.at
  FROM reports_path path
  JOIN projects_branch branch ON branch.project_id = path.project_id AND branch.name = %(branch)s
  JOIN LATERAL (
       SELECT point.at, point.commit_id FROM reports_change_point point
        WHERE point.project_id = path.project_id AND point.branch_id = branch.id AND point.flag = %(flag)s
          AND point.path_id = path.id AND point.at <= %(at)s
        ORDER BY point.at DESC, point.commit_id DESC LIMIT 1) last ON true
  JOIN LATERAL (
       SELECT point.at, point.commit_id FROM reports_change_point point
        WHERE point.project_id = path.project_id AND point.branch_id = branch.id AND point.flag = %(flag)s
        ORDER BY point.at, point.commit_id LIMIT 1) first ON (last.at, last.commit_id) <> (first.at, first.commit_id)
 WHERE path.project_id = %(project)s AND md5(path.path) = ANY(%(digests)s)
"""


def rows(
    *,
    project: ProjectFact,
    report: ReportFact,
    branch: str,
    components: ComponentsFact,
    now: datetime,
    hidden: tuple[DismissalFact, ...] = (),
    within: Callable[[str], bool] | None = None,
) -> AttentionList:
    """Return what needs eyes in a report, most first; `branch` is the git branch whose past says when a file last changed.

    The 400 files of the greatest weight x lines are candidates, the first 60 by rank are looked into. `within` says which paths
    belong to what is looked at; `hidden` rows are left out. Two SQL statements, and one a round of directories that is not cached.
    """
    parts = tuple((part.name, part.paths, part.weight) for part in components.components)
    found = _candidates(project.id, root_entry(report), parts)
    wanted = [one for one in found if within is None or within(one.path)]
    changed = _last_changes(project, report, branch, wanted)
    listed = _of_files(project, wanted, changed, now)
    if within is None and components.counted:
        listed += [row for component in components.components for row in _floors(component)]
    names = {(one.kind, one.path) for one in hidden}
    kept = [row for row in listed if row.rank and (row.kind, row.path) not in names]
    kept.sort(key=lambda row: (-row.rank, row.path, row.kind))
    return AttentionList(tuple(kept), hidden, min(len(wanted), FILES), len(found))


def dismissals(*, project: ProjectFact, today: date) -> tuple[DismissalFact, ...]:
    """Return the rows that are hidden today, those first that end first. One SQL statement."""
    found = Dismissal.objects.filter(project_id=project.id, until__gte=today).order_by("until", "pk")
    columns = ("id", "kind", "path", "reason", "until", "by_name", "at")
    return tuple(DismissalFact(*row) for row in found.values_list(*columns))


@lru_cache(maxsize=32)
def _candidates(
    project_id: int, root: Entry, parts: tuple[tuple[str, tuple[str, ...], int], ...]
) -> tuple[Candidate, ...]:
    """Return the candidates of a root, by the name, patterns and weight of each component: the same as long as these are."""
    rules = Rules((name, paths) for name, paths, _ in parts)
    weights = {name: weight for name, _, weight in parts}
    return tuple(attention.candidates(loader(project_id), root, rules, weights, limit=CANDIDATES))


@lru_cache(maxsize=1024)
def _needs(payload: bytes) -> tuple[Need, ...]:
    """Return what a coverage object lacks."""
    return attention.needs(decode(payload))


def _of_files(
    project: ProjectFact, wanted: list[Candidate], changed: dict[str, datetime], now: datetime
) -> list[AttentionFact]:
    days = {path: max((now - at).days, 0) for path, at in changed.items()}

    def whole(one: Candidate) -> Fraction:
        return one.weight * Fraction(attention.lacks(one.totals), 2) * attention.recency(days.get(one.path))

    first = sorted(wanted, key=lambda one: (-whole(one), one.path))[:FILES]
    objects = load_objects(project.id)(sorted({one.digest for one in first}))
    return [
        AttentionFact(
            need.kind,
            one.path,
            one.component,
            one.weight,
            need.missed,
            need.partial,
            need.line,
            need.what,
            changed.get(one.path),
            days.get(one.path),
        )
        for one in first
        for need in _needs(objects[one.digest])
    ]


def _floors(component: ComponentFact) -> Iterator[AttentionFact]:
    """Yield a row for each floor that a component is under: what lacks to it, in whole lines (or arms, ...)."""
    for metric, floor in component.floors.items():
        gap, count = component.gap(metric), component.totals.get(metric) if component.totals else None
        if gap is None or gap <= 0 or count is None:
            continue
        lacks = math.ceil(Fraction(str(floor)) * count.total / 100) - count.covered
        yield AttentionFact(
            "floor", f"{component.name}/{metric}", component.name, component.weight, lacks, 0, 0,
            f"under its floor of {floor:g} %", metric=metric,
        )  # fmt: skip


def _last_changes(
    project: ProjectFact, report: ReportFact, branch: str, wanted: list[Candidate]
) -> dict[str, datetime]:
    """Return path -> when its numbers last changed on the git branch; the first report of the branch is no change."""
    if not wanted:
        return {}
    digests = [
        hashlib.md5(one.path.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
        for one in wanted
    ]
    words: dict[str, Any] = {
        "project": project.id,
        "branch": branch or project.default_branch,
        "flag": report.flag,
        "at": report.commit.committed_at,
        "digests": digests,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LAST, words)
        return dict(cursor.fetchall())
