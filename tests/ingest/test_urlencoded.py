"""A urlencoded body as a stream gives what the standard library gives, however its bytes are cut."""

from __future__ import annotations

import io
from urllib.parse import unquote_to_bytes, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.multipart import MultipartError
from ingest.urlencoded import MAX_NAME, Urlencoded, decoded

TEXTS = st.text(alphabet="ab&=%+ \n{}\u00fc", max_size=20)
NAMES = TEXTS.filter(bool)
SIZES = st.sampled_from([1, 2, 3, 5, 100])


def fields(body: bytes, size: int = 100) -> list[tuple[str, bytes]]:
    source = io.BytesIO(body)
    return [(head.name, b"".join(blocks)) for head, blocks in Urlencoded(lambda _: source.read(size))]


@given(st.lists(st.tuples(NAMES, TEXTS), max_size=4), SIZES)
def test_fields_come_as_they_were_meant(said: list[tuple[str, str]], size: int) -> None:
    assert fields(urlencode(said).encode(), size) == [(name, value.encode()) for name, value in said]


@given(st.lists(st.sampled_from([b"%", b"2", b"a", b"F", b"g", b"+", b"z"]), max_size=12).map(b"".join))
def test_percent_signs_that_begin_no_octet_are_themselves(text: bytes) -> None:
    assert decoded(text) == unquote_to_bytes(text.replace(b"+", b" "))


@given(st.binary(max_size=50), SIZES)
def test_any_body_is_fields(body: bytes, size: int) -> None:
    assert all(name for name, _ in fields(body, size))


def test_values_that_nobody_reads_are_skipped() -> None:
    source = io.BytesIO(b"a=1&b=" + b"x" * 200_000 + b"&&c&d=4")
    assert [head.name for head, _ in Urlencoded(source.read)] == ["a", "b", "c", "d"]


def test_a_name_without_end_is_refused() -> None:
    with pytest.raises(MultipartError):
        fields(b"a" * (MAX_NAME + 1))
