"""Formats are told by content alone: every sample is claimed by its own format and by no other, whatever its name."""

from __future__ import annotations

import codecs
import dataclasses
import gzip
import json

import pytest

from ingest.detect import HEAD, detect, look
from ingest.formats import FORMATS
from ingest.json_head import outline
from ingest.parsing import Format, ParseError, Peek
from ingest.reading import Failed, Parsed
from tests.ingest.samples import Sample, found_in, read, reports

SAMPLES = reports()
NAMES = [book.name for book in FORMATS]
JSON = [sample for sample in SAMPLES if sample.path.suffix == ".json"]


def refusal(head: bytes, wanted: str | None = None) -> ParseError:
    with pytest.raises(ParseError) as caught:
        detect(look(head), FORMATS, wanted=wanted)
    return caught.value


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_exactly_one_format_claims_a_sample(sample: Sample) -> None:
    data = sample.path.read_bytes()
    peek = look((gzip.decompress(data) if sample.path.suffix == ".gz" else data)[:HEAD])
    claims = [book.name for book in FORMATS if book.matches(peek)]

    assert claims == [sample.truth["format"]]


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.path.stat().st_size < 60_000], ids=str)
def test_an_override_must_be_right(sample: Sample) -> None:
    """The right name changes nothing, a wrong one is `format_mismatch` and never an empty report."""
    for name in NAMES:
        (outcome,) = read(sample.path, format_name=name)

        if name == sample.truth["format"]:
            assert isinstance(outcome, Parsed), name
        else:
            assert isinstance(outcome, Failed), name
            assert outcome.code == "format_mismatch", name
            assert sample.truth["format"] in outcome.message, name


def test_an_unknown_override_lists_the_names() -> None:
    error = refusal(b"TN:\n", "lcow")

    assert error.code == "unknown_format"
    assert all(name in error.message for name in NAMES)


@pytest.mark.parametrize("sample", [s for s in found_in("lcov") if s.path.stat().st_size > 500][:3], ids=str)
@pytest.mark.parametrize("size", [40, 300, 5000])
def test_few_bytes_are_enough(sample: Sample, size: int) -> None:
    assert detect(look(sample.path.read_bytes()[:size]), FORMATS)[0].name == "lcov"


@pytest.mark.parametrize("sample", JSON, ids=str)
def test_json_is_told_by_its_first_64_kb(sample: Sample) -> None:
    """Large reports put most of their keys behind the head."""
    content = json.loads(sample.path.read_text())
    files = content.get("files", content)
    if isinstance(files, list):
        files.extend(files[:1] * (2 + 2 * HEAD // len(json.dumps(files[0]))))
    else:
        name, value = next(iter(files.items()))
        files |= {f"{name}-{number}": value for number in range(1, 2 + 2 * HEAD // len(json.dumps(value)))}
    text = json.dumps(content).encode()

    assert len(text) > HEAD
    assert detect(look(text[:HEAD]), FORMATS)[0].name == sample.truth["format"]


ASCII = [s for s in SAMPLES if s.path.suffix in (".xml", ".info") and s.path.read_bytes().isascii()]


@pytest.mark.parametrize("sample", ASCII[::9], ids=str)
def test_byte_order_marks_and_utf_16_are_read_alike(sample: Sample) -> None:
    """PowerShell writes UTF-16 when output is redirected."""
    data = sample.path.read_bytes()
    text = data.decode()
    plain = sample.path.with_name("x")
    for variant in (
        codecs.BOM_UTF8 + data,
        codecs.BOM_UTF16_LE + _declared(text, "utf-16").encode("utf-16-le"),
        codecs.BOM_UTF16_BE + _declared(text, "utf-16").encode("utf-16-be"),
    ):
        assert _totals(variant) == _totals(data), plain


def _declared(text: str, encoding: str) -> str:
    for quote in "\"'":
        for old in ("utf-8", "UTF-8"):
            text = text.replace(f"encoding={quote}{old}{quote}", f"encoding={quote}{encoding}{quote}", 1)
    return text


def _totals(data: bytes) -> object:
    from ingest.reading import read_upload_file

    (outcome,) = read_upload_file("x", [data])
    assert isinstance(outcome, Parsed), outcome
    return outcome.report.totals()


BINARY = [
    (b"\x01\xc0\xc0\x10\x07", "JaCoCo .exec"),
    (b"\x81rforpl\xff" + bytes(20), "llvm-cov export"),
    (b"\xffLprofi\x81".lower() + bytes(20), "llvm-cov export"),
    (b"adcgB14R", "gcovr"),
    (b"\x00\x63\x76\x6d" + bytes(20), "go tool covdata textfmt"),
    (b"\xca\xfe\xba\xbe\0\0", "Java class"),
    (b"%PDF-1.7", "PDF"),
]


@pytest.mark.parametrize(("head", "advice"), BINARY)
def test_known_binary_kinds_name_the_way_out(head: bytes, advice: str) -> None:
    error = refusal(head)

    assert error.code == "binary"
    assert advice in error.message


UNKNOWN = [
    (b"<test-run><test-suite name='a'/></test-run>", "export them as JUnit XML"),
    (b"<!doctype html><title>502 Bad Gateway</title>", "502 Bad Gateway"),
    (b"<html><body>moved</body></html>", "HTML page"),
    (b"<something/>", "<something>"),
    (b'{"name": "x", "version": 1}', "name, version"),
    (b"SQLite format 3\0" + bytes(100), "without the tables of coverage.py"),
    (b"hello world", "no known format starts like this"),
    (b"<coverage/>", "<coverage>"),
]


@pytest.mark.parametrize(("head", "words"), UNKNOWN)
def test_the_unknown_is_described(head: bytes, words: str) -> None:
    error = refusal(head)

    assert error.code == "unknown_format"
    assert words in error.message


@pytest.mark.parametrize("head", [b"", b" \n\t", b"{}", b"[]"])
def test_the_empty_is_empty(head: bytes) -> None:
    assert refusal(head).code == "empty"


def test_two_claims_are_refused_and_named() -> None:
    """A sender can say which."""
    lcov = next(book for book in FORMATS if book.name == "lcov")
    rival = dataclasses.replace(lcov, name="rival")

    with pytest.raises(ParseError) as caught:
        detect(look(b"TN:\nSF:a\n"), (*FORMATS, rival))
    assert caught.value.code == "ambiguous_format"
    assert "lcov" in caught.value.message
    assert "rival" in caught.value.message
    assert detect(look(b"TN:\nSF:a\n"), (*FORMATS, rival), wanted="rival")[0] is rival


def test_the_outline_of_json() -> None:
    assert outline('{"a": {"x": 1, "y": {"z": []}}, "b": [{"q": 1}], "c": {"n": 1}') == (
        ("a", "b", "c"),
        ("x", "y"),
    )
    assert outline('[{"a": {"x": 1}}, {"b": 2}]') == (("a",), ("x",))
    assert outline('{"a\\"b": "{}[]:", "c": 1') == (('a"b', "c"), ())
    assert outline('{"a": [1, {"deep": 2}]') == (("a",), ())


def test_deep_json_is_refused_early() -> None:
    with pytest.raises(ParseError) as caught:
        look(b'{"a":' * 300)
    assert caught.value.code == "too_deep"


def test_formats_say_what_they_saw() -> None:
    for book in FORMATS:
        assert isinstance(book, Format)
        assert book.matches(Peek(b"", "text", "nothing")) is None
    assert detect(look(b"mode: atomic\n"), FORMATS)[1] == "the first line is `mode: atomic`"
