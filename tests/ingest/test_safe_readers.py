"""XML, JSON, text and numbers from outside: what passes, what is refused, and with which words."""

from __future__ import annotations

import codecs

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.report_warnings import Warnings
from ingest import json_text, numbers, safe_xml, text_lines
from ingest.parsing import ParseError
from ingest.safe_xml import Handlers
from tests.ingest.samples import blocks


def names_of(document: bytes, size: int = 7) -> list[str]:
    """Return the values of the attribute `n` of all <x>, and the texts of all <t>."""
    seen: list[str] = []
    handlers = Handlers(
        {"x": lambda flat: seen.append(safe_xml.attributes(flat).get("n", ""))}, texts={"t": seen.append}
    )
    safe_xml.parse(blocks(document, size), handlers, Warnings())
    return seen


def refused(document: bytes, size: int = 1 << 16) -> ParseError:
    with pytest.raises(ParseError) as caught:
        names_of(document, size)
    return caught.value


@pytest.mark.parametrize(
    "document",
    [
        '<r><x n="ü"/><t>a&amp;b</t></r>'.encode(),
        codecs.BOM_UTF8 + '<r><x n="ü"/><t>a&amp;b</t></r>'.encode(),
        '<?xml version="1.0" encoding="iso-8859-1"?><r><x n="ü"/><t>a&amp;b</t></r>'.encode("latin-1"),
        '<?xml version="1.0" encoding="windows-1252"?><r><x n="ü"/><t>a&amp;b</t></r>'.encode("cp1252"),
        '<?xml version="1.0" encoding="utf-16"?><r><x n="ü"/><t>a&amp;b</t></r>'.encode("utf-16"),
        '<!DOCTYPE r SYSTEM "r.dtd"><r><x n="ü"/><t>a<!-- no -->&amp;b</t></r>'.encode(),
        "<!DOCTYPE r PUBLIC 'a' 'b' []><r><x n='ü'/><t><![CDATA[a&b]]></t></r>".encode(),
    ],
)
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_xml_that_passes(document: bytes, size: int) -> None:
    assert names_of(document, size) == ["ü", "a&b"]


