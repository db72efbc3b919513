"""The floors that components have are reached: of one component, or of all."""

from __future__ import annotations

from covdash.coverage import gating
from covdash.coverage.gating import Facts, Gate, Rule, Verdict

NAMED = 5
"""So many floors that are not reached are named."""


def asks(gate: Gate) -> str:
    """`The floors of AUTH must be reached`."""
    return f"The floors of {gate.component or 'all components'} must be reached"


def judge(gate: Gate, facts: Facts) -> Verdict:
    """Judge each floor of which something is measured."""
    number, under = 0, []
    for component, floors in facts.floors.items():
        if gate.component not in ("", component):
            continue
        for kind, floor in floors.items():
            count, limit = facts.head.count(kind, component), gating.exact(floor)
            if count is None:
                continue
            number += 1
            if gating.share(count) < limit:
                told = gating.covered(count, kind, limit)
                under.append(f"{component} {told}, of {gating.plain(floor)} %")
    of = f" of {gate.component}" if gate.component else ""
    if not number:
        return Verdict("nothing", f"No floor{of} is about anything that is measured")
    if not under:
        told = f"All {number} floors{of} are" if number > 1 else f"The one floor{of} is"
        return Verdict("held", f"{told} reached")
    more = f"; and {len(under) - NAMED} more" if len(under) > NAMED else ""
    told = f"{len(under)} of {number} floors{of} {'is' if len(under) == 1 else 'are'} not reached"
    return Verdict("failed", f"{told} ({'; '.join(under[:NAMED])}{more})")


RULE = Rule(name="floors", title="floors of components: all reached", asks=asks, judge=judge)
