"""Text as columns of bytes says what Python says of the text, place by place."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ingest.octets import Octets, numbers_after, numbers_before

TEXT = st.text("0123456789,:-\nx", max_size=200).map(str.encode)
LONG_LINES = st.lists(st.text("0123456789,:", min_size=3, max_size=12), max_size=40).map(
    lambda lines: "".join(line + "\n" for line in lines).encode()
)


@given(st.one_of(TEXT, LONG_LINES))
def test_lines_begin_where_python_says(data: bytes) -> None:
    assert Octets(data).lines().tolist() == [
        0,
        *(at + 1 for at, sign in enumerate(data) if sign == ord("\n")),
    ]


@given(TEXT, st.sampled_from(b",:-"))
def test_numbers_before_places(data: bytes, sign: int) -> None:
    at = np.arange(1, len(data) + 1)

    values, sizes, right = numbers_before(Octets(data), at, sign)

    found = [re.search(rb"(?s)%c(\d{1,7}).\Z" % sign, data[:end]) for end in at.tolist()]
    assert right.tolist() == [each is not None for each in found]
    assert [
        (value, size)
        for value, size, each in zip(values.tolist(), sizes.tolist(), found, strict=True)
        if each
    ] == [(int(each[1]), len(each[1])) for each in found if each]


@given(TEXT, st.integers(0, 3))
def test_numbers_after_places(data: bytes, distance: int) -> None:
    at = np.arange(max(len(data) - distance, 0))

    values, sizes, _ = numbers_after(Octets(data), at, distance)

    found = [re.compile(rb"\d{0,7}").match(data, begin + distance) for begin in at.tolist()]
    written = [each[0] for each in found if each]
    assert sizes.tolist() == list(map(len, written))
    assert [value for value, digits in zip(values.tolist(), written, strict=True) if digits] == [
        int(digits) for digits in written if digits
    ]


@given(st.lists(st.integers(0, 9_999_999), min_size=1))
def test_numbers_that_fill_their_room(numbers: list[int]) -> None:
    written = [str(number).encode() for number in numbers]
    data = b"".join(digits + b"\n" for digits in written)
    text = Octets(data)

    values, sizes, left = numbers_after(text, text.lines()[:-1], 0, len(b"".join(written)))

    assert values.tolist() == numbers
    assert sizes.tolist() == list(map(len, written))
    assert left == 0
