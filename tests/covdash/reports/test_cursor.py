"""Cursors come back as they were given out; anything else is none."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.reports import cursor

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
numbers = st.integers(-(2**63), 2**63 - 1)
times = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]))


@given(texts, numbers, times, st.floats(allow_nan=False))
def test_a_cursor_comes_back(text: str, number: int, time: datetime, share: float) -> None:
    made = cursor.encode(text, number, time, share)

    assert cursor.decode(made, str, int, datetime, float) == (text, number, time, share)
    assert cursor.is_cursor(made)
    assert made.isascii()
    assert not set(made) & set("+/=&?# ")


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        (["a"], (int,)),
        ([1], (str,)),
        ([True], (int,)),
        ([2**63], (int,)),
        (["2026-01-01T00:00:00"], (datetime,)),
        (["yesterday"], (datetime,)),
        ([1, 2], (int,)),
        ([1], (int, int)),
        (["a\0"], (str,)),
        ({"a": 1}, (str,)),
        ([[]], (str,)),
    ],
)
def test_other_values_are_no_cursor(values: object, kinds: tuple[type, ...]) -> None:
    made = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")

    assert cursor.decode(made, *kinds) is None


@given(st.text(max_size=60))
def test_junk_is_no_cursor(text: str) -> None:
    assert cursor.decode(text, int, datetime, str) is None


def test_deep_junk_is_no_cursor() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 2000).decode()

    assert cursor.decode(deep, int) is None
    assert not cursor.is_cursor(deep)
