"""Gates as pages show them: each with its arithmetic and a door to what it counted; and what they would have said before. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from covdash.coverage.gating import STATES, Gate, State
from covdash.coverage.judging import asks, rule_of
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.reports.gate_facts import GatesFact, JudgedGate, SampleFact, Trial
from covdash.reports.review_facts import WaiverFact

GLYPHS: dict[State, str] = {
    "held": "covered",
    "failed": "failed",
    "waiting": "waiting",
    "nothing": "unmeasured",
}
"""The glyph of each state; its word stands beside it."""
_CELLS = {"patch": "UNC", "lost": "LBC"}


@dataclass(frozen=True, slots=True)
class GateRow:
    """One gate: what it asks, what came of it, and where that is seen."""

    name: str
    asks: str
    glyph: str
    word: str
    told: str
    address: str
    informational: bool
    waiver: WaiverFact | None
    waive_address: str


@dataclass(frozen=True, slots=True)
class GatesPage:
    """The block of gates. `against` is the short sha of the base that they were judged against, "" for none."""

    rows: tuple[GateRow, ...]
    glyph: str
    message: str
    against: str
    against_address: str


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a gate would have said: a sentence, and doors to what it would have failed."""

    asks: str
    said: str
    rest: str
    doors: tuple[tuple[str, str], ...]


def build(
    found: GatesFact, place: Place, *, head: str, pull: int | None = None, may_waive: bool = False
) -> GatesPage | None:
    """Return the block of the gates of the commit `head` (of a pull request, if that is looked at); None without gates."""
    if not found.gates:
        return None
    base = found.base.report if found.base else None
    sha = base.commit.sha if base else ""
    return GatesPage(
        tuple(_row(one, place, head, sha, pull, may_waive=may_waive) for one in found.gates),
        GLYPHS[found.state],
        found.message,
        base.commit.short if base else "",
        (place.pull(pull) if pull else place.compare(sha, head)) if sha else "",
    )


def dry_run(gate: Gate, at: int, trials: Sequence[Trial], place: Place) -> DryRun:
    """Return what `gate`, the one at the place `at` of those that were tried, would have said."""
    states = [trial.verdicts[at].state for trial in trials]
    failed = [trial.sample for trial, state in zip(trials, states, strict=True) if state == "failed"]
    rest = [
        f"{states.count(state)} {word}"
        for state, word in STATES.items()
        if state != "failed" and states.count(state)
    ]
    what = "pull request" if trials and trials[0].sample.number is not None else "commit"
    which = f"the last {figures.counted(len(trials), what)}" if len(trials) != 1 else f"one {what}"
    return DryRun(
        asks(gate),
        f"Would have failed {len(failed)} of {which}" if trials else "There is nothing to try it on yet",
        ", ".join(rest),
        tuple(_door(sample, place) for sample in failed),
    )


def _door(sample: SampleFact, place: Place) -> tuple[str, str]:
    if sample.number is not None:
        return f"#{sample.number}", place.pull(sample.number)
    return sample.head.short, place.commit_page(sample.head.sha)


def _row(
    one: JudgedGate, place: Place, head: str, base: str, pull: int | None, *, may_waive: bool
) -> GateRow:
    gate, state = one.gate, one.verdict.state
    return GateRow(
        gate.name,
        one.asks,
        GLYPHS[state],
        STATES[state],
        one.verdict.told,
        _address(gate, place, head, base, pull),
        gate.informational,
        one.waiver,
        f"{place.settings('gates', gate=gate.name, pull=pull)}#waive"
        if may_waive and state == "failed"
        else "",
    )


def _address(gate: Gate, place: Place, head: str, base: str, pull: int | None) -> str:
    """Return where it is seen what a gate counted: the lines, or the files of its component."""
    if (cell := _CELLS.get(gate.rule)) and base:
        return place.pull(pull, cell=cell) if pull else place.compare(base, head, cell=cell)
    if rule_of(gate).compares and not base:
        return ""
    return place.at(commit=head).tree(flat=True, component=gate.component)
