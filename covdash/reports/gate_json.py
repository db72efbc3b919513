"""Verdicts on gates as JSON, in one shape for the read API and for the status of an upload. PURE."""

from __future__ import annotations

from typing import TypedDict

from covdash.reports.gate_facts import GatesFact, JudgedGate


class WaivedShape(TypedDict):
    """A waiver: `reason` and `owner` are for members, "" for others."""

    until: str
    reason: str
    owner: str


class GateShape(TypedDict):
    """A gate and its verdict.

    `state` is `held`, `failed`, `waiting` (uploads may come, or both are being compared) or `nothing` (there is nothing to judge, and
    `told` says why). `asks` and `told` are sentences: what it asks, and the arithmetic; `said` is all of it on one line.
    """

    name: str
    rule: str
    asks: str
    state: str
    told: str
    said: str
    informational: bool
    waived: WaivedShape | None


class GatesShape(TypedDict):
    """All gates and what they come to: `state` leaves out informational ones, and one that failed and is waived passes.

    `base` is the commit that was compared with, null where nothing was. Without any gates `state` is `nothing` and `message` is "".
    """

    state: str
    message: str
    base: str | None
    gates: list[GateShape]


def shape(found: GatesFact, *, is_told: bool) -> GatesShape:
    """Return verdicts as JSON; `is_told`: the reader may know what the team wrote about its waivers."""
    return GatesShape(
        state=found.state,
        message=found.message,
        base=found.base.report.commit.sha if found.base and found.base.report else None,
        gates=[_gate(one, is_told=is_told) for one in found.gates],
    )


def _gate(one: JudgedGate, *, is_told: bool) -> GateShape:
    waiver, waived = one.waiver, None
    remarks = [", informational"] if one.gate.informational else []
    if waiver is not None:
        remarks.append(f", waived until {waiver.until}")
        waived = WaivedShape(
            until=waiver.until.isoformat(),
            reason=waiver.reason if is_told else "",
            owner=waiver.owner if is_told else "",
        )
    return GateShape(
        name=one.gate.name,
        rule=one.gate.rule,
        asks=one.asks,
        state=one.verdict.state,
        told=one.verdict.told,
        said=f"{one.gate.name}: {one.verdict.sentence}{''.join(remarks)}",
        informational=one.gate.informational,
        waived=waived,
    )
