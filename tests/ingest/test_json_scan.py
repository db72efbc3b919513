"""The scanner of large JSON documents reads what `json` reads, in blocks of any size, and says where a document is broken."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import json_scan
from ingest.json_scan import Scanner
from ingest.parsing import ParseError

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=20,
)


def value(scanner: Scanner) -> Any:
    """Read strings, arrays and objects; of anything else only say that it was there."""
    kind = scanner.kind()
    if kind == "{":
        return {key: value(scanner) for key in scanner.members()}
    if kind == "[":
        return [value(scanner) for _ in scanner.elements()]
    if kind == '"':
        return scanner.text()
    scanner.skip()
    return None


def without_numbers(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: without_numbers(inner) for key, inner in found.items()}
    if isinstance(found, list):
        return [without_numbers(inner) for inner in found]
    return found if isinstance(found, str) else None


@given(VALUES, st.integers(1, 9), st.sampled_from([True, False]))
def test_it_reads_what_json_reads(document: Any, block: int, ascii_only: Any) -> None:
    data = json.dumps(document, ensure_ascii=ascii_only, indent=block % 3).encode("utf-8", "surrogatepass")
    try:
        data.decode()
    except UnicodeDecodeError:
        return
    before, json_scan.BLOCK = json_scan.BLOCK, block
    try:
        if "\\ud" in data.decode().lower():  # half a pair of surrogates is no text
            return
        assert value(Scanner(io.BytesIO(data))) == without_numbers(document)
        skipped = Scanner(io.BytesIO(b"[" + data + b', "end"]'))
        found = [skipped.skip() if at == 0 else skipped.text() for at, _ in enumerate(skipped.elements())]
        assert found == [None, "end"]
    finally:
        json_scan.BLOCK = before


@given(st.text(max_size=200), st.integers(1, 9))
def test_spans_are_places_in_the_file(text: str, block: int) -> None:
    data = json.dumps({"a": text}).encode()
    before, json_scan.BLOCK = json_scan.BLOCK, block
    try:
        scanner = Scanner(io.BytesIO(data))
        (span,) = [scanner.span() for _ in scanner.members()]
    finally:
        json_scan.BLOCK = before
    raw = data[span.start : span.end]
    assert json.loads(b'"' + raw + b'"') == text
    assert span.escapes <= raw.count(b"\\")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"a"',
        b'{"a":',
        b'{"a": "b',
        b'{"a": "b\\',
        b'{"a" "b"}',
        b'{"a": [1, {"b": 2}',
        b'{"a": }',
        b"{,}",
    ],
)
def test_a_broken_document_is_said_with_its_place(data: bytes) -> None:
    def skip_all() -> None:
        scanner = Scanner(io.BytesIO(data))
        for _ in scanner.members():
            scanner.skip()

    with pytest.raises(ParseError) as error:
        skip_all()
    assert error.value.code == "malformed"
    assert error.value.where.startswith("byte ")


def test_a_name_without_end_is_not_held_in_memory() -> None:
    with pytest.raises(ParseError):
        Scanner(io.BytesIO(b'"' + b"a" * 5_000_000 + b'"')).text()
