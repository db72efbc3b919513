"""Totals add up; a metric that nobody carries stays absent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.totals import KINDS, Count, Totals, add_up

NUMBER = st.integers(0, 9)
PAIR = st.none() | st.tuples(NUMBER, NUMBER)
TOTALS = st.builds(Totals, NUMBER, NUMBER, NUMBER, NUMBER, st.tuples(*[PAIR] * len(KINDS)))


@given(st.lists(TOTALS, max_size=5))
def test_many_are_added_up_as_one_by_one(parts: list[Totals]) -> None:
    assert add_up(parts) == sum(parts, start=Totals())


def test_totals_are_a_monoid() -> None:
    """`sum()` works, the empty totals change nothing."""
    a = Totals.of(partial=1, lines=(3, 4), branches=(1, 2))
    b = Totals.of(lines=(0, 6))

    assert sum([a, b]) == a + b == b + a
    assert a + Totals() == a
    assert (a + b).get("lines") == Count(3, 10)
    assert (a + b).get("branches") == Count(1, 2)
    assert (a + b).get("functions") is None
    assert (a + b).as_dict() == {"lines": {"covered": 3, "total": 10}, "branches": {"covered": 1, "total": 2}}


def test_nothing_of_a_metric_is_not_its_absence() -> None:
    """0 of 0 says that the format measures arms and that there are none."""
    assert Totals.of(branches=(0, 0)).get("branches") == Count(0, 0)
    assert Totals.of(lines=(0, 0)).get("branches") is None


def test_unknown_kinds_are_refused() -> None:
    """There is a closed list of metrics."""
    with pytest.raises(ValueError, match="coolness"):
        Totals.of(coolness=(1, 2))
