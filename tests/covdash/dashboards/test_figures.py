"""The rules of numbers, case by case: no false 0 or 100, no percentage of nothing, exact before rounded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.totals import KINDS, Count
from covdash.dashboards import figures

NOW = datetime(2026, 8, 21, 12, 0, tzinfo=UTC)


def plain(text: str) -> str:
    return text.replace(figures.THIN_SPACE, " ").replace(figures.MINUS, "-")


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
    assert figures.percent(Count(covered, total)) == expected


def test_an_absent_metric_is_nothing() -> None:
    assert figures.percent(None) == "-"
    assert figures.fraction(None, "lines") == "-"


@given(st.integers(1, 10**9), st.integers(0, 10**9))
def test_percent_is_0_or_100_only_when_exact(a: int, b: int) -> None:
    covered, total = sorted((a, b)) if b else (b, a)
    text = figures.percent(Count(covered, total))

    assert (text == "100 %") == (covered == total)
    assert (text == "0 %") == (covered == 0)


@pytest.mark.parametrize(
    ("before", "after", "expected", "arrow", "tone"),
    [
        ((800, 1000), (812, 1000), "+1.2 pp", "↑", "good"),
        ((812, 1000), (808, 1000), "-0.4 pp", "↓", "bad"),
        ((1, 2), (2, 4), "0 pp", "", "neutral"),
        ((500_000, 1_000_000), (500_001, 1_000_000), "+<0.1 pp", "↑", "good"),
        ((500_001, 1_000_000), (500_000, 1_000_000), "-<0.1 pp", "↓", "bad"),
        ((0, 10), (10, 10), "+100.0 pp", "↑", "good"),
        ((2999, 10_000), (3004, 10_000), "+0.1 pp", "↑", "good"),
        ((80, 120), (80, 100), "+13.3 pp", "↑", "neutral"),
        ((90, 100), (40, 50), "-10.0 pp", "↓", "neutral"),
        ((90, 100), (39, 50), "-12.0 pp", "↓", "bad"),
        ((0, 0), (1, 1), "-", "", "neutral"),
        ((1, 1), (0, 0), "-", "", "neutral"),
    ],
)
def test_delta(before: tuple[int, int], after: tuple[int, int], expected: str, arrow: str, tone: str) -> None:
    found = figures.delta(Count(*before), Count(*after))

    assert (plain(found.text), found.arrow, found.tone) == (expected, arrow, tone)


def test_a_delta_without_a_number_or_a_colour_says_why() -> None:
    assert plain(figures.delta(Count(80, 120), Count(80, 100)).why) == "20 lines removed"
    assert figures.delta(Count(1, 2), Count(1, 1), "branches").why == "1 arm removed"
    assert figures.delta(None, Count(1, 2)).why == "nothing to compare with"
    assert figures.delta(Count(1, 2), None, "branches").why == "no arms here"


@pytest.mark.parametrize(
    ("number", "exact", "abbreviated"),
    [
        (0, "0", "0"),
        (999, "999", "999"),
        (12_408, "12 408", "12 408"),
        (99_999, "99 999", "99 999"),
        (100_000, "100 000", "100 k"),
        (999_999, "999 999", "999 k"),
        (3_120_000, "3 120 000", "3.1 M"),
        (31_999_999, "31 999 999", "31.9 M"),
        (-1_234, "-1 234", "-1 234"),
        (-250_000, "-250 000", "-250 k"),
    ],
)
def test_counts(number: int, exact: str, abbreviated: str) -> None:
    assert plain(figures.group(number)) == exact
    assert plain(figures.abbreviate(number)) == abbreviated


def test_fractions_and_words_agree_in_number() -> None:
    assert plain(figures.fraction(Count(9, 11), "lines")) == "9 / 11 lines"
    assert plain(figures.fraction(Count(0, 1), "branches")) == "0 / 1 arm"
    assert plain(figures.fraction(Count(1204, 4010))) == "1 204 / 4 010"
    assert [figures.counted(n, "upload") for n in (0, 1, 2)] == ["0 uploads", "1 upload", "2 uploads"]
    assert figures.counted(2, "git branch", "git branches") == "2 git branches"


def test_bounds_give_the_range_where_identity_is_unknown() -> None:
    assert figures.bounds(2, 4, 4) == "2-4 of 4 arms"
    assert figures.bounds(3, 3, 4) == "3 of 4 arms"


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=5), st.integers(8, 400))
def test_a_bar_is_full_and_hides_nothing(parts: list[int], width: int) -> None:
    shares = figures.widths(parts, width)

    assert sum(shares) == (width if any(parts) else 0)
    assert [bool(share) for share in shares] == [bool(part) for part in parts]


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        (timedelta(seconds=-30), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=23), "23 h ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=6, hours=23), "6 days ago"),
        (timedelta(days=7), "2026-08-14"),
        (timedelta(days=-2), "2026-08-23"),
    ],
)
def test_ago(gone: timedelta, expected: str) -> None:
    assert figures.ago(NOW - gone, NOW) == expected


def test_exactly_names_the_zone() -> None:
    assert figures.exactly(NOW) == "2026-08-21 12:00:00 UTC"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0004, "0 ms"),
        (0.085, "85 ms"),
        (4.26, "4.2 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
        (3600, "1 h"),
    ],
)
def test_duration(seconds: float, expected: str) -> None:
    assert figures.duration(timedelta(seconds=seconds)) == expected


@pytest.mark.parametrize(
    ("octets", "expected"),
    [(1, "1 byte"), (812, "812 bytes"), (48_211, "48.2 kB"), (999_999, "999 kB"), (3 * 10**9, "3 GB")],
)
def test_size(octets: int, expected: str) -> None:
    assert figures.size(octets) == expected


def test_every_metric_has_a_label_and_branches_are_arms() -> None:
    assert tuple(figures.KIND_LABELS) == KINDS
    assert figures.KIND_LABELS["branches"] == "Arms"
    assert figures.unit("branches", 1) == "arm"
