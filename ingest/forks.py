"""Uploads of forks without a token: only where the owners of a project let them in, a few at a time, into a set of their own.

Whoever may not is told nothing: a project that takes none and one that is not there are refused with the same words.
"""

from __future__ import annotations

from covdash.problems import Problem
from covdash.projects import wishes
from covdash.projects.models import Project

MAX_BYTES = 20 * 1024 * 1024
"""Of one upload."""


def project_of(slug: str) -> Project | None:
    """Return the project that takes uploads of forks without a token."""
    found = Project.objects.filter(slug=slug.strip().strip("/")).first() if slug else None
    return found if found and wishes.in_force(project_id=found.pk).uploads.forks else None


def within_bytes(size: int | None) -> None:
    """Raise `Problem` 413 for an upload that is, or does not say not to be, longer than a fork may send."""
    if size is None or size > MAX_BYTES:
        raise Problem(
            413,
            "too_large",
            f"A fork may send {MAX_BYTES} bytes at a time without a token.",
            hint="Send fewer reports, let a job of the project itself send them, or use an upload token of the project.",
        )
