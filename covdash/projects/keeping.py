"""How long a project keeps what: the operator's word, the settings page over it, and a `covdash.toml` that may only ask for longer."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from covdash.celery import app
from covdash.projects.configuration import LEAST_DAYS
from covdash.projects.models import Project

log = logging.getLogger(__name__)

SECTION = "retention"
SWEEP_DELETED = "covdash.reports.tasks.sweep_deleted"
"""The task that removes the files of projects that are no more."""
_LAST = 9
"""The least urgent of the priorities of the transport."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Days, 0 for ever; `configuration.Retention` says of what. `longer` are those that `covdash.toml` made longer."""

    raw_days: int
    branch_days: int
    commit_days: int
    longer: frozenset[str] = frozenset()


def policy(project_id: int) -> Policy:
    """Return what is in force. One SQL statement. Raises `Project.DoesNotExist`."""
    return read(project_id)[0]


def read(project_id: int) -> tuple[Policy, dict[str, int]]:
    """Return what is in force, and what the settings pages say of it. One SQL statement. Raises `Project.DoesNotExist`."""
    pages, repository = Project.objects.values_list("settings", "repository_settings").get(pk=project_id)
    return resolve(pages, repository), _said(pages)


def resolve(pages: Mapping[str, Any], repository: Mapping[str, Any]) -> Policy:
    """Return what is in force where the settings pages and the `covdash.toml` say this.

    Whoever may upload may send a `covdash.toml`, and must not be able to delete: it counts where it asks to keep for longer.
    """
    days = by_default() | _said(pages)
    asked = {name: wish for name, wish in _said(repository).items() if _is_longer(wish, days[name])}
    return Policy(**days | asked, longer=frozenset(asked))


def by_default() -> dict[str, int]:
    """Return the numbers of the operator, none of them less than a project may say."""
    said = {
        "raw_days": settings.COVDASH_KEEP_RAW_DAYS,
        "branch_days": settings.COVDASH_KEEP_BRANCH_DAYS,
        "commit_days": settings.COVDASH_KEEP_COMMIT_DAYS,
    }
    return {name: days and max(days, LEAST_DAYS[name]) for name, days in said.items()}


def ring(task: str, words: list[Any]) -> None:
    """Ask for a task of retention by its name. Never raises when the broker is away: it is done within a day anyway."""
    try:
        app.send_task(task, args=words, priority=_LAST)
    except (KombuError, RedisError, OSError) as error:
        log.info("nobody rang for %s %s, it will be done within a day: %s", task, words, error)


def _said(values: Mapping[str, Any]) -> dict[str, int]:
    return {name: days for name, days in values.get(SECTION, {}).items() if days is not None}


def _is_longer(wish: int, days: int) -> bool:
    return days != 0 and (wish == 0 or wish > days)
