"""Components of a report, and of a git branch over time. Which rules are in force stands with the project."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import F, Func, JSONField, Value

from covdash.coverage.components import Owned, Rules
from covdash.coverage.totals import Totals
from covdash.projects import configuration
from covdash.projects.codeowners import NOBODY, Owners, owners_of
from covdash.projects.configuration import Configuration
from covdash.projects.facts import ProjectFact
from covdash.projects.models import BranchCommit, Project
from covdash.reports.facts import ReportFact, TrendPoint
from covdash.reports.loading import root_entry, totals_within
from covdash.reports.models import CommitReport, Upload
from covdash.reports.rule_facts import ComponentFact, ComponentsFact

MAX_POINTS = 5_000
"""Commits that a trend looks at, the newest."""


def of_report(*, project: ProjectFact, report: ReportFact) -> ComponentsFact:
    """Return the components of a report (of its flag, when it is that of one). One SQL statement."""
    found = CommitReport.objects.filter(project_id=project.id, commit_id=report.commit.id, flag=report.flag)
    columns = ("project__settings", "project__repository_settings", "components", "components_digest")
    row: tuple[Any, ...] = found.values_list(*columns).first() or ({}, {}, {}, "")
    settings, repository, totals, digest = row
    wanted = configuration.effective(settings=settings, repository=repository).configuration
    counted = digest.partition(".")[0] == Rules(wanted.component_rules()).mark
    return ComponentsFact(
        tuple(
            ComponentFact(
                component.name,
                component.weight,
                {str(metric): floor for metric, floor in component.floors.items()},
                _totals(totals.get(component.name)) if counted else None,
                component.paths,
            )
            for component in wanted.components
        ),
        counted,
        configuration.digest_of(wanted.components),
    )


def rules(*, project: ProjectFact) -> Rules:
    """Return the rules in force, which say of a path what component has it. One SQL statement."""
    return Rules(_in_force(project).component_rules())


def totals(*, project: ProjectFact, report: ReportFact, within: Owned) -> Totals:
    """Return the totals of the files of some components or owners. One SQL statement a level that is not cached."""
    return totals_within(project.id, root_entry(report), within)


def owners(*, project: ProjectFact, report: ReportFact) -> Owners:
    """Return who owns what by the CODEOWNERS that an upload of this commit sent along. One SQL statement, remembered."""
    sent = codeowners(project=project, report=report)
    return owners_of(sent[1]) if sent else NOBODY


def codeowners(*, project: ProjectFact, report: ReportFact) -> tuple[str, str] | None:
    """Return (path, text) of the CODEOWNERS that an upload of this commit sent along, None when none did.

    One SQL statement; remembered as long as the report stays as it is.
    """
    made_of = (report.updated_at, report.processed, report.failed, report.waiting)
    return _codeowners(project.id, report.commit.id, made_of)


@lru_cache(maxsize=64)
def _codeowners(project_id: int, commit_id: int, _made_of: tuple[object, ...]) -> tuple[str, str] | None:
    sent = Upload.objects.filter(project_id=project_id, commit_id=commit_id, excluded_at=None, fork="")
    found = sent.filter(declared__codeowners__path__isnull=False).order_by("-received_at")
    said = found.values_list("declared__codeowners", flat=True).first()
    return (said["path"], said["text"]) if said else None


def trend(
    *,
    project: ProjectFact,
    branch: str,
    component: str,
    flag: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[TrendPoint, ...] | None:
    """Return where the totals of a component changed along a git branch, in order; None when no rule makes such a component.

    Only reports that were counted by the rules in force have a say, since others mean other files by the same name; the last point is
    the newest of them. Two SQL statements.
    """
    wanted = _in_force(project)
    mark = Rules(wanted.component_rules()).mark
    if component not in {known.name for known in wanted.components}:
        return None
    found = BranchCommit.objects.filter(
        branch__project_id=project.id,
        branch__name=branch,
        commit__reports__flag=flag,
        commit__reports__components_digest__startswith=f"{mark}.",
    )
    found = found if since is None else found.filter(at__gte=since)
    found = found if until is None else found.filter(at__lte=until)
    # Not `components__<name>`: a name may hold `__`, and one of digits would be taken for a place in a list.
    path = (F("commit__reports__components"), Value(component))
    totals: Any = Func(*path, function="jsonb_extract_path", output_field=JSONField())
    rows = found.annotate(of_component=totals).order_by("-at", "-commit_id")
    listed = list(rows.values_list("at", "commit__sha", "of_component")[:MAX_POINTS])
    points: list[TrendPoint] = []
    for at, sha, said in reversed(listed):
        point = TrendPoint(at, sha, _totals(said))
        if not points or points[-1].totals != point.totals:
            points.append(point)
    if listed and points[-1].at != listed[0][0]:
        points.append(TrendPoint(listed[0][0], listed[0][1], points[-1].totals))
    return tuple(points)


def _in_force(project: ProjectFact) -> Configuration:
    columns = ("settings", "repository_settings")
    settings, repository = Project.objects.filter(pk=project.id).values_list(*columns).first() or ({}, {})
    return configuration.effective(settings=settings, repository=repository).configuration


def _totals(said: Mapping[str, Mapping[str, int]] | None) -> Totals | None:
    return None if said is None else Totals.from_dict(said)
