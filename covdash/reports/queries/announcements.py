"""Uploads that were announced and whose bytes did not come, or not all of them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.db.models import Case, Value, When
from django.db.models.functions import Now

from covdash.projects.facts import ProjectFact
from covdash.reports.facts import AnnouncementFact
from covdash.reports.models import Announcement
from covdash.sources import tree_lists

LATE = timedelta(hours=2)
"""After this nobody is expected to send the bytes any more; addresses for them are not valid longer."""
LISTED = 20

_COLUMNS = ("id", "kind", "sha", "fields", "manifest", "announced_at", "late", "upload_id")


def open_ones(*, project: ProjectFact, limit: int = LISTED) -> tuple[AnnouncementFact, ...]:
    """Return announcements whose upload is not there, newest first. One SQL statement."""
    found = _uploads().filter(project_id=project.id, upload=None).order_by("-announced_at", "-id")
    return tuple(_fact(row) for row in found.values(*_COLUMNS)[:limit])


def get(*, project: ProjectFact, number: str) -> AnnouncementFact | None:
    """Return an announcement, with the upload that it became if it did, or None. Two SQL statements at most."""
    try:
        wanted = uuid.UUID(number)
    except ValueError:
        return None
    row = _uploads().filter(project_id=project.id, pk=wanted).values(*_COLUMNS).first()
    if row is None:
        return None
    tree = row["manifest"].get("tree", "")
    return _fact(row, lacks_tree=bool(tree) and not tree_lists.is_known(project_id=project.id, tree=tree))


def _uploads() -> Any:
    late = Case(When(announced_at__lt=Now() - LATE, then=Value(True)), default=Value(False))
    return Announcement.objects.exclude(kind=Announcement.Kind.COMMIT).annotate(late=late)


def _fact(row: dict[str, Any], *, lacks_tree: bool = False) -> AnnouncementFact:
    fields, manifest = row["fields"], row["manifest"]
    arrived = manifest.get("arrived", {})
    reports = [(report["path"], report["sha256"] in arrived) for report in manifest.get("reports", ())]
    return AnnouncementFact(
        id=str(row["id"]),
        kind=row["kind"],
        sha=row["sha"],
        branch=_first(fields, "branch"),
        job=_first(fields, "job"),
        name=_first(fields, "name"),
        announced_at=row["announced_at"],
        is_late=row["late"],
        arrived=tuple(path for path, is_here in reports if is_here),
        missing=tuple(path for path, is_here in reports if not is_here),
        lacks_tree=lacks_tree,
        upload=str(row["upload_id"] or ""),
    )


def _first(fields: dict[str, list[str]], name: str) -> str:
    return next(iter(fields.get(name, ())), "")
