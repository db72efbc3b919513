"""At least so much of the changed lines ran, or of the arms on them. A patch without any is no 100 %: there is nothing to judge."""

from __future__ import annotations

from covdash.coverage import gating
from covdash.coverage.gating import Facts, Gate, Rule, Verdict
from covdash.coverage.totals import Count


def asks(gate: Gate) -> str:
    """`In AUTH, changed lines covered must be at least 90 %`."""
    what = "arms on changed lines" if gate.metric == "branches" else "changed lines"
    return f"{gating.within(gate)}{what} covered must be at least {gating.plain(gate.least)} %"


def judge(gate: Gate, facts: Facts) -> Verdict:
    """Judge the patch; `facts` have a comparison."""
    assert facts.changes is not None
    patch, _, unknown = facts.changes.get(gate.component, gating.Change())
    arms = gate.metric == "branches"
    count = patch.arms if arms else Count(patch.covered, patch.measured)
    where = gating.of(gate.component)
    left = f"{unknown} {'file' if unknown == 1 else 'files'}" if unknown else ""
    if not count.total:
        if left:
            return Verdict("nothing", f"{where}{left} could not be compared, since their text was not sent")
        what = "no arm is on a changed line" if arms else "no measurable line changed"
        return Verdict("nothing", f"{where}{what}")
    limit = gating.exact(gate.least)
    if arms:
        told = f"{count.covered} of {count.total} arms on changed lines were taken, "
        told += gating.percent(gating.share(count), limit)
    else:
        told = gating.covered(count, "lines", limit, "changed")
    told += f" (without {left} that could not be compared)" if left else ""
    return gating.at_least(gate, f"{where}{told}", gating.share(count))


RULE = Rule(
    name="patch",
    title="covered on changed lines: at least (%)",
    asks=asks,
    judge=judge,
    number="least",
    unit="%",
    metrics=("lines", "branches"),
    compares="lines",
)
