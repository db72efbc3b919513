"""What gates ask of the reports of a project and what came of it, as frozen facts. PURE, as `facts.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from covdash.coverage import judging
from covdash.coverage.components import Rules
from covdash.coverage.gating import STATES, Gate, State, Verdict
from covdash.reports.differences import BaseFact
from covdash.reports.facts import CommitFact
from covdash.reports.review_facts import WaiverFact


@dataclass(frozen=True, slots=True)
class GateRules:
    """The gates in force, and what they need to know of a commit: its pull request with what it goes to, and who sent it.

    `floors`: component -> metric -> least per cent, for every component that there is.
    """

    gates: tuple[Gate, ...]
    components: Rules
    floors: Mapping[str, Mapping[str, float]]
    waivers: tuple[WaiverFact, ...] = ()
    unverified: bool = False
    pull: int | None = None
    onto: str = ""
    onto_sha: str = ""


@dataclass(frozen=True, slots=True)
class JudgedGate:
    """A gate with its verdict, and the waiver that lets it pass."""

    gate: Gate
    verdict: Verdict
    waiver: WaiverFact | None = None

    @property
    def asks(self) -> str:
        """What it asks, as a sentence."""
        return judging.asks(self.gate)

    @property
    def counts_as(self) -> State:
        """Its state for the whole: one that failed and is waived passes."""
        return "held" if self.waiver is not None else self.verdict.state


@dataclass(frozen=True, slots=True)
class GatesFact:
    """All gates of a commit or of a comparison; `base` is None where none of them compares."""

    gates: tuple[JudgedGate, ...] = ()
    base: BaseFact | None = None

    @property
    def state(self) -> State:
        """What they come to together; informational ones have no say."""
        return judging.together(one.counts_as for one in self.gates if not one.gate.informational)

    @property
    def message(self) -> str:
        """`1 of 3 gates failed`, `2 of 3 gates are waiting`, `All 3 gates held`; "" without gates that have a say."""
        states = [one.counts_as for one in self.gates if not one.gate.informational]
        if not states:
            return ""
        number, named = states.count(self.state), "gate" if len(states) == 1 else "gates"
        be = {"waiting": "is " if number == 1 else "are ", "nothing": "had "}.get(self.state, "")
        if number == len(states) > 1:
            return f"All {number} {named} {be}{STATES[self.state]}"
        return f"{number} of {len(states)} {named} {be}{STATES[self.state]}"


@dataclass(frozen=True, slots=True)
class SampleFact:
    """A pull request (or, without a `number`, a commit) that gates are tried on. `unverified`: a fork sent it without a token."""

    number: int | None
    title: str
    head: CommitFact
    onto: str = ""
    onto_sha: str = ""
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """What gates, in their order, would have said of a pull request or a commit."""

    sample: SampleFact
    verdicts: tuple[Verdict, ...]
