"""When the report of a commit is complete: judged after every assembly, and by the sweep when a quiet period ends.

The judgement itself is pure (`covdash.reports.completeness`); here are the rows that it needs and the one that it is written to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import connection
from django.db.models import Case, DateTimeField, Exists, OuterRef, Q, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Now

from covdash.projects.configuration import Configuration
from covdash.projects.models import Branch, BranchCommit, Commit, Project
from covdash.reports import completeness
from covdash.reports.models import CommitReport, Upload

LOOK_BACK = 3 * completeness.WINDOW
"""Commits that are read to learn from; those without uploads of their own teach nothing."""
DEPENDENTS = 200
"""Commits that are looked at again when a report that they took over has changed."""

# What a client asked to be carried forward stands in the same column and stays.
_WRITE = """
UPDATE projects_commit SET complete_at = %s, completeness = %s::jsonb
       || CASE WHEN completeness ? 'carry' THEN jsonb_build_object('carry', completeness -> 'carry') ELSE '{}' END
 WHERE id = %s
"""
_LOOK_AGAIN = """
UPDATE projects_commit SET complete_at = NULL, completeness = completeness || jsonb_build_object('until', now()) WHERE id = ANY(%s)
"""


def settle(
    commit: Commit,
    arrivals: Iterable[completeness.Arrival],
    configuration: Configuration,
    *,
    now: datetime,
    of: str = "",
    why: str = "",
) -> None:
    """Judge `commit` and write what came of it, if that is new. At most six SQL statements.

    `of` is the sha of the commit whose report stands for this one, `why` it does; then nothing is waited for.
    """
    wanted = configuration.completeness
    asked = completeness.Asked(
        quiet=timedelta(minutes=wanted.quiet_minutes),
        expect=wanted.expect,
        learned=None if wanted.expect or not wanted.learn else _learned(commit),
        expects=commit.expects,
        done_at=commit.done_at,
        done_by=commit.done_by,
    )
    found = completeness.judge(arrivals, asked, now=now)
    if of:
        found = replace(found, complete_at=commit.complete_at or now, why=why, until=None, of=of)
    said = completeness.as_json(found)
    before = {key: value for key, value in commit.completeness.items() if key != "carry"}
    if (found.complete_at, said) != (commit.complete_at, before):
        with connection.cursor() as cursor:
            cursor.execute(_WRITE, [found.complete_at, msgspec.json.encode(said).decode(), commit.pk])


def due(limit: int = 200) -> list[int]:
    """Return collecting commits whose quiet period is over, and those that were never judged, oldest first."""
    until = Cast(KeyTextTransform("until", "completeness"), DateTimeField())
    collecting = Commit.objects.filter(complete_at=None).annotate(until=until)
    found = collecting.filter(Q(until__lte=Now()) | ~Q(completeness__has_key="why"))
    return list(found.order_by("received_at").values_list("pk", flat=True)[:limit])


def look_again(commit: Commit) -> list[int]:
    """Let the sweep assemble commits again that took over the report of `commit`, and return them; at most `DEPENDENTS`.

    Those are the commits that it stands for, and of those that carry flags forward from it the ones that are still collecting.
    """
    others = Commit.objects.filter(project_id=commit.project_id, thinned_at=None).exclude(pk=commit.pk)
    found = [others.filter(report_of=commit)]
    if commit.tree:
        found.append(others.filter(tree=commit.tree, completeness__of=commit.sha))
    # Few commits are collecting: they are found first (`commit_collecting`), and their reports looked at after.
    whole = CommitReport.objects.filter(
        commit_id=OuterRef("pk"), flag="", carried__contains=[{"sha": commit.sha}]
    )
    found.append(others.filter(Exists(whole), complete_at=None))
    numbers = [
        number
        for query in found
        for number in query.order_by("-received_at").values_list("pk", flat=True)[:DEPENDENTS]
    ][:DEPENDENTS]
    if numbers:
        with connection.cursor() as cursor:
            cursor.execute(_LOOK_AGAIN, [sorted(set(numbers))])
    return sorted(set(numbers))


def base_branch(commit: Commit, project: Project) -> str:
    """Return the git branch that a commit is meant for: the base of its pull request if that is one, else the default branch."""
    bases = Upload.objects.filter(commit=commit).exclude(pull=None).order_by("pull__number")
    base = bases.values_list("pull__base", flat=True).exclude(pull__base="").first()
    if base and Branch.objects.filter(project=project, name=base).exists():
        return base
    return project.default_branch


def _learned(commit: Commit) -> dict[str, int] | None:
    """Return the uploads that always came on the git branch of the commit before it, else on the branch that it is meant for."""
    project = commit.project
    is_default = Case(When(branch__name=project.default_branch, then=0), default=1)
    own = BranchCommit.objects.filter(commit=commit).order_by(is_default, "branch_id")
    for branch_id, name in own.values_list("branch_id", "branch__name")[:2]:
        found = completeness.learn(_history(commit, branch_id, before=True))
        if found is not None or name == project.default_branch:
            return found
    base = Branch.objects.filter(project=project, name=base_branch(commit, project)).first()
    return completeness.learn(_history(commit, base.pk, before=False)) if base else None


def _history(commit: Commit, branch_id: int, *, before: bool) -> list[dict[str, int]]:
    """Return what came for the newest complete commits of a git branch; with `before`, of those before `commit`."""
    line = BranchCommit.objects.filter(branch_id=branch_id, commit__complete_at__isnull=False)
    line = line.exclude(commit_id=commit.pk)
    if before:
        older = Q(at__lt=commit.committed_at) | Q(at=commit.committed_at, commit_id__lt=commit.pk)
        line = line.filter(older, at__lte=commit.committed_at)
    said: Iterable[dict[str, Any]] = line.order_by("-at", "-commit_id").values_list(
        "commit__completeness", flat=True
    )[:LOOK_BACK]
    found = [completeness.came(one) for one in said if not one.get("of")]
    return [came for came in found if came][: completeness.WINDOW]
