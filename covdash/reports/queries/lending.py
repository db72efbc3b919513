"""Reports that stand for other commits."""

from __future__ import annotations

from dataclasses import dataclass

from covdash.projects.facts import ProjectFact
from covdash.projects.models import Commit
from covdash.reports.facts import CommitFact

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Lending:
    """Of a commit: whose report stands for it ("" for its own), and for which commits its report stands (the first 20)."""

    of: str = ""
    to: tuple[str, ...] = ()


def of_commit(*, project: ProjectFact, commit: CommitFact) -> Lending:
    """Return what a commit borrows and lends. Two SQL statements."""
    commits = Commit.objects.filter(project_id=project.id)
    of = commits.filter(pk=commit.id).values_list("report_of__sha", flat=True).first()
    to = commits.filter(report_of_id=commit.id).order_by("-committed_at").values_list("sha", flat=True)
    return Lending(of or "", tuple(to[:SHOWN]))