XML = {
    "entity": (b'<!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>', "forbidden_xml"),
    "external entity": (b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r>&a;</r>', "forbidden_xml"),
    "parameter entity": (b'<!DOCTYPE r [<!ENTITY % a SYSTEM "x"> %a;]><r/>', "forbidden_xml"),
    "attribute default": (b'<!DOCTYPE r [<!ATTLIST r a CDATA "b">]><r/>', "forbidden_xml"),
    "element": (b"<!DOCTYPE r [<!ELEMENT r ANY>]><r/>", "forbidden_xml"),
    "notation": (b'<!DOCTYPE r [<!NOTATION n SYSTEM "x">]><r/>', "forbidden_xml"),
    "depth": (b"<r>" * 300, "too_deep"),
    "attributes": (b"<r " + b" ".join(b"a%d=''" % number for number in range(300)) + b"/>", "too_large"),
    "a long attribute": (b"<x n='" + b"a" * 70_000 + b"'/>", "too_large"),
    "a long comment": (b"<r><!--" + b"a" * 3_000_000 + b"--></r>", "too_large"),
    "a long text": (b"<r><t>" + b"a" * 3_000_000 + b"</t></r>", "too_large"),
    "no encoding": (b'<?xml version="1.0" encoding="klingon"?><r/>', "bad_encoding"),
    "a wrong encoding": (b'<?xml version="1.0" encoding="utf-8"?><r n="\xfc\xe9"/>', "bad_encoding"),
    "a cut": (b"<r><x", "malformed"),
    "open elements": (b"<r><x>", "malformed"),
    "nothing": (b"", "malformed"),
    "nonsense": (b"<r><1/></r>", "malformed"),
    "a control character": (b"<r n='\x01'/>", "malformed"),
    "two roots": (b"<r/><r/>", "malformed"),
    "an unknown entity": (b"<r>&nope;</r>", "malformed"),
}


@pytest.mark.parametrize(("document", "code"), XML.values(), ids=XML.keys())
def test_xml_that_is_refused(document: bytes, code: str) -> None:
    error = refused(document)

    assert error.code == code
    assert error.message
    assert error.where


def test_entities_of_an_external_dtd_are_warned_about() -> None:
    warnings = Warnings()
    safe_xml.parse([b'<!DOCTYPE r SYSTEM "r.dtd"><r>&nbsp;&nbsp;</r>'], Handlers({}), warnings)

    assert warnings.found["bad_record"][0] == 2


class Shape(msgspec.Struct):
    a: list[int] = []


DECODER = msgspec.json.Decoder(Shape)
JSON = {
    "a cut": (b'{"a": [1, 2', "malformed", "byte 11"),
    "not a number": (b'{"a": [NaN]}', "malformed", "byte 7"),
    "trailing text": (b'{"a": []} x', "malformed", "byte 11"),
    "another shape": (b'{"a": ["x"]}', "malformed", "$.a[0]"),
    "depth in a part that is skipped": (b'{"b": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too_deep", "$"),
    "an infinite number": (b'{"a": [1e400]}', "malformed", "$.a[0]"),
}


@pytest.mark.parametrize(("data", "code", "where"), JSON.values(), ids=JSON.keys())
def test_json_that_is_refused(data: bytes, code: str, where: str) -> None:
    with pytest.raises(ParseError) as caught:
        json_text.decode_json(DECODER, data)

    assert (caught.value.code, caught.value.where) == (code, where)


def test_json_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(ParseError) as caught:
        json_text.decode_json(msgspec.json.Decoder(dict[str, int]), b'{"gr\xfc\xdfe": 1}')

    assert caught.value.code == "bad_encoding"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_in_any_unicode(encoding: str) -> None:
    assert json_text.decode_json(DECODER, '{"a": [1], "ü": "€"}'.encode(encoding)).a == [1]


@given(
    st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), max_size=20),
    st.integers(1, 40),
)
def test_blocks_are_whole_lines_and_lose_nothing(lines: list[bytes], size: int) -> None:
    data = b"\n".join(lines)
    if data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return
    found = list(text_lines.blocks(blocks(data, size), Warnings()))

    assert b"".join(found) == data
    assert all(block.endswith(b"\n") for block in found[:-1])


def test_lines_that_are_too_long_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_lines, "MAX_LINE_BYTES", 100)
    monkeypatch.setattr(text_lines, "BLOCK", 64)
    data = b"a\n" + b"b" * 250 + b"\nc\n" + b"d" * 90 + b"\n" + b"e" * 101 + b"\nf"
    for size in (1, 7, 64, 1000):
        warnings = Warnings()
        found = b"".join(text_lines.blocks(blocks(data, size), warnings))

        assert found == b"a\nc\n" + b"d" * 90 + b"\nf"
        assert warnings.found["bad_record"][0] == 2


@pytest.mark.parametrize(
    ("text", "value", "warned"),
    [
        ("7", 7, None),
        (" 7 ", 7, None),
        ("-3", -3, None),
        ("18446744073709551615", 2**63 - 1, None),
        ("9" * 5000, 2**63 - 1, None),
        ("-" + "9" * 30, -(2**63 - 1), None),
        ("2.0", 2, None),
        ("2.7", 2, "non_integer_count"),
        ("1.5e+10", 15 * 10**9, None),
        ("1e400", 2**63 - 1, "non_integer_count"),
        ("1e-9", 0, "non_integer_count"),
        ("", None, "bad_record"),
        ("x", None, "bad_record"),
        ("=====", None, "bad_record"),
        ("NaN", None, "bad_record"),
        ("1_0", None, "bad_record"),
        ("0x1f", None, "bad_record"),
        ("1 2", None, "bad_record"),
        ("²", None, "bad_record"),
    ],
)
def test_counts_as_they_are_written(text: str, value: int | None, warned: str | None) -> None:
    warnings = Warnings()

    assert numbers.count(text, warnings, "here") == value
    assert set(warnings.found) == ({warned} if warned else set())


WHOLE = [("3", 3), ("3.0", 3), ("-1", 0), ("2.5", None), ("x", None), (None, None), ("1e99", None)]


@pytest.mark.parametrize(("text", "value"), WHOLE)
def test_whole_numbers_of_totals(text: str | None, value: int | None) -> None:
    assert numbers.whole(text) == value
