"""Marks on a drawing over time: what explains a step, and what the team said about it. PURE."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from covdash.dashboards import figures
from covdash.reports.timeline_facts import MarkFact

_MEASURING = "measuring changed"
_WORDS = {
    "release": "release",
    "settings": _MEASURING,
    "tool": _MEASURING,
    "note": "note",
    "decision": "decision",
}
_SHORT = {"settings": "rules"}
_TOLD = ("note", "decision")
"""What the team said."""
DASHES: dict[str, tuple[int, ...]] = {"release": (), **dict.fromkeys(_TOLD, (6, 3))}
DASH = (2, 3)
"""How lines of marks are drawn; `DASH` is that of the others."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What explains a step: `word` says of what sort it is, `address` is where more is told, or ""."""

    at: datetime
    kind: str
    word: str
    text: str
    address: str


def of(fact: MarkFact, *, commit: Callable[[str], str], review: Callable[[date], str]) -> Mark:
    """Return the mark of a moment; it leads to the commit, or to the review of the period, whose addresses the two make."""
    word = _WORDS[fact.kind]
    if fact.until is not None:
        return Mark(fact.at, fact.kind, f"{word} of {fact.until}", fact.text, review(fact.until))
    return Mark(fact.at, fact.kind, word, fact.text, commit(fact.sha) if fact.sha else "")


def drawn(marks: Iterable[Mark]) -> list[tuple[Mark, str]]:
    """Return the marks that are drawn, each with its short name; what the team said of one period is drawn as one."""
    found: dict[object, list[Mark]] = {}
    for place, mark in enumerate(marks):
        found.setdefault(mark.address if mark.kind in _TOLD else place, []).append(mark)
    return [(same[0], _short(same)) for same in found.values()]


def sentence(marks: Sequence[Mark]) -> str:
    """Return what goes behind the summary of a drawing: how many marks of each sort, "" without any."""
    kinds = [mark.kind for mark in marks]
    told = [figures.counted(kinds.count(kind), kind) for kind in ("release", *_TOLD) if kind in kinds]
    text = f" {', '.join(told)}." if told else ""
    if changed := sum(_WORDS[kind] == _MEASURING for kind in kinds):
        text += f" Measuring changed {figures.counted(changed, 'time')}: such steps are no work on tests."
    return text


def _short(same: Sequence[Mark]) -> str:
    mark, kinds = same[0], [one.kind for one in same]
    if mark.kind == "release":
        return mark.text[:16]
    if len(same) == 1:
        return _SHORT.get(mark.kind, mark.kind)
    numbers = {kind: kinds.count(kind) for kind in _TOLD if kind in kinds}
    return ", ".join(
        kind if number == 1 else figures.counted(number, kind) for kind, number in numbers.items()
    )
