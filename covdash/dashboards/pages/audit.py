"""The audit trail in words. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from covdash.audit.facts import Deed
from covdash.dashboards.addresses import Place

WORDS = {
    "upload.exclude": "left an upload out",
    "upload.include": "let an upload count again",
    "upload.delete": "deleted an upload",
    "upload.reprocess": "had an upload read again",
    "upload.reprocess_all": "had all uploads read again",
    "upload.reprocess_cause": "had uploads read again that failed for one cause",
    "commit.borrow": "used the report of another commit",
    "commit.own_report": "gave a commit its own report back",
    "attention.dismiss": "hid a row of what needs eyes",
    "attention.show": "let a hidden row be seen again",
    "review.note": "wrote notes to a review",
    "review.decide": "kept a decision of a review",
    "review.settle": "marked a decision",
    "settings.change": "changed the settings",
    "settings.repository": "took over the settings of covdash.toml",
    "settings.refused": "could not use the settings of covdash.toml",
    "project.rename": "renamed the project",
    "project.pause": "let the uploads of the project wait",
    "project.resume": "let the uploads of the project be processed again",
}
LONGEST = 400


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One deed. `words` says it; `address` leads to what it was done to, "" when that is gone or has no page."""

    at: datetime
    actor: str
    words: str
    action: str
    target: str
    address: str
    details: tuple[tuple[str, str], ...]


def build(deeds: Sequence[Deed], place: Place) -> tuple[AuditRow, ...]:
    """Return the rows of the page, newest first."""
    deleted = {deed.target for deed in deeds if deed.action == "upload.delete"}
    return tuple(
        AuditRow(
            deed.at,
            deed.actor,
            WORDS.get(deed.action, deed.action),
            deed.action,
            deed.target,
            _address(deed, place) if deed.target not in deleted else "",
            tuple(
                (word, _said(value)) for word, value in deed.detail.items() if value not in ("", None, [], {})
            ),
        )
        for deed in deeds
    )


def _address(deed: Deed, place: Place) -> str:
    if deed.action in {"upload.exclude", "upload.include", "upload.reprocess"}:
        return place.upload(deed.target)
    if deed.action.startswith("commit."):
        return place.commit_page(deed.target)
    return ""


def _said(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\N{HORIZONTAL ELLIPSIS}"
