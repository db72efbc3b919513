"""Gates: every rule at its limit, exactly; what cannot be judged says why; nothing fails while uploads may still come."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage import gating
from covdash.coverage.differential import Patch
from covdash.coverage.gates import RULES
from covdash.coverage.gating import Change, Facts, Gate, Side, Verdict
from covdash.coverage.judging import asks, judge, problem, together
from covdash.coverage.totals import Count, Totals

LIMITS = st.one_of(st.integers(0, 100), st.floats(0, 100).map(lambda number: round(number, 3)))
COUNTS = st.tuples(st.integers(0, 3000), st.integers(1, 3000)).map(lambda pair: Count(min(pair), max(pair)))


def gate(rule: str, **words: Any) -> Gate:
    return Gate(**{"name": "g", "rule": rule} | words)


def side(name: str = "b2b2b2b2", *, so_far: bool = False, **components: tuple[int, int]) -> Side:
    """A report of so many lines, overall as `all`."""
    found = {"" if key == "all" else key: Totals.of(lines=value) for key, value in components.items()}
    return Side(name, found, so_far)


def patch(covered: int, measured: int, arms: tuple[int, int] = (0, 0)) -> Patch:
    return Patch(changed=measured + 2, measured=measured, covered=covered, arms=Count(*arms))


def facts(**words: Any) -> Facts:
    """A head against a base, with a component AUTH whose patch is 5 of 7 lines."""
    given_: dict[str, Any] = {
        "head": side(all=(836, 1000), AUTH=(9, 10)),
        "base": side("a1a1a1a1", all=(842, 1000), AUTH=(9, 10)),
        "changes": {"": Change(patch(41, 52, (9, 14)), 4), "AUTH": Change(patch(5, 7))},
        "floors": {"AUTH": {"lines": 90}, "PAY": {}},
    }
    return Facts(**given_ | words)


TOLD: list[tuple[Gate, Facts, str]] = [
    (gate("patch", least=90, component="AUTH"), facts(), "In AUTH 5 of 7 changed lines ran, 71.4 %; at least 90 % is asked: failed"),
    (gate("patch", least=70.5), facts(), "41 of 52 changed lines ran, 78.8 %; at least 70.5 % is asked: held"),
    (gate("patch", least=90, metric="branches"), facts(),
     "9 of 14 arms on changed lines were taken, 64.3 %; at least 90 % is asked: failed"),
    (gate("patch", least=90), facts(changes={"": Change(patch(0, 0))}), "No measurable line changed: nothing to judge"),
    (gate("patch", least=90, component="PAY"), facts(), "In PAY no measurable line changed: nothing to judge"),
    (gate("patch", least=9, metric="branches"), facts(changes={}), "No arm is on a changed line: nothing to judge"),
    (gate("patch", least=90), facts(changes=None), "Both reports are still being compared: waiting"),
    (gate("patch", least=50), facts(changes={"": Change(patch(5, 7), 0, 1)}),
     "5 of 7 changed lines ran, 71.4 % (without 1 file that could not be compared); at least 50 % is asked: held"),
    (gate("patch", least=90), facts(changes={"": Change(patch(0, 0), 0, 2)}),
     "2 files could not be compared, since their text was not sent: nothing to judge"),
    (gate("total", least=84), facts(), "836 of 1000 lines ran, 83.6 %; at least 84 % is asked: failed"),
    (gate("total", least=90, component="AUTH"), facts(), "In AUTH 9 of 10 lines ran, 90.0 %; at least 90 % is asked: held"),
    (gate("total", least=1, metric="functions"), facts(), "No functions are measured: nothing to judge"),
    (gate("total", least=1, component="gone"), facts(), "There is no component gone: nothing to judge"),
    (gate("total", least=84), facts(unverified=True), "A fork sent this without a token, so nobody vouches for it: nothing to judge"),
    (gate("fall", most=0.5), facts(),
     "Lines fell by 0.6 pp, from 842 of 1000 to 836 of 1000; a fall of at most 0.5 pp is allowed: failed"),
    (gate("fall", most=0.6), facts(),
     "Lines fell by 0.6 pp, from 842 of 1000 to 836 of 1000; a fall of at most 0.6 pp is allowed: held"),
    (gate("fall", most=0, component="AUTH"), facts(),
     "In AUTH the share of lines did not change; a fall of at most 0 pp is allowed: held"),
    (gate("fall", most=0), facts(head=side(all=(843, 1000))),
     "Lines rose by 0.1 pp, from 842 of 1000 to 843 of 1000; a fall of at most 0 pp is allowed: held"),
    (gate("fall", most=0), facts(base=side("a1a1a1a1")), "No lines are measured at a1a1a1a1: nothing to judge"),
    (gate("fall", most=0), facts(base=None, no_base="no older commit of main has a report"),
     "There is nothing to compare with: no older commit of main has a report: nothing to judge"),
    (gate("lost", most=0), facts(), "4 lines of unchanged code were lost; none is allowed: failed"),
    (gate("lost", most=4), facts(), "4 lines of unchanged code were lost; at most 4 are allowed: held"),
    (gate("lost", most=0, component="AUTH"), facts(), "In AUTH no lines of unchanged code were lost; none is allowed: held"),
    (gate("lost", most=1), facts(changes={"": Change(lost=1)}), "1 line of unchanged code was lost; at most 1 is allowed: held"),
    (gate("lost", most=0), facts(changes={"": Change(lost=0, unknown=1)}),
     "1 file could not be compared, since their text was not sent: nothing to judge"),
    (gate("lost", most=0), facts(changes={"": Change(lost=2, unknown=1)}),
     "2 lines of unchanged code were lost; none is allowed: failed"),
    (gate("floors"), facts(), "The one floor is reached: held"),
    (gate("floors", component="PAY"), facts(), "No floor of PAY is about anything that is measured: nothing to judge"),
    (gate("floors"), facts(floors={"AUTH": {"lines": 90.5}, "all": {"lines": 1}}, head=side(all=(1, 2), AUTH=(9, 10))),
     "1 of 1 floors is not reached (AUTH 9 of 10 lines ran, 90.0 %, of 90.5 %): failed"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "known", "said"), TOLD)
def test_a_verdict_is_arithmetic_in_a_sentence(asked: Gate, known: Facts, said: str) -> None:
    assert judge(asked, known).sentence == said


@given(COUNTS, LIMITS)
def test_a_share_is_judged_exactly_and_its_text_is_on_its_side(count: Count, least: float) -> None:
    """By whole numbers: `least` has three decimals at most. What is shown compares with the limit as the share does."""
    asked = gate("total", least=least)

    found = judge(asked, facts(head=Side("b", {"": Totals.of(lines=count)})))

    thousandths = round(least * 1000)
    assert (found.state == "held") == (count.covered * 100_000 >= thousandths * count.total)
    shown = re.search(r", ([0-9.]+) %;", found.told)
    assert shown is not None
    assert (Fraction(shown[1]) >= Fraction(thousandths, 1000)) == (found.state == "held")
    assert (shown[1] in ("0", "100")) == (count.covered in (0, count.total))


@given(COUNTS, COUNTS, LIMITS)
def test_a_fall_is_judged_exactly(before: Count, after: Count, most: float) -> None:
    base, head = (Side("x", {"": Totals.of(lines=count)}) for count in (before, after))

    found = judge(gate("fall", most=most), facts(base=base, head=head))

    fall = (before.covered * after.total - after.covered * before.total) * 100_000
    assert (found.state == "held") == (fall <= round(most * 1000) * before.total * after.total)
    shown = re.search(r"fell by ([0-9.]+) pp", found.told)
    assert (shown is not None) == (fall > 0)
    if shown is not None:
        assert (Fraction(shown[1]) <= Fraction(str(most))) == (found.state == "held")


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 3))
def test_lost_lines_are_judged_exactly_and_unknown_files_never_hold(
    lost: int, most: int, unknown: int
) -> None:
    found = judge(gate("lost", most=most), facts(changes={"": Change(lost=lost, unknown=unknown)}))

    assert found.state == ("failed" if lost > most else "nothing" if unknown else "held")


@given(
    count=COUNTS, number=LIMITS, rule=st.sampled_from([rule.name for rule in RULES]), of_base=st.booleans()
)
def test_nothing_is_decided_while_uploads_may_come(
    count: Count, number: float, rule: str, *, of_base: bool
) -> None:
    """Of the head for every rule, of the base for rules that compare."""
    book = next(one for one in RULES if one.name == rule)
    asked = gate(rule, **({book.number: int(number)} if book.number else {}))
    known = facts(head=Side("b", {"": Totals.of(lines=count)}, so_far=not of_base))
    assert known.base is not None
    known = replace(known, base=replace(known.base, so_far=of_base))

    found = judge(asked, known)

    if of_base and not book.compares:
        assert found.state != "waiting"
    else:
        assert found.state == "waiting"
        assert "uploads of" in found.told


def test_exactly_at_a_limit_that_no_float_can_hold() -> None:
    """0.1 + 0.2 per cent: 3 of 1000 lines are exactly 0.3 %, and 2,999 of 1,000,000 are not."""
    known = facts(head=side(all=(3, 1000)))
    assert judge(gate("total", least=0.3), known).state == "held"
    assert judge(gate("total", least=0.30000001), known).state == "failed"
    close = judge(gate("total", least=90), facts(head=side(all=(89_996, 100_000))))
    assert close.told == "89996 of 100000 lines ran, 89.996 %; at least 90 % is asked"


def test_one_that_failed_decides_then_one_that_waits() -> None:
    assert together(["held", "waiting", "failed", "nothing"]) == "failed"
    assert together(["held", "waiting", "nothing"]) == "waiting"
    assert together(["nothing", "held"]) == "held"
    assert together(["nothing"]) == together([]) == "nothing"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (gate("patch", least=90, component="AUTH"), "In AUTH, changed lines covered must be at least 90 %"),
        (gate("patch", least=0.5, metric="branches"), "Arms on changed lines covered must be at least 0.5 %"),
        (gate("total", least=80, metric="branches"), "Arms covered must be at least 80 %"),
        (gate("fall", most=1e-05), "Lines covered may not fall by more than 0.00001 pp"),
        (gate("lost", most=0), "No line of unchanged code may be lost"),
        (gate("lost", most=3, component="AUTH"), "In AUTH, at most 3 lines of unchanged code may be lost"),
        (gate("floors"), "The floors of all components must be reached"),
    ],
)
def test_a_gate_is_a_sentence(asked: Gate, said: str) -> None:
    assert asks(asked) == said


WRONG: list[tuple[Gate, str, str]] = [
    (gate("total", name=" ", least=1), "name", "1 to 64"),
    (gate("total", name="x" * 65, least=1), "name", "1 to 64"),
    (gate("totl"), "rule", "'totl' is no rule: fall, floors, lost, patch, total"),
    (gate("total", metric="lnes", least=1), "metric", "'lnes' is no metric: lines, branches"),
    (gate("patch", metric="functions", least=1), "metric", "is about lines or branches, not functions"),
    (gate("lost", metric="branches", most=1), "metric", "takes no metric, not branches"),
    (gate("total"), "least", "needs a number, in %"),
    (gate("fall"), "most", "needs a number, in pp"),
    (gate("total", least=100.1), "least", "from 0 to 100"),
    (gate("total", least=-1), "least", "from 0 to 100"),
    (gate("total", least=float("nan")), "least", "from 0 to 100"),
    (gate("total", least=1, most=1), "most", "takes `least`"),
    (gate("floors", least=1), "least", "takes no number"),
    (gate("lost", most=1.5), "most", "a whole number from 0 to 1000000"),
    (gate("lost", most=float("inf")), "most", "a whole number from 0"),
    (gate("floors", component="x" * 65), "component", "1 to 64"),
]


@pytest.mark.parametrize(("asked", "key", "why"), WRONG)
def test_a_gate_that_cannot_be_used_is_refused_with_its_place(asked: Gate, key: str, why: str) -> None:
    found = problem([gate("floors", name="before"), asked])

    assert found is not None
    assert found[0] == f"gates[1].{key}"
    assert why in found[1]


def test_names_are_told_apart_and_there_are_not_too_many() -> None:
    assert problem([gate("floors"), gate("floors")]) == ("gates[1].name", "'g' is there twice")
    assert problem([gate("floors", name=str(number)) for number in range(51)]) == (
        "gates",
        "there may be 50, not 51",
    )
    assert problem([gate("floors", name=str(number)) for number in range(50)]) is None


def test_each_book_says_what_its_file_is_called() -> None:
    """The name that configurations use is that of the file: whoever reads one finds the rule."""
    assert {rule.name: rule.asks.__module__.rpartition(".")[2] for rule in RULES} == {
        rule.name: rule.name for rule in RULES
    }
    assert Verdict("held", "x").sentence == "x: held"
    assert gating.plain(None) == "0"
