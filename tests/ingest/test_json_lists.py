"""Lists of numbers and of pairs, read from their text, are what `json` reads, or in doubt; plain ones are not in doubt."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.json_lists import read_lists, read_pairs
from ingest.octets import DoubtError

ODD = st.sampled_from([1.5, 1e-7, None, True, "1", "[1]", {}])
NUMBER = st.one_of(st.integers(0, 200), st.integers(-200, -1), st.integers(-(10**19), 10**19), ODD)
LISTS = st.lists(st.lists(st.one_of(st.integers(0, 2000), NUMBER), max_size=4), max_size=4)
PAIR = st.tuples(st.integers(0, 2000), st.integers(-9, 2000))
PAIRS = st.lists(st.lists(PAIR, max_size=3), max_size=4)
ANY = st.lists(st.recursive(NUMBER, lambda inner: st.lists(inner, max_size=3), max_leaves=8), max_size=4)
SPACES = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " : "), (",\t", ":\r\n")])
_raws = msgspec.json.Decoder(list[msgspec.Raw])


def is_whole(found: Any, least: int) -> bool:
    return type(found) is int and least <= found < 10**18


def raws(found: list[Any], spaces: tuple[str, str]) -> list[msgspec.Raw]:
    return _raws.decode(json.dumps(found, separators=spaces))


@given(st.one_of(LISTS, PAIRS, ANY), SPACES)
@example([[], [1], [22, 333]], (",", ":"))
@example([[[1]], 2], (",", ":"))
def test_lists_are_what_json_reads(found: list[Any], spaces: tuple[str, str]) -> None:
    plain = all(isinstance(each, list) and all(is_whole(n, 0) for n in each) for each in found)
    try:
        sizes, values = read_lists(raws(found, spaces))
    except DoubtError:
        assert not plain
    else:
        assert plain
        assert sizes.tolist() == [*map(len, found)]
        assert values.tolist() == [number for each in found for number in each]


@given(st.one_of(LISTS, PAIRS, ANY), SPACES)
@example([[], [[1, -2]], [[22, 333], [4, 5]]], (",", ":"))
@example([[[1, 2], [[3, 4]]]], (",", ":"))
@example([[1, 2], [[]]], (",", ":"))
@example([[5, [1, 2]], [[3, 4, 5]]], (",", ":"))
def test_pairs_are_what_json_reads(found: list[Any], spaces: tuple[str, str]) -> None:
    flat = [pair for each in found if isinstance(each, list) for pair in each]
    plain = all(isinstance(each, list) for each in found) and all(
        isinstance(pair, list | tuple) and len(pair) == 2 and all(is_whole(n, 1 - 10**18) for n in pair)
        for pair in flat
    )
    try:
        sizes, first, second = read_pairs(raws(found, spaces))
    except DoubtError:
        assert not plain
    else:
        assert plain
        assert sizes.tolist() == [*map(len, found)]
        assert [*zip(first.tolist(), second.tolist(), strict=True)] == [tuple(pair) for pair in flat]
