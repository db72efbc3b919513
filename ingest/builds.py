"""Builds of Coveralls: jobs of one project with one number, closed by a later request.

The number is kept on the upload rows (`declared["ci"]["builds"]`), so a build has no row of its own: it is the commits of its jobs.
What came already is never refused because a build was closed; a late job opens the report of its commit again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models.functions import Now

from covdash.projects.models import Commit, Project
from covdash.reports.models import Upload
from ingest import carry_wishes, doorbell

WITHIN = timedelta(days=7)
"""Numbers repeat (Jenkins counts each branch for itself), so a build is looked for among the uploads of a week."""
MAX_BUILDS = 50


def note(upload: Upload, build: str) -> None:
    """Note that a job of `build` delivered `upload`, which another build may have delivered before."""
    with transaction.atomic():
        row = Upload.objects.select_for_update().only("declared").get(pk=upload.pk)
        ci = dict(row.declared.get("ci") or {})
        known = list(ci.get("builds") or [])
        if build in known:
            return
        ci["builds"] = [*known, build][-MAX_BUILDS:]
        row.declared = row.declared | {"ci": ci}
        row.save(update_fields=["declared"])


def finish(project: Project, build: str, *, by: str, carry: Sequence[str] = ()) -> list[str]:
    """Note that all jobs of a build were sent; returns the shas of its commits, none for a build that nobody knows."""
    uploads = Upload.objects.filter(
        project=project, received_at__gt=Now() - WITHIN, declared__ci__builds__contains=[build]
    )
    with transaction.atomic():
        # Whoever locks several commits takes them in order.
        numbers = set(uploads.values_list("commit_id", flat=True))
        commits = list(Commit.objects.select_for_update(no_key=True).filter(pk__in=numbers).order_by("pk"))
        for commit in commits:
            Commit.objects.filter(pk=commit.pk).update(done_at=Now(), done_by=by)
            carry_wishes.note(commit.pk, carry)
            transaction.on_commit(partial(_ring, commit.pk), robust=True)
    return [commit.sha for commit in commits]


def _ring(commit_id: int) -> None:
    doorbell.ring("ingest.tasks.assemble_commit", commit_id)
