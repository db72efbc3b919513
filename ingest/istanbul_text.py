"""Istanbul's statements as text: `statementMap` and `s`, which differ in nothing but digits from one file to the next. PURE.

Without its digits such a map is one and the same text, as often as it has members; so that what is left is compared as a whole, and
nothing of it has to be understood. The digits are kept with a comma for each comma and colon: if as many as there are stand where the
numbers should be, none stands inside of a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from covdash.coverage.lines import Column
from ingest.octets import DoubtError, Octets, gaps_before, numbers_of

_DIGITS = b"0123456789"
_SIGNS = bytes.maketrans(b":", b",")
_WORDS = bytes(sign for sign in range(256) if sign not in b"0123456789:,")


@dataclass(frozen=True, slots=True)
class Member:
    """What a map holds, without digits and with a comma behind it; before which of its commas and colons a number stands."""

    text: bytes
    numbers: tuple[int, ...]


PLACE = Member(b'"":{"start":{"line":,"column":},"end":{"line":,"column":}},', (0, 3, 5, 8, 10))
COUNT = Member(b'"":,', (0, 1))


def digits_of(raw: msgspec.Raw, member: Member) -> tuple[int, bytes]:
    """Return how many members a map has, and its digits and commas. Raises `DoubtError` if it is another one."""
    text = bytes(raw)
    for _ in range(2):
        outline = text.translate(None, _DIGITS)
        many = len(outline) // len(member.text)
        if outline == b"{%b}" % (member.text * many)[:-1]:
            return many, text.translate(_SIGNS, _WORDS)
        # No column counts as the first one; and what is laid out for people is drawn together.
        text = msgspec.json.format(text, indent=-1).replace(b'"column":null', b'"column":0')
    raise DoubtError


def numbers(digits: Sequence[bytes], member: Member, wanted: int) -> tuple[list[Column], list[Column]]:
    """Return the first `wanted` numbers of all members, and how many digits each has. Raises `DoubtError`.

    `digits` are those of maps that are not empty.
    """
    text = Octets(b",".join((*digits, b"")))
    signs = np.flatnonzero(text.octets[: len(text.data)] == ord(","))
    step = member.text.count(b",") + member.text.count(b":")
    gaps = gaps_before(signs).reshape(-1, step)
    widths = [np.ascontiguousarray(gaps[:, place]) for place in member.numbers]
    if sum(int(each.sum()) for each in widths) + len(signs) != len(text.data):
        raise DoubtError
    found = zip(member.numbers[:wanted], widths, strict=False)
    return [numbers_of(text, signs[place::step], each) for place, each in found], widths[:wanted]
