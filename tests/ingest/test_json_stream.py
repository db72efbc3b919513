"""A JSON document as a stream gives what `json` gives, however its bytes are cut; what is broken is an error, never a wrong value."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.json_stream import MAX_MEMBERS, Scanner, elements
from ingest.parsing import ParseError

TEXTS = st.text(alphabet='ab"\\{}[],: \n\t\u00fc\U0001f600', max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(TEXTS, VALUES, max_size=4)
SIZES = st.sampled_from([1, 2, 3, 7, 1000])


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def members(data: bytes, size: int = 1000, longest: int = 10_000) -> dict[str, bytes | None]:
    scanner = Scanner(longest=longest)
    found = {}
    for block in cut(data, size):
        for part in scanner.feed(block):
            if part.value is not None:
                assert data[part.start : part.end] == part.value
            found[part.key] = part.value
    scanner.close()
    return found


@given(DOCUMENTS, SIZES, st.sampled_from([{}, {"indent": 1}, {"ensure_ascii": False}]))
def test_members_are_those_of_the_document(said: dict[str, Any], size: int, style: dict[str, Any]) -> None:
    data = json.dumps(said, **style).encode()
    assert {key: json.loads(value or b"") for key, value in members(data, size).items()} == said


@given(DOCUMENTS, st.lists(VALUES, max_size=4), SIZES)
def test_elements_are_those_of_the_array(said: dict[str, Any], files: list[Any], size: int) -> None:
    data = json.dumps({**said, "files": files}).encode()
    found = list(elements(cut(data, size), "files", longest=10_000))
    assert [number for number, _ in found] == list(range(len(files)))
    assert [json.loads(text) for _, text in found] == files


@given(DOCUMENTS, st.integers(0, 200))
def test_a_document_that_ends_early_is_an_error(said: dict[str, Any], end: int) -> None:
    data = json.dumps(said).encode()
    with pytest.raises(ParseError):
        members(data[: min(end, len(data) - 1)])


@given(st.binary(max_size=60))
def test_any_bytes_are_values_or_an_error(data: bytes) -> None:
    for document in (data, b'{"files":[' + data, b'{"files":[' + data + b"]}"):
        with contextlib.suppress(ParseError):
            assert all(
                isinstance(text, bytes) for _, text in elements(cut(document, 7), "files", longest=100)
            )
        with contextlib.suppress(ParseError):
            assert all(isinstance(key, str) for key in members(document))


def test_what_is_too_long_is_left_out_with_its_place() -> None:
    data = b'{"a": "%s", "b": 1}' % (b"x" * 300_000)
    scanner = Scanner(longest=10)
    found = [part for at in cut(data, 999) for part in scanner.feed(at)]
    assert [(part.key, part.value, data[part.start : part.start + 2]) for part in found] == [
        ("a", None, b'"x'),
        ("b", b"1", b"1}"),
    ]
    assert data[found[0].end :].startswith(b', "b"')


def test_limits_have_words() -> None:
    for data, code in (
        (b'{"a":' + b"[" * 300 + b"]" * 300 + b"}", "too_deep"),
        (b"{" + b",".join(b'"%d":1' % n for n in range(MAX_MEMBERS + 1)) + b"}", "too_large"),
        (b'{"a":1}}', "malformed"),
        (b"\xef\xbb\xbf", "malformed"),
    ):
        with pytest.raises(ParseError) as caught:
            members(data, 64)
        assert caught.value.code == code
    with pytest.raises(ParseError) as caught:
        list(elements([b'{"files": ["%s"]}' % (b"x" * 200)], "files", longest=100))
    assert caught.value.code == "too_large"
    for data in (
        b'{"files": 5}',
        b'{"files": {"a": [1]}}',
        b'{"x": []}',
        b'{"files": [1,,2]}x',
        b'{"files": [] 5}',
    ):
        with pytest.raises(ParseError):
            list(elements([data], "files", longest=100))


def test_a_byte_order_mark_and_utf_16_are_read() -> None:
    text = '{"files": ["ü", 1]}'
    for data in (text.encode("utf-8-sig"), text.encode("utf-16"), b"\xfe\xff" + text.encode("utf-16-be")):
        assert [json.loads(part) for _, part in elements(cut(data, 5), "files", longest=100)] == ["ü", 1]
