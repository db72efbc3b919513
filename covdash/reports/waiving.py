"""Letting a gate pass for a while, with a reason, an owner and a last day; and taking that back.

Each deed notes itself in the audit trail in the same transaction. Who may do what is decided by the caller.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction

from covdash.accounts.models import User
from covdash.audit import trail
from covdash.projects.models import Project
from covdash.reports.models import GateWaiver

MAX_REASON = 500
MAX_OWNER = 100
MOST = 500
LONGEST = timedelta(days=366)
"""A gate is waived for a year at most: one that never matters is taken away."""
MAX_PULL = 2**31 - 1


class WaiverError(ValueError):
    """What was asked cannot be done: a sentence, and the `field` it is about."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


@transaction.atomic
def waive(
    *,
    project_id: int,
    gate: str,
    pull: int | None,
    reason: str,
    owner: str,
    until: date,
    today: date,
    actor: User,
) -> None:
    """Let the gate of this name pass up to and including `until`; an earlier waiver of the same is replaced. Raises `WaiverError`."""
    reason, owner = reason.strip()[:MAX_REASON], owner.strip()[:MAX_OWNER]
    if not reason:
        raise WaiverError("reason", "Say why it may pass, so that others understand.")
    if not owner:
        raise WaiverError("owner", "Say who sees to it that the gate can hold again.")
    if not today <= until <= today + LONGEST:
        raise WaiverError("until", "Give a day from today to a year from now.")
    if pull is not None and not 0 < pull <= MAX_PULL:
        raise WaiverError("pull", "That is no number of a pull request; leave it empty for all.")
    Project.objects.select_for_update(no_key=True).filter(
        pk=project_id
    ).first()  # one at a time: they are counted
    mine = GateWaiver.objects.filter(project_id=project_id)
    mine.filter(gate=gate, pull=pull).delete()
    if mine.filter(until__gte=today).count() >= MOST:
        raise WaiverError("gate", f"{MOST} waivers are in force; take some of them back first.")
    GateWaiver.objects.create(
        project_id=project_id, gate=gate, pull=pull, reason=reason, owner=owner, until=until, by=actor,
        by_name=actor.get_username(),
    )  # fmt: skip
    trail.note(
        project_id=project_id, actor=actor, action="gate.waive", target=gate, pull=pull, reason=reason, owner=owner,
        until=until.isoformat(),
    )  # fmt: skip


@transaction.atomic
def take_back(*, project_id: int, number: int, actor: User) -> str:
    """Take a waiver back; returns the name of its gate, "" when there is no such waiver."""
    found = GateWaiver.objects.select_for_update().filter(project_id=project_id, pk=number).first()
    if found is None:
        return ""
    trail.note(
        project_id=project_id, actor=actor, action="gate.take_back", target=found.gate, pull=found.pull,
        reason=found.reason, owner=found.owner, until=found.until.isoformat(),
    )  # fmt: skip
    found.delete()
    return found.gate
