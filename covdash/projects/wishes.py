"""What a project wants, as it is stored: read what is in force, write a section from the pages, take over a `covdash.toml`.

What the values mean is in `configuration.py`. Whoever writes here leaves an entry in the audit trail, in the same transaction.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction

from covdash.accounts.models import User
from covdash.audit import trail
from covdash.audit.models import AuditEntry
from covdash.projects import configuration, recount
from covdash.projects.configuration import Configuration, ConfigurationError
from covdash.projects.facts import SectionChange, WishesFact
from covdash.projects.models import BranchCommit, Commit, Project

CHANGED = "settings.change"
TAKEN = "settings.repository"
REFUSED = "settings.refused"
"""Actions of the audit trail: a section from the pages, a `covdash.toml` that is in force now, one that cannot be used."""

COUNTED = ("flags", "components")
"""Sections that decide what is counted: reports are counted anew when they change."""


def in_force(*, project_id: int) -> Configuration:
    """Return the configuration in force; one that is gone wants nothing. One SQL statement."""
    found = Project.objects.filter(pk=project_id).values_list("settings", "repository_settings").first()
    settings, repository = found or ({}, {})
    return configuration.effective(settings=settings, repository=repository).configuration


def read(*, project_id: int) -> WishesFact:
    """Return all that is known of the configuration of a project. Two SQL statements. Raises `Project.DoesNotExist`."""
    columns = ("settings", "repository_settings", "repository_settings_sha")
    settings, repository, sha = Project.objects.values_list(*columns).get(pk=project_id)
    newest = AuditEntry.objects.filter(project_id=project_id, action__in=[TAKEN, REFUSED])
    said = newest.order_by("-at", "-pk").values_list("action", "target", "detail").first()
    refused = None
    if said is not None and said[0] == REFUSED:
        refused = (said[1], str(said[2].get("where", "")), str(said[2].get("message", "")))
    return WishesFact(
        configuration.effective(settings=settings, repository=repository), settings, repository, sha, refused
    )


def last_change(*, project_id: int, section: str) -> SectionChange | None:
    """Return who changed a section last. One SQL statement."""
    found = AuditEntry.objects.filter(project_id=project_id, action=CHANGED, target=section)
    row = found.order_by("-at", "-pk").values_list("actor_name", "at").first()
    return None if row is None else SectionChange(*row)


@transaction.atomic
def write_section(*, project_id: int, actor: User | None, section: str, said: Any) -> bool:
    """Store what the pages say of one section; says whether that is something new. Raises `ConfigurationError`.

    `said` are plain values; an empty one takes the section away, so that the defaults are in force. `actor` is None for a command.
    """
    if section not in configuration.SECTIONS:
        raise ConfigurationError(section, "is no section of the configuration")
    configuration.parse({section: said} if said else {})
    project = Project.objects.select_for_update(no_key=True).only("settings").get(pk=project_id)
    before = project.settings.get(section)
    if (before or None) == (said or None):
        return False
    settings = {name: value for name, value in project.settings.items() if name != section}
    if said:
        settings[section] = said
    Project.objects.filter(pk=project_id).update(settings=settings)
    if section in COUNTED:
        transaction.on_commit(partial(recount.ask, project_id=project_id))
    trail.note(
        project_id=project_id, actor=actor, action=CHANGED, target=section, before=before, after=said or None
    )
    return True


@transaction.atomic
def store_repository_settings(*, project_id: int, sha: str, text: bytes | None) -> ConfigurationError | None:
    """Take over the `covdash.toml` of the commit `sha`; None for `text` when that commit has no such file.

    It counts only when the commit is on the default branch and not older than the one whose file is in force: a late or repeated job
    changes nothing. The caller leaves out what pull requests and forks send, whatever git branch they name. A file that cannot be
    used changes nothing, is noted once for its commit, and its error is returned, for the page of the upload.
    """
    project = Project.objects.select_for_update(no_key=True).get(pk=project_id)
    if not _is_newest(project, sha):
        return None
    try:
        values = {} if text is None else configuration.parse_toml(text)
    except ConfigurationError as error:
        known = AuditEntry.objects.filter(project_id=project_id, action=REFUSED, target=sha)
        if not known.exists():
            trail.note(
                project_id=project_id,
                actor=None,
                action=REFUSED,
                target=sha,
                where=error.where,
                message=error.message,
            )
        return error
    if values == project.repository_settings and not _is_refused(project_id):
        if project.repository_settings_sha != sha:
            Project.objects.filter(pk=project_id).update(repository_settings_sha=sha)
        return None
    trail.note(
        project_id=project_id,
        actor=None,
        action=TAKEN,
        target=sha,
        before=project.repository_settings,
        after=values,
        before_sha=project.repository_settings_sha,
    )
    if any(values.get(section) != project.repository_settings.get(section) for section in COUNTED):
        transaction.on_commit(partial(recount.ask, project_id=project_id))
    Project.objects.filter(pk=project_id).update(repository_settings=values, repository_settings_sha=sha)
    return None


def _is_refused(project_id: int) -> bool:
    """Say whether the newest `covdash.toml` that was looked at could not be used."""
    newest = AuditEntry.objects.filter(project_id=project_id, action__in=[TAKEN, REFUSED])
    return newest.order_by("-at", "-pk").values_list("action", flat=True).first() == REFUSED


def _is_newest(project: Project, sha: str) -> bool:
    """Say whether `sha` is on the default branch and no older than the commit whose file is in force."""
    here = BranchCommit.objects.filter(
        branch__project_id=project.pk, branch__name=project.default_branch, commit__sha=sha
    )
    at = here.values_list("at", "commit_id").first()
    if at is None:
        return False
    old = Commit.objects.filter(project_id=project.pk, sha=project.repository_settings_sha)
    known = old.values_list("committed_at", "pk").first()
    return known is None or at >= known
