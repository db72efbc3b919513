"""What a project wants, as it is stored: read what is in force, write a section from the pages.

What the values mean is in `configuration.py`. Whoever writes here leaves an entry in the audit trail, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from covdash.accounts.models import User
from covdash.audit import trail
from covdash.projects import configuration
from covdash.projects.configuration import Configuration, ConfigurationError, Effective
from covdash.projects.models import Project

CHANGED = "configuration.change"


@dataclass(frozen=True, slots=True)
class Wishes:
    """The configuration of a project: what is in force, and what the pages and `covdash.toml` say."""

    effective: Effective
    settings: Mapping[str, Any]
    repository: Mapping[str, Any]

    @property
    def configuration(self) -> Configuration:
        """What is in force."""
        return self.effective.configuration

    def wins(self, section: str) -> str:
        """Return where the section that is in force stands: `covdash.toml`, `settings` or "" for the defaults."""
        return self.effective.origin[section]

    def from_pages(self) -> Configuration:
        """Return what the settings pages say, whoever wins."""
        return configuration.effective(settings=self.settings, repository={}).configuration


def in_force(*, project_id: int) -> Configuration:
    """Return the configuration in force; one that is gone wants nothing. One SQL statement."""
    found = Project.objects.filter(pk=project_id).values_list("settings", "repository_settings").first()
    settings, repository = found or ({}, {})
    return configuration.effective(settings=settings, repository=repository).configuration


def read(*, project_id: int) -> Wishes:
    """Return all that is known of the configuration of a project. One SQL statement. Raises `Project.DoesNotExist`."""
    settings, repository = Project.objects.values_list("settings", "repository_settings").get(pk=project_id)
    return Wishes(configuration.effective(settings=settings, repository=repository), settings, repository)


@transaction.atomic
def write_section(*, project_id: int, actor: User | None, section: str, said: Any) -> bool:
    """Store what the pages say of one section; says whether that is something new. Raises `ConfigurationError`.

    `said` are plain values; an empty one takes the section away, so that the defaults are in force. `actor` is None for a command.
    """
    if section not in configuration.SECTIONS:
        raise ConfigurationError(section, "is no section of the configuration")
    configuration.parse({section: said} if said else {})
    project = Project.objects.select_for_update().only("settings").get(pk=project_id)
    before = project.settings.get(section)
    if (before or None) == (said or None):
        return False
    settings = {name: value for name, value in project.settings.items() if name != section}
    if said:
        settings[section] = said
    Project.objects.filter(pk=project_id).update(settings=settings)
    trail.note(
        project_id=project_id, actor=actor, action=CHANGED, target=section, before=before, after=said or None
    )
    return True
