"""Stored bytes give back what went in, are canonical, and damaged ones are refused by name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.codec import CodecError, decode, encode, encode_counts, pack, unpack, with_counts
from covdash.coverage.counts import read_block, write_pack
from covdash.coverage.lines import FileCoverage
from tests.covdash.coverage.strategies import files


@given(files())
def test_round_trip(file: FileCoverage) -> None:
    """Object and counts together are the whole file; the object alone has the same totals."""
    payload = encode(file)
    again = decode(unpack(pack(payload)))
    whole = with_counts(again, encode_counts(file))

    assert encode(again) == payload
    assert again.totals() == file.totals() == whole.totals()
    if file.counted:
        assert whole.hits.tolist() == file.hits.tolist()
        assert [f.hits for f in whole.functions or ()] == [f.hits for f in file.functions or ()]
        assert {k: o.named() for k, o in whole.outcomes.items()} == {
            k: o.named() for k, o in file.outcomes.items()
        }


@given(files(), files())
def test_same_knowledge_same_bytes_whatever_the_counts(file: FileCoverage, other: FileCoverage) -> None:
    """Counts do not enter the object, else timing loops would break content addressing."""
    more = replace(file, hits=file.hits * 7 % 1000 + (file.hits > 0))

    assert encode(more) == encode(file)
    if encode(other) != encode(file):
        assert decode(encode(other)).totals() == other.totals()


@given(st.data(), files())
def test_damage_is_refused_or_harmless(data: st.DataObject, file: FileCoverage) -> None:
    """Any flipped, cut or added byte either raises `CodecError` or gives a well-formed file: never another exception."""
    payload = bytearray(encode(file))
    if payload:
        at = data.draw(st.integers(0, len(payload) - 1))
        payload[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(payload)))
    for damaged in (bytes(payload), bytes(payload[:cut]), bytes(payload) + b"\x00"):
        try:
            found = decode(damaged)
        except CodecError:
            continue
        assert len(found.lines) == len(found.hits) == len(found.states)
        found.totals()


@pytest.mark.parametrize("data", [b"", b"\x02abc", b"\x01", b"\x01not zlib", pack(b"x" * 1000)[:-4]])
def test_unpack_refuses(data: bytes) -> None:
    """Another version, no zlib, or a cut stream."""
    with pytest.raises(CodecError):
        unpack(data)


@given(
    st.dictionaries(
        st.text(max_size=8), st.tuples(st.binary(min_size=20, max_size=20), st.binary(min_size=1)), max_size=5
    )
)
def test_count_pack(blocks: dict[str, tuple[bytes, bytes]]) -> None:
    """Each path gives back its block; an unknown path gives none."""
    stored = write_pack(blocks)

    def read(offset: int, length: int) -> bytes:
        return stored[offset : offset + length]

    assert {path: read_block(read, path) for path in blocks} == blocks
    assert read_block(read, "not there at all") is None


def test_a_pack_that_is_none() -> None:
    """Foreign bytes are named as such."""
    with pytest.raises(CodecError, match="not a count pack"):
        read_block(lambda offset, length: b"PK\x03\x04"[offset : offset + length], "a")
