"""Gates are checked and judged here, whatever their rules: what no rule has to know of. PURE."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from covdash.coverage.gates import RULES
from covdash.coverage.gating import Facts, Gate, Rule, State, Verdict
from covdash.coverage.totals import KINDS

MAX_GATES = 50
NAMED = {rule.name: rule for rule in RULES}
_NUMBERS = ("least", "most")


def rule_of(gate: Gate) -> Rule:
    """Return the rule of a gate that has been checked."""
    return NAMED[gate.rule]


def asks(gate: Gate) -> str:
    """Return a gate as a sentence: `In AUTH, changed lines covered must be at least 90 %`."""
    return _begun(rule_of(gate).asks(gate))


def problem(gates: Sequence[Gate]) -> tuple[str, str] | None:
    """Return (place, sentence) of the first thing that is wrong with gates, None when they can be used."""
    if len(gates) > MAX_GATES:
        return "gates", f"there may be {MAX_GATES}, not {len(gates)}"
    for at, gate in enumerate(gates):
        found = _problem(gate)
        if found is None and gate.name in [other.name for other in gates[:at]]:
            found = "name", f"{gate.name!r} is there twice"
        if found is not None:
            return f"gates[{at}].{found[0]}", found[1]
    return None


def judge(gate: Gate, facts: Facts) -> Verdict:
    """Return the verdict on a gate. Nothing is held or failed while reports collect: more uploads could turn it."""
    rule = rule_of(gate)
    if facts.unverified:
        return Verdict("nothing", "A fork sent this without a token, so nobody vouches for it")
    if gate.component and gate.component not in facts.floors:
        return Verdict("nothing", f"There is no component {gate.component}")
    if rule.compares and facts.base is None:
        return Verdict("nothing", f"There is nothing to compare with: {facts.no_base}")
    if rule.compares == "lines" and facts.changes is None:
        return Verdict("waiting", "Both reports are still being compared")
    found = rule.judge(gate, facts)
    waits = facts.head if facts.head.so_far else facts.base if rule.compares else None
    if waits is not None and waits.so_far:
        told = f"So far, as uploads of {waits.name} may still come: {found.told}"
        return Verdict("waiting", told)
    return replace(found, told=_begun(found.told))


def together(states: Iterable[State]) -> State:
    """Return what several verdicts come to: one that failed decides, else one that waits, else one that held."""
    found = set(states)
    order: tuple[State, ...] = ("failed", "waiting", "held")
    return next((state for state in order if state in found), "nothing")


def _begun(sentence: str) -> str:
    return f"{sentence[0].upper()}{sentence[1:]}"


def _problem(gate: Gate) -> tuple[str, str] | None:
    """Return (key, sentence) of what is wrong with one gate."""
    if not gate.name.strip() or len(gate.name) > 64:
        return "name", "a name has 1 to 64 characters"
    rule = NAMED.get(gate.rule)
    if rule is None:
        return "rule", f"{gate.rule[:40]!r} is no rule: {', '.join(NAMED)}"
    if gate.metric not in KINDS:
        return "metric", f"{gate.metric[:40]!r} is no metric: {', '.join(KINDS)}"
    if gate.metric != "lines" and gate.metric not in rule.metrics:
        only = f"is about {' or '.join(rule.metrics)}" if rule.metrics else "takes no metric"
        return "metric", f"the rule {rule.name} {only}, not {gate.metric}"
    if len(gate.component) > 64:
        return "component", "a name has 1 to 64 characters"
    return _number_problem(gate, rule)


def _number_problem(gate: Gate, rule: Rule) -> tuple[str, str] | None:
    for key in _NUMBERS:
        value = getattr(gate, key)
        if key != rule.number:
            if value is not None:
                return key, f"the rule {rule.name} takes {f'`{rule.number}`' if rule.number else 'no number'}"
        elif value is None:
            return key, f"the rule {rule.name} needs a number, in {rule.unit}"
        elif not 0 <= value <= rule.limit or (rule.unit == "lines" and value != int(value)):
            whole = "a whole number " if rule.unit == "lines" else ""
            return key, f"must be {whole}from 0 to {rule.limit}"
    return None
