"""Reports that stand for other commits."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from covdash.projects.facts import ProjectFact
from covdash.projects.models import Commit
from covdash.reports.facts import CommitFact
from covdash.reports.models import Upload

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Lending:
    """Of a commit: whose report stands for it ("" for its own), and for which commits its report stands (the first 20).

    `own`: uploads of its own count, which go before what it borrows.
    """

    of: str = ""
    to: tuple[str, ...] = ()
    own: bool = False


def of_commit(*, project: ProjectFact, commit: CommitFact) -> Lending:
    """Return what a commit borrows and lends. Two SQL statements."""
    commits = Commit.objects.filter(project_id=project.id)
    counts = Exists(Upload.objects.filter(commit_id=OuterRef("pk"), counted=True))
    row = commits.filter(pk=commit.id).annotate(own=counts).values_list("report_of__sha", "own").first()
    of, own = row or ("", False)
    to = commits.filter(report_of_id=commit.id).order_by("-committed_at").values_list("sha", flat=True)
    return Lending(of or "", tuple(to[:SHOWN]), own)
