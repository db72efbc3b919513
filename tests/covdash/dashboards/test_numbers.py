"""The rules of numbers, case by case: no false 0 or 100, no percentage of nothing, exact before rounded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.totals import KINDS, Count
from covdash.dashboards import numbers

NOW = datetime(2026, 8, 21, 12, 0, tzinfo=UTC)


def plain(text: str) -> str:
    return text.replace(numbers.THIN, " ").replace(numbers.MINUS, "-")


@pytest.mark.parametrize(
    ("covered", "total", "expected"),
    [
        (0, 10, "0 %"),
        (10, 10, "100 %"),
        (9_999, 10_000, "99.9 %"),
        (999_999, 1_000_000, "99.9 %"),
        (1, 5_000, "0.1 %"),
        (1, 10_000_000, "0.1 %"),
        (1, 2, "50.0 %"),
        (1, 3, "33.3 %"),
        (2, 3, "66.7 %"),
        (1, 16, "6.3 %"),
        (0, 0, "-"),
    ],
)
def test_percent(covered: int, total: int, expected: str) -> None:
    assert plain(numbers.percent(Count(covered, total))) == expected


def test_percent_of_an_absent_metric_is_nothing() -> None:
    assert numbers.percent(None) == "-"
    assert numbers.fraction(None) == "-"


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_percent_is_0_or_100_only_when_exact(a: int, b: int) -> None:
    covered, total = min(a, b), max(a, b)
    text = plain(numbers.percent(Count(covered, total)))
    assert (text == "100 %") == (covered == total)
    assert text != "0 %"


@pytest.mark.parametrize(
    ("before", "after", "expected", "tone"),
    [
        ((800, 1000), (812, 1000), "+1.2 pp", "up"),
        ((812, 1000), (808, 1000), "-0.4 pp", "down"),
        ((1, 2), (2, 4), "0 pp", "same"),
        ((500_000, 1_000_000), (500_001, 1_000_000), "+<0.1 pp", "up"),
        ((500_001, 1_000_000), (500_000, 1_000_000), "-<0.1 pp", "down"),
        ((0, 10), (10, 10), "+100.0 pp", "up"),
        ((2999, 10_000), (3004, 10_000), "+0.1 pp", "up"),
        ((80, 120), (80, 100), "+13.3 pp", "less"),
        ((0, 0), (1, 1), "-", "none"),
    ],
)
def test_delta(before: tuple[int, int], after: tuple[int, int], expected: str, tone: str) -> None:
    found = numbers.delta(Count(*before), Count(*after))
    assert (plain(found.text), found.tone) == (expected, tone)


def test_a_rise_that_came_with_deleted_code_says_so() -> None:
    assert plain(numbers.delta(Count(80, 120), Count(80, 100)).note) == "20 lines removed"
    assert numbers.delta(None, Count(1, 2)) == numbers.NO_DELTA


@pytest.mark.parametrize(
    ("number", "exact", "abbreviated"),
    [
        (0, "0", "0"),
        (999, "999", "999"),
        (12_408, "12 408", "12 408"),
        (99_999, "99 999", "99 999"),
        (100_000, "100 000", "100 k"),
        (999_499, "999 499", "999 k"),
        (999_999, "999 999", "1.0 M"),
        (3_120_000, "3 120 000", "3.1 M"),
        (-1_234, "-1 234", "-1 234"),
        (2**63 - 1, "9 223 372 036 854 775 807", "9.2 E"),
    ],
)
def test_counts(number: int, exact: str, abbreviated: str) -> None:
    assert plain(numbers.grouped(number)) == exact
    assert plain(numbers.short(number)) == abbreviated


def test_signs() -> None:
    assert [plain(numbers.signed(n)) for n in (3, 0, -3)] == ["+3", "0", "-3"]


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        (timedelta(seconds=-30), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=23), "23 h ago"),
        (timedelta(days=6, hours=23), "6 d ago"),
        (timedelta(days=7), "2026-08-14"),
        (timedelta(days=-2), "2026-08-23"),
    ],
)
def test_age(gone: timedelta, expected: str) -> None:
    assert plain(numbers.age(NOW - gone, NOW)) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0004, "0 ms"),
        (0.085, "85 ms"),
        (0.9999, "1.0 s"),
        (59.96, "1 min 0 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
    ],
)
def test_duration(seconds: float, expected: str) -> None:
    assert plain(numbers.duration(seconds)) == expected


@pytest.mark.parametrize(
    ("octets", "expected"),
    [(812, "812 B"), (48_211, "48.2 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"), (3 * 10**9, "3.0 GB")],
)
def test_size(octets: int, expected: str) -> None:
    assert plain(numbers.size(octets)) == expected


def test_every_metric_has_a_label_and_branches_are_arms() -> None:
    assert tuple(numbers.LABELS) == KINDS
    assert numbers.LABELS["branches"] == "arms"
