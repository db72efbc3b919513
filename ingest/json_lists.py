"""Lists of whole numbers in JSON, read many at once from the text that a typed decoder left as it was. PURE; knows no format.

The decoder has seen that each text is one valid JSON value. It is a list of plain numbers when nothing but digits, commas, space and
one pair of brackets stands in it: no sign, point, letter or quote, and no bracket inside of brackets. It is one of pairs when without
its digits it is the text of such a list, and there are two numbers for each pair. Everything else is a doubt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from covdash.coverage.lines import Column
from ingest.octets import DoubtError, Octets, digits, gaps_before, numbers_of

_OPEN, _CLOSE, _NOUGHT = b"()0"
_MINUS = b":"[0]
"""What a minus becomes, so that it is one of the signs of a number."""
_SPACE = b" \t\r\n"
_WRONG = 255


def _kinds(others: dict[str, int]) -> bytes:
    kinds = {"[": _OPEN, "]": _CLOSE} | others
    return bytes(sign if sign in b"0123456789," else kinds.get(chr(sign), _WRONG) for sign in range(256))


_KINDS, _SIGNED_KINDS, _ROW_KINDS = (
    _kinds({}),
    _kinds({"-": _MINUS, "/": ord("/")}),
    _kinds({"t": ord("1"), "f": _NOUGHT}),
)
"""Brackets become round ones: they are less than all digits, and have no bit 4, which is how `digits` knows where a number ends."""
_PAIR = b"[,],"
"""A pair without its digits, and the comma behind it."""
_LONG = re.compile(rb"(\d{1,18})(?!\d)")


def read_lists(raws: Sequence[msgspec.Raw]) -> tuple[Column, Column]:
    """Return the length of each list, and the numbers of all, one list after the other. Raises `DoubtError`."""
    text, signs = _signs(b"".join(raws).translate(_KINDS, _SPACE))
    values, is_number = _before(text, signs)
    kinds = text.octets.take(signs)
    opens, closes = np.flatnonzero(kinds == _OPEN), np.flatnonzero(kinds == _CLOSE)
    if not len(opens) == len(closes) == len(raws) or (opens[1:] != closes[:-1] + 1).any():
        raise DoubtError
    sizes = closes - opens
    sizes[~is_number[closes]] = 0
    return sizes, values[is_number]


def read_pairs(raws: Sequence[msgspec.Raw]) -> tuple[Column, Column, Column]:
    """Return how many pairs of numbers, which may be negative, each list has, and both numbers of all. Raises `DoubtError`."""
    data = b"/".join((*raws, b""))  # a slash is in no list of numbers
    text, signs = _signs(data.translate(_SIGNED_KINDS, _SPACE + b"[]"))
    values, is_number = _before(text, signs)
    values = values[is_number]
    outlines = data.translate(None, _SPACE + b"-0123456789").split(b"/")[:-1]
    sizes = np.fromiter(map(len, outlines), np.int64, len(outlines)) // len(_PAIR)
    plain = all(each == b"[%b]" % (_PAIR * (len(each) // len(_PAIR)))[:-1] for each in {*outlines})
    # With two numbers for each pair there is none elsewhere.
    if not plain or len(values) != 2 * sizes.sum():
        raise DoubtError
    return sizes, values[::2], values[1::2]


def _signs(data: bytes) -> tuple[Octets, Column]:
    """Return text in which all that is no digit is a sign, and where the signs stand. Raises `DoubtError` for unknown ones."""
    if bytes((_WRONG,)) in data:
        raise DoubtError
    text = Octets(data)
    return text, np.flatnonzero(text.octets[: len(data)] < _NOUGHT)


def _before(text: Octets, signs: Column) -> tuple[Column, Column]:
    """Return the numbers that stand before each sign, and whether there is one. Raises `DoubtError` for more than 18 digits."""
    widths = gaps_before(signs)
    if int(widths.sum()) + len(signs) != len(text.data):
        raise DoubtError  # one has more digits than its width can say
    is_number = widths > 0
    if _MINUS not in text.data:
        return numbers_of(text, signs, widths), is_number
    negative = text.octets.take(signs - widths) == _MINUS
    values = numbers_of(text, signs, widths - negative)
    return np.negative(values, out=values, where=negative), is_number


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
