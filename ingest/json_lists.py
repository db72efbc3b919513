"""Lists of whole numbers in JSON, read many at once from the text that a typed decoder left as it was. PURE; knows no format.

The decoder has seen that each text is one valid JSON value. It is a list of plain numbers when nothing but digits, commas, space and
one pair of brackets stands in it: no sign, point, letter or quote, and no bracket inside of brackets. Everything else is a doubt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from covdash.coverage.lines import Column
from ingest.octets import DoubtError, Octets, digits

_WRONG = 255
_KINDS = bytes(
    sign if sign in b"0123456789" else b"() "["[]".find(chr(sign))] if sign in b"[], \t\r\n" else _WRONG
    for sign in range(256)
)
"""Brackets become round ones: those have no bit 4, which is how `digits` knows where a number ends."""

_ROW_KINDS = bytes(
    ord("1") if sign == ord("t") else ord("0") if sign == ord("f") else kind
    for sign, kind in enumerate(_KINDS)
)
_LONG = re.compile(rb"(\d{1,18})(?!\d)")


def read_lists(raws: Sequence[msgspec.Raw]) -> tuple[Column, Column]:
    """Return the length of each list, and the numbers of all, one list after the other. Raises `DoubtError`."""
    data = b"".join(raws).translate(_KINDS)
    if bytes((_WRONG,)) in data:
        raise DoubtError
    text = Octets(data)
    opens, closes = text.places("("), text.places(")")
    if (
        not len(opens) == len(closes) == len(raws)
        or (opens >= closes).any()
        or (opens[1:] <= closes[:-1]).any()
    ):
        raise DoubtError
    is_digit = text.octets[: len(data)] >= ord("0")
    starts = np.flatnonzero(is_digit[1:] > is_digit[:-1]) + 1
    values, _, right = digits(text, starts)
    if not right.all():
        raise DoubtError
    return np.diff(np.searchsorted(starts, closes), prepend=0), values


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of numbers out of lists of lists: how many of each list, and where each number begins, a line for each place in a row."""

    counts: Column
    text: Octets
    starts: Column

    def numbers(self, place: int) -> Column:
        """Return the numbers at `place` of all rows. Raises `DoubtError` for numbers of more than 18 digits."""
        at = self.starts[place]
        values, _, right = digits(self.text, at)
        for index in np.flatnonzero(~right).tolist():
            found = _LONG.match(self.text.data, int(at[index]))
            if found is None:
                raise DoubtError
            values[index] = int(found[1])
        return values

    def marks(self, place: int) -> Column:
        """Return which numbers at `place` are not 0. Raises `DoubtError` where one has several digits."""
        at = self.starts[place]
        if (self.text.octets[at + 1] >= ord("0")).any():
            raise DoubtError
        marks: Column = self.text.octets[at] != ord("0")
        return marks


def read_rows(raws: Sequence[msgspec.Raw], least: int) -> Rows:
    """Return the rows of lists of rows that are all of one width, of `least` numbers or more; true is 1. Raises `DoubtError`."""
    data = b"".join(raws)
    signs = np.frombuffer(data, np.uint8)
    # `e` is left out as a part of `true` and `false`, not as that of a number.
    if ((signs[1:] == ord("e")) & (signs[:-1] <= ord("9"))).any():
        raise DoubtError
    plain = data.translate(_ROW_KINDS, b"rueals \t\r\n")
    if bytes((_WRONG,)) in plain:
        raise DoubtError
    text = Octets(plain)
    octets = text.octets
    opens, closes = text.places("("), text.places(")")
    is_row = octets[opens + 1] >= ord("0")
    outer, opens = opens[~is_row], opens[is_row]
    closes = closes[octets[closes - 1] >= ord("0")]
    is_digit = octets[: len(plain)] >= ord("0")
    starts = np.flatnonzero(is_digit[1:] > is_digit[:-1]) + 1
    width = len(starts) // len(opens) if len(opens) else least
    if (
        len(outer) != len(raws)
        or len(closes) != len(opens)
        or len(starts) != width * len(opens)
        or width < least
    ):
        raise DoubtError
    starts = np.ascontiguousarray(starts.reshape(-1, width).T)
    if (starts[0] != opens + 1).any() or (starts[-1] >= closes).any() or (closes[:-1] >= opens[1:]).any():
        raise DoubtError
    return Rows(np.diff(np.searchsorted(opens, outer), append=len(opens)), text, starts)
