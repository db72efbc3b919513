"""The audit trail: one function writes it, one reads it. Call `note` in the transaction of the deed itself."""

from __future__ import annotations

from typing import Any

from covdash.accounts.models import User
from covdash.audit.facts import Deed as Deed  # noqa: PLC0414 - readers of the trail find it here
from covdash.audit.models import AuditEntry


def note(*, project_id: int, actor: User | None, action: str, target: str = "", **detail: Any) -> None:
    """Write down a deed; `detail` must be JSON, and never hold a secret."""
    AuditEntry.objects.create(
        project_id=project_id,
        actor=actor,
        actor_name=actor.get_username() if actor else "",
        action=action,
        target=target[:500],
        detail=detail,
    )


def listing(*, project_id: int, limit: int = 100) -> tuple[Deed, ...]:
    """Return the latest deeds of a project, newest first. One SQL statement."""
    found = AuditEntry.objects.filter(project_id=project_id).order_by("-at", "-pk")[:limit]
    return tuple(Deed(*row) for row in found.values_list("at", "actor_name", "action", "target", "detail"))
