"""`covdash.toml` of the default branch as settings of the project: the newest commit has its say, whatever the order of arrival."""

from __future__ import annotations

from django.db import transaction

from covdash.audit import trail
from covdash.projects.configuration import ConfigurationError, parse_toml
from covdash.projects.models import Commit, Project

NAME = "covdash.toml"


def adopt(*, project: Project, commit: Commit, text: bytes | None) -> bool:
    """Let `text` (None: the commit has no such file) be what the repository says; says whether anything changed.

    A commit that is older than the one that spoke last, and a file that cannot be used, change nothing.
    """
    try:
        said = parse_toml(text) if text is not None else {}
    except ConfigurationError:
        return False
    with transaction.atomic():
        kept = Project.objects.select_for_update().get(pk=project.pk)
        last = Commit.objects.filter(project=kept, sha=kept.repository_settings_sha).first()
        if last is not None and last.pk != commit.pk and last.committed_at > commit.committed_at:
            return False
        changed: bool = kept.repository_settings != said
        Project.objects.filter(pk=kept.pk).update(
            repository_settings=said, repository_settings_sha=commit.sha
        )
        if changed:
            trail.note(
                project_id=kept.pk,
                actor=None,
                action="settings.repository",
                target=commit.sha,
                before=kept.repository_settings,
            )
    return changed
