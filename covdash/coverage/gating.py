"""What a gate asks of a report or of a comparison, what it is judged by, and how a verdict is told. PURE.

The rules themselves are one file each on the shelf `gates/`; `judging.py` asks them. Numbers are exact fractions up to the text, and a
text is on the same side of its limit as the number (`percent`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import count
from typing import Literal, NamedTuple

import msgspec

from covdash.coverage.differential import Patch
from covdash.coverage.totals import Count, Totals, unit

State = Literal["held", "failed", "waiting", "nothing"]
STATES: dict[State, str] = {
    "held": "held",
    "failed": "failed",
    "waiting": "waiting",
    "nothing": "nothing to judge",
}
"""States of a verdict, in words."""
_RAN = {"lines": "ran", "branches": "were taken", "functions": "were called"}


class Gate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A gate as the configuration says it; which of the numbers it takes is told in the book of its rule.

    `least` are per cent, `most` percentage points or lines. `component` "" is all of the code. `informational` ones break no build.
    """

    name: str
    rule: str
    metric: str = "lines"
    least: float | None = None
    most: float | None = None
    component: str = ""
    informational: bool = False


class Change(NamedTuple):
    """What a comparison says of the whole or of a component: new lines, unchanged ones that were lost, files not compared by line."""

    patch: Patch = Patch()
    lost: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Side:
    """A report: the totals of the whole under "", and those of its components. `so_far`: it still collects."""

    name: str
    totals: Mapping[str, Totals]
    so_far: bool = False

    def count(self, kind: str, component: str) -> Count | None:
        """Return the count of a metric, None where there is nothing to count."""
        found = self.totals.get(component, Totals()).get(kind)
        return found if found and found.total else None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that gates are judged by. `floors`: component -> metric -> least per cent, for every component that there is.

    `base` is None with the reason in `no_base`; `changes` by component, None while both are being compared. `unverified`: a fork sent
    without a token what the report is made of.
    """

    head: Side
    base: Side | None = None
    no_base: str = ""
    changes: Mapping[str, Change] | None = None
    floors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a gate: its state, and the arithmetic in a sentence without its end and, from a rule, without its capital."""

    state: State
    told: str

    @property
    def sentence(self) -> str:
        """`In AUTH 5 of 7 changed lines ran, 71.4 %; at least 90 % is asked: failed`."""
        return f"{self.told}: {STATES[self.state]}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A book of the shelf.

    `number` is the key that it takes, in `unit`, up to `limit`; "" for none. `metrics` are those it can be about, none for a rule
    without one. `compares` tells what it needs a base for: nothing, its totals, or line by line. `asks` says a gate in a sentence.
    """

    name: str
    title: str
    asks: Callable[[Gate], str]
    judge: Callable[[Gate, Facts], Verdict]
    number: Literal["least", "most", ""] = ""
    unit: str = ""
    limit: int = 100
    metrics: tuple[str, ...] = ()
    compares: Literal["", "totals", "lines"] = ""


def exact(number: float | None) -> Fraction:
    """Return a number of a configuration as it was written there: 90.1 is 901/10."""
    return Fraction(str(number or 0))


def plain(number: float | None) -> str:
    """Return a number of a configuration as text: `90`, `90.1`."""
    text = f"{Decimal(str(number or 0)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def share(ran: Count) -> Fraction:
    """Return what is covered, in per cent, exactly."""
    return Fraction(100 * ran.covered, ran.total)


def percent(value: Fraction, limit: Fraction) -> str:
    """Return a share with so many decimals that its text is on the same side of `limit` as it is: 89.96 of 90 is `89.96 %`."""
    return f"{_told_apart(value, limit)} %"


def points(value: Fraction, limit: Fraction) -> str:
    """Return a difference of shares in the same way: `0.6 pp`."""
    return f"{_told_apart(value, limit)} pp"


def of(component: str) -> str:
    """Return how a sentence about a component begins: `In AUTH `, "" for all of the code."""
    return f"In {component} " if component else ""


def within(gate: Gate) -> str:
    """Return how what a gate asks begins: `In AUTH, `."""
    return f"In {gate.component}, " if gate.component else ""


def covered(ran: Count, kind: str, limit: Fraction, what: str = "") -> str:
    """Return `5 of 7 changed lines ran, 71.4 %`; `what` are the words before the metric."""
    words = f"{what} {unit(kind)}".strip()
    said = _RAN.get(kind, "were covered")
    return f"{ran.covered} of {ran.total} {words} {said}, {percent(share(ran), limit)}"


def at_least(gate: Gate, told: str, value: Fraction) -> Verdict:
    """Return the verdict of a share that must not be less than `gate.least`."""
    state: State = "held" if value >= exact(gate.least) else "failed"
    return Verdict(state, f"{told}; at least {plain(gate.least)} % is asked")


def _told_apart(value: Fraction, limit: Fraction) -> str:
    """Return `value` >= 0 with one decimal, or as many more as it takes to be neither 0 nor 100 nor on the other side of `limit`."""
    if value in (0, 100):
        return str(value)
    for decimals in count(1):
        step = 10**decimals
        shown = Fraction(round(value * step), step)
        if shown not in (0, 100) and (shown < limit, shown > limit) == (value < limit, value > limit):
            break
    whole, rest = divmod(round(value * step), step)
    return f"{whole}.{rest:0{decimals}}"
