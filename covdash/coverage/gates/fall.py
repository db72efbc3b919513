"""The share that is covered does not fall by more than so many percentage points against the base."""

from __future__ import annotations

from covdash.coverage import gating
from covdash.coverage.gating import Facts, Gate, Rule, Verdict
from covdash.coverage.totals import KINDS, unit


def asks(gate: Gate) -> str:
    """`In AUTH, lines covered may not fall by more than 0.5 pp`."""
    return f"{gating.within(gate)}{unit(gate.metric)} covered may not fall by more than {gating.plain(gate.most)} pp"


def judge(gate: Gate, facts: Facts) -> Verdict:
    """Judge the difference of both shares; `facts` have a base."""
    assert facts.base is not None
    before, after = (side.count(gate.metric, gate.component) for side in (facts.base, facts.head))
    where, metric, most = gating.of(gate.component), unit(gate.metric), gating.exact(gate.most)
    if before is None or after is None:
        side = facts.head if after is None else facts.base
        return Verdict("nothing", f"{where}no {metric} are measured at {side.name}")
    fall = gating.share(before) - gating.share(after)
    told = f"{before.covered} of {before.total} to {after.covered} of {after.total}"
    if fall > 0:
        said = f"{metric} fell by {gating.points(fall, most)}, from {told}"
    elif fall:
        said = f"{metric} rose by {gating.points(-fall, -most)}, from {told}"
    else:
        said = f"the share of {metric} did not change"
    said = f"{where}{said}; a fall of at most {gating.plain(gate.most)} pp is allowed"
    return Verdict("held" if fall <= most else "failed", said)


RULE = Rule(
    name="fall",
    title="covered in all: a fall of at most (pp)",
    asks=asks,
    judge=judge,
    number="most",
    unit="pp",
    metrics=KINDS,
    compares="totals",
)
