"""No more than so many lines that nobody changed ran before and do not run now."""

from __future__ import annotations

from covdash.coverage import gating
from covdash.coverage.gating import Facts, Gate, Rule, Verdict


def asks(gate: Gate) -> str:
    """`In AUTH, no line of unchanged code may be lost`."""
    most = int(gate.most or 0)
    what = f"at most {most} {_lines(most)}" if most else "no line"
    return f"{gating.within(gate)}{what} of unchanged code may be lost"


def judge(gate: Gate, facts: Facts) -> Verdict:
    """Judge the lost lines; `facts` have a comparison. More files to compare could only add to them."""
    assert facts.changes is not None
    _, lost, unknown = facts.changes.get(gate.component, gating.Change())
    where, most = gating.of(gate.component), int(gate.most or 0)
    if unknown and lost <= most:
        files = f"{unknown} {'file' if unknown == 1 else 'files'}"
        return Verdict("nothing", f"{where}{files} could not be compared, since their text was not sent")
    told = f"{lost or 'no'} {_lines(lost or 2)} of unchanged code {'was' if lost == 1 else 'were'} lost"
    allowed = f"at most {most} {'is' if most == 1 else 'are'}" if most else "none is"
    return Verdict("held" if lost <= most else "failed", f"{where}{told}; {allowed} allowed")


def _lines(number: int) -> str:
    return "line" if number == 1 else "lines"


RULE = Rule(
    name="lost",
    title="of unchanged code lost: at most (lines)",
    asks=asks,
    judge=judge,
    number="most",
    unit="lines",
    limit=1_000_000,
    compares="lines",
)
