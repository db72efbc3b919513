"""How far reading all uploads of a project again has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from covdash.audit.models import AuditEntry
from covdash.projects.facts import ProjectFact
from covdash.reports.models import Upload


@dataclass(frozen=True, slots=True)
class Reprocessing:
    """The latest order to read all uploads again: by whom and when, how many, and how many are left."""

    at: datetime
    actor: str
    uploads: int
    left: int

    @property
    def done(self) -> int:
        """How many were read again already."""
        return max(self.uploads - self.left, 0)


def latest(*, project: ProjectFact) -> Reprocessing | None:
    """Return the latest order of a project, or None. Two SQL statements."""
    orders = AuditEntry.objects.filter(project_id=project.id, action="upload.reprocess_all")
    order = orders.order_by("-at", "-pk").values_list("at", "actor_name", "detail").first()
    if order is None:
        return None
    at, actor, detail = order
    waiting = Upload.objects.filter(
        project_id=project.id,
        state__in=[Upload.State.RECEIVED, Upload.State.PROCESSING],
        queued_at__lte=at,
        deleted_at=None,
    )
    return Reprocessing(at, actor, int(detail.get("uploads", 0)), waiting.count())


def outdated(*, project: ProjectFact, rules: str) -> int:
    """Return how many processed uploads were read with rules other than those with the digest `rules`. Two SQL statements."""
    read = Upload.objects.filter(project_id=project.id, state=Upload.State.PROCESSED, deleted_at=None)
    same = read.filter(paths__rules=rules)
    if not rules:
        same = same | read.filter(paths__rules__isnull=True)
    return read.count() - same.count()
