"""What a team says about its coverage: a row hidden for a while, a note to a period, a decision.

Each deed notes itself in the audit trail in the same transaction. Who may do what is decided by the caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from covdash.accounts.models import User
from covdash.audit import trail
from covdash.coverage.attention import KINDS
from covdash.projects.models import Project
from covdash.reports.models import Dismissal, ReviewDecision, ReviewNote

MAX_PATH = 8_192
MAX_REASON = 500
MAX_NOTE = 20_000
MAX_TEXT = 1_000
MOST_DISMISSALS = 1_000
LONGEST = timedelta(days=366)
"""A row is hidden for a year at most: a rule of paths is for what never matters."""


class ReviewError(ValueError):
    """What was asked cannot be done: a stable `code`, a sentence, and the `field` it is about.

    Codes: no_reason, bad_until, bad_kind, too_many, no_text, unknown_decision.
    """

    def __init__(self, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.field = code, message, field


@transaction.atomic
def dismiss(
    *, project_id: int, kind: str, path: str, reason: str, until: date, today: date, actor: User
) -> None:
    """Hide a row of the attention list for the team up to and including `until`; an earlier word about the row is replaced.

    Raises `ReviewError` (bad_kind, no_reason, bad_until, too_many).
    """
    reason = reason.strip()[:MAX_REASON]
    if kind not in KINDS or not path or len(path) > MAX_PATH:
        raise ReviewError("bad_kind", "There is no such row in the list.", "kind")
    if not reason:
        raise ReviewError("no_reason", "Say why it can wait, so that others understand.", "reason")
    if not today <= until <= today + LONGEST:
        raise ReviewError("bad_until", "Give a day from today to a year from now.", "until")
    Project.objects.select_for_update(no_key=True).filter(
        pk=project_id
    ).first()  # one at a time: a row has one dismissal
    mine = Dismissal.objects.filter(project_id=project_id)
    mine.filter(kind=kind, path=path).delete()
    if mine.filter(until__gte=today).count() >= MOST_DISMISSALS:
        raise ReviewError(
            "too_many", f"{MOST_DISMISSALS} rows are hidden already; let some of them be seen again.", "kind"
        )
    Dismissal.objects.create(
        project_id=project_id, kind=kind, path=path, reason=reason, until=until, by=actor,
        by_name=actor.get_username(),
    )  # fmt: skip
    trail.note(
        project_id=project_id, actor=actor, action="attention.dismiss", target=path, kind=kind, reason=reason,
        until=until.isoformat(),
    )  # fmt: skip


@transaction.atomic
def show_again(*, project_id: int, number: int, actor: User) -> bool:
    """Let a hidden row be seen again; says whether it was hidden."""
    found = Dismissal.objects.select_for_update().filter(project_id=project_id, pk=number).first()
    if found is None:
        return False
    trail.note(
        project_id=project_id, actor=actor, action="attention.show", target=found.path, kind=found.kind,
        reason=found.reason,
    )  # fmt: skip
    found.delete()
    return True


@transaction.atomic
def write_note(*, project_id: int, branch: str, until: date, body: str, actor: User) -> None:
    """Keep the notes to a period; an empty text takes them away."""
    body = body.replace("\0", "").strip()[:MAX_NOTE]
    place: dict[str, Any] = {"project_id": project_id, "branch": branch, "until": until}
    if body:
        said = {"body": body, "by": actor, "by_name": actor.get_username(), "at": Now()}
        ReviewNote.objects.update_or_create(**place, defaults=said)
    else:
        ReviewNote.objects.filter(**place).delete()
    trail.note(
        project_id=project_id, actor=actor, action="review.note", target=until.isoformat(), branch=branch,
        characters=len(body),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wording:
    """A decision as it is made; `lines` are (covered, total) of what it is about at that time, None where they are not known."""

    text: str
    owner: str = ""
    due: date | None = None
    component: str = ""
    lines: tuple[int, int] | None = None


@transaction.atomic
def decide(*, project_id: int, branch: str, until: date, wording: Wording, actor: User) -> None:
    """Keep a decision of the review of the period until `until`. Raises `ReviewError` (no_text)."""
    text, owner = " ".join(wording.text.split())[:MAX_TEXT], wording.owner.strip()[:100]
    if not text:
        raise ReviewError("no_text", "Say what was decided.", "text")
    covered, total = wording.lines or (None, None)
    ReviewDecision.objects.create(
        project_id=project_id,
        branch=branch,
        until=until,
        text=text,
        owner=owner,
        due=wording.due,
        component=wording.component[:64],
        covered=covered,
        total=total,
        by=actor,
        by_name=actor.get_username(),
    )
    trail.note(
        project_id=project_id, actor=actor, action="review.decide", target=until.isoformat(), branch=branch,
        text=text, owner=owner,
    )  # fmt: skip


@transaction.atomic
def settle(*, project_id: int, number: int, done: bool, actor: User) -> None:
    """Mark a decision as done, or open again. Raises `ReviewError` (unknown_decision)."""
    mine = ReviewDecision.objects.filter(project_id=project_id, pk=number)
    if not mine.update(done_at=Now() if done else None):
        raise ReviewError("unknown_decision", "There is no such decision in this project.")
    trail.note(
        project_id=project_id, actor=actor, action="review.settle", target=str(number), done=done,
        text=mine.values_list("text", flat=True).get(),
    )  # fmt: skip
