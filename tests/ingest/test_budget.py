"""What is left of a stream is the same bytes in any memory, and never more than the limit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import budget
from ingest.budget import Stream
from ingest.parsing import ParseError

CHUNKS = st.lists(st.binary(max_size=9), max_size=8)


@given(CHUNKS, st.integers(0, 12), st.integers(0, 40), st.sampled_from([4, 100]))
def test_an_area_holds_what_the_rest_is(chunks: list[bytes], ahead: int, limit: int, page: int) -> None:
    found: list[bytes | str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(budget, "_GREAT_PAGE", page)
        for take in (Stream.rest, Stream.area):
            stream = Stream(chunks)
            stream.peek(ahead)
            try:
                found.append(bytes(take(stream, limit, "it")))
            except ParseError as error:
                found.append(error.code)

    whole = b"".join(chunks)
    assert found == [whole if len(whole) <= limit else "too_large"] * 2
