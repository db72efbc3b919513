"""What the read API answers about arms of code, as typed dictionaries, and how facts become them. Nothing is looked up here."""

from __future__ import annotations

from typing import TypedDict

from covdash.api.shapes import TotalsShape
from covdash.api.shaping import time, totals
from covdash.reports.findings import ArmFinding, FileArms


class FirstSeenShape(TypedDict):
    """The commit in which an arm was first seen not taken; `at_least`: maybe it was so before."""

    commit: str
    at: str
    at_least: bool


class FlipsShape(TypedDict):
    """An arm was `taken` in so many of the `told` reports that say so or the contrary; it came or went so often between them."""

    taken: int
    told: int
    changes: int


class ArmShape(TypedDict):
    """A line with arms. `never` are the keys of those that the list is about (none where reports only count), `kinds` their kinds.

    `covered` of `total` arms of the line were taken. `flips`, with `show=flaky`: what reports say of each arm.
    `first_seen` with `since`, with `base` and with `file`.
    """

    line: int
    never: list[str]
    kinds: list[str]
    taken: list[str]
    covered: int
    total: int
    ran: bool
    text: str
    flips: list[FlipsShape]
    first_seen: FirstSeenShape | None


class FileArmsShape(TypedDict):
    """A file with the lines whose arms are listed; `totals` are those of the file."""

    path: str
    totals: TotalsShape | None
    arms: list[ArmShape]


def file_arms(found: FileArms) -> FileArmsShape:
    """Return the listed arms of one file."""
    return FileArmsShape(
        path=found.path, totals=totals(found.totals), arms=[_arm(arm, found) for arm in found.arms]
    )


def _arm(arm: ArmFinding, file: FileArms) -> ArmShape:
    first = file.first(arm)
    return ArmShape(
        line=arm.line,
        never=list(arm.never),
        kinds=list(arm.kinds),
        taken=[key for key, _ in arm.taken],
        covered=arm.covered,
        total=arm.total,
        ran=arm.ran,
        text=arm.text,
        flips=[FlipsShape(taken=one.taken, told=one.told, changes=one.changes) for one in arm.flips],
        first_seen=FirstSeenShape(commit=first.sha, at=time(first.at), at_least=first.at_least)
        if first
        else None,
    )
