"""Lists of whole numbers in JSON, read many at once from the text that a typed decoder left as it was. PURE; knows no format.

The decoder has seen that each text is one valid JSON value. It is a list of plain numbers when nothing but digits, commas, space and
one pair of brackets stands in it: no sign, point, letter or quote, and no bracket inside of brackets. Everything else is a doubt.
"""

from __future__ import annotations

from collections.abc import Sequence

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
