"""At least so much of a report is covered, or of a component."""

from __future__ import annotations

from covdash.coverage import gating
from covdash.coverage.gating import Facts, Gate, Rule, Verdict
from covdash.coverage.totals import KINDS, unit


def asks(gate: Gate) -> str:
    """`In AUTH, lines covered must be at least 90 %`."""
    return f"{gating.within(gate)}{unit(gate.metric)} covered must be at least {gating.plain(gate.least)} %"


def judge(gate: Gate, facts: Facts) -> Verdict:
    """Judge the share of the head."""
    count = facts.head.count(gate.metric, gate.component)
    if count is None:
        return Verdict("nothing", f"{gating.of(gate.component)}no {unit(gate.metric)} are measured")
    told = gating.covered(count, gate.metric, gating.exact(gate.least))
    return gating.at_least(gate, f"{gating.of(gate.component)}{told}", gating.share(count))


RULE = Rule(
    name="total",
    title="covered in all: at least (%)",
    asks=asks,
    judge=judge,
    number="least",
    unit="%",
    metrics=KINDS,
)
