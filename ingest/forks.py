"""Uploads of forks without a token: only where the owners of a project let them in, a few at a time, into a set of their own.

Whoever may not is told nothing: a project that takes none and one that is not there are refused with the same words.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models.functions import Now

from covdash.problems import Problem
from covdash.projects import configuration
from covdash.projects.models import Project
from covdash.reports.models import Announcement

MAX_BYTES = 20 * 1024 * 1024
"""Of the body of one upload."""
MAX_PER_HOUR = 20
"""Announcements of one fork (owner and git branch) in one project."""


def project_for(slug: str) -> Project:
    """Return the project that takes uploads of forks without a token. Raises `Problem` 401."""
    found = Project.objects.filter(slug=slug).first() if slug else None
    if found is not None:
        said = configuration.effective(settings=found.settings, repository=found.repository_settings)
        if said.configuration.uploads.forks:
            return found
    raise Problem(
        401,
        "token_required",
        "The request carries no upload token, and no project of this name takes uploads of forks without one.",
        hint="Set CODECOV_TOKEN to an upload token of the project, "
        "or ask its owner to let pull requests of forks send without a token.",
    )


def spend(project: Project, fork: str, kind: str) -> None:
    """Raise `Problem` 429 when a fork has announced as much of a kind as it may within an hour."""
    lately = Announcement.objects.filter(
        project=project, kind=kind, fields__fork__contains=fork, announced_at__gt=Now() - timedelta(hours=1)
    )
    if lately.count() >= MAX_PER_HOUR:
        raise Problem(
            429,
            "rate_limited",
            f"This fork has sent more than {MAX_PER_HOUR} uploads within an hour.",
            hint="Send again later, or with an upload token of the project.",
            retry_after=3600,
        )


def within_bytes(declared: str) -> None:
    """Raise `Problem` 413 for a body that says to be (or does not say not to be) longer than a fork may send."""
    if not declared.isdigit() or int(declared) > MAX_BYTES:
        raise Problem(
            413,
            "too_large",
            f"A fork may send {MAX_BYTES} bytes at a time without a token.",
            hint="Send fewer reports, or use an upload token of the project.",
        )
