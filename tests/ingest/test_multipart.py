"""Forms are read as a stream, whatever the sizes of the pieces they arrive in, and broken ones are refused with a place."""

from __future__ import annotations

import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.multipart import MAX_HEADER, Multipart, MultipartError, boundary_of, parameters
from tests.factories.uploads import multipart

Parts = list[tuple[str, str | None, bytes]]


def parse(body: bytes, boundary: bytes = b"xxBOUNDARYxx", *, sizes: random.Random | None = None) -> Parts:
    """Read a body in pieces of random size."""
    stream = io.BytesIO(body)

    def read(size: int) -> bytes:
        return stream.read(sizes.randint(1, 40) if sizes else size)

    return [(head.name, head.filename, b"".join(blocks)) for head, blocks in Multipart(read, boundary)]


@given(
    st.lists(
        st.tuples(
            st.text("abcdef_[]", min_size=1, max_size=8),
            st.none() | st.text("abc./- ", max_size=12),
            st.binary(max_size=400)
            | st.sampled_from([b"\r\n--xxBOUNDARYx", b"\r\n\r\n", b"--", b"\r", b"\n--xxBOUNDARYxx"]),
        ),
        max_size=6,
    ),
    st.integers(0, 2**32),
)
def test_what_was_sent_is_read_in_whatever_pieces_it_comes(parts: Parts, seed: int) -> None:
    body, _ = multipart(parts)
    assert parse(body, sizes=random.Random(seed)) == parts
    assert parse(body) == parts


def test_a_part_left_unread_is_skipped() -> None:
    body, _ = multipart([("a", "x", b"1" * 300_000), ("b", None, b"2")])
    stream = io.BytesIO(body)
    assert [head.name for head, _ in Multipart(stream.read, b"xxBOUNDARYxx")] == ["a", "b"]


def test_preamble_and_epilogue_mean_nothing() -> None:
    body, _ = multipart([("a", None, b"1")])
    assert parse(b"hello\r\n" + body + b"junk\r\n--xxBOUNDARYxx\r\n") == [("a", None, b"1")]


@pytest.mark.parametrize("cut", [5, 10, 60, 120, 121, 200])
def test_a_body_that_ends_early_is_truncated(cut: int) -> None:
    body, _ = multipart([("a", "f.xml", b"1" * 200)])
    with pytest.raises(MultipartError) as caught:
        parse(body[: len(body) - cut])
    assert caught.value.code in {"truncated_body", "malformed_multipart"}


@pytest.mark.parametrize(
    "body",
    [
        b"--xxBOUNDARYxx\r\nContent-Type: text/plain\r\n\r\nno name\r\n--xxBOUNDARYxx--\r\n",
        b'--xxBOUNDARYxx\r\nContent-Disposition: attachment; name="a"\r\n\r\n1\r\n--xxBOUNDARYxx--\r\n',
        (
            b'--xxBOUNDARYxx\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
            b"MQ==\r\n--xxBOUNDARYxx--\r\n"
        ),
        b"--xxBOUNDARYxx junk\r\n\r\n--xxBOUNDARYxx--\r\n",
        b"--xxBOUNDARYxx\r\nX: " + b"y" * (MAX_HEADER + 70_000) + b"\r\n\r\n1\r\n--xxBOUNDARYxx--\r\n",
    ],
)
def test_a_malformed_part_is_refused(body: bytes) -> None:
    with pytest.raises(MultipartError) as caught:
        parse(body)
    assert caught.value.code == "malformed_multipart"


def test_a_body_that_is_no_form_is_truncated_without_being_kept() -> None:
    with pytest.raises(MultipartError) as caught:
        parse(b"x" * 1_000_000)
    assert "1000000 bytes" in caught.value.message


@pytest.mark.parametrize(
    "header",
    ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "x" * 300],
)
def test_a_form_without_a_boundary_is_refused(header: str) -> None:
    with pytest.raises(MultipartError):
        boundary_of(header)


def test_names_may_be_quoted_escaped_or_encoded() -> None:
    assert parameters('form-data; name="a\\"b"; filename=plain.xml') == {
        "name": 'a"b',
        "filename": "plain.xml",
    }
    assert (
        parameters("form-data; name=a; filename=\"x\"; filename*=UTF-8''caf%C3%A9.xml")["filename"]
        == "caf\u00e9.xml"
    )
