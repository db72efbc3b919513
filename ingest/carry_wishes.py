"""Flags of a commit whose earlier results a client wants to be taken over where they do not arrive (`carry.py` does it)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F

from covdash.projects.models import Commit
from covdash.reports.models import Upload

CARRY = "carry"
"""Key of `Commit.completeness`: names of flags, or `all`."""


def note(commit_id: int, flags: Sequence[str]) -> None:
    """Add flags to those that are to be carried; the report of the commit has to look again then."""
    with transaction.atomic():
        commit = Commit.objects.select_for_update(no_key=True).get(pk=commit_id)
        known = list(commit.completeness.get(CARRY) or [])
        wanted = [*known, *(flag for flag in flags if flag not in known)]
        if wanted == known:
            return
        Commit.objects.filter(pk=commit_id).update(completeness=commit.completeness | {CARRY: wanted})
        newest = Upload.objects.filter(commit_id=commit_id).order_by("-received_at").values("pk")[:1]
        Upload.objects.filter(pk__in=newest).update(revision=F("revision") + 1)
