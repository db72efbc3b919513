"""Text as columns of bytes: where signs stand, where a word stands, and the numbers between two places. PURE.

For scanners that read plain stretches of a report at once. They take what they understand to the last byte; everything else raises
`DoubtError`, and goes the slow way.
"""

from __future__ import annotations

import sys
from functools import cached_property

import numpy as np

from covdash.coverage.lines import Column

_WORD = 8
_LOW, _HIGH, _ZEROS = (np.uint64(int(digits * _WORD, 16)) for digits in ("0F", "F0", "30"))
_SIX, _CARRY = (np.uint64(int(digits * _WORD, 16)) for digits in ("06", "10"))
_ONE, _THREE = np.uint64(1), np.uint64(3)
_BASE, _NOUGHT = np.uint8(10), np.uint8(ord("0"))
_LONGEST = 7
"""Digits of a number."""
_FEW = 8
"""One number among so many that has more digits is read on alone."""
_WIDTHS = {2: np.uint16, 4: np.uint32}
"""The type for numbers of more digits than that."""
_MOST = 18
_SIGNED = ((4, np.int16), (9, np.int32), (_MOST, np.int64))
"""The types for numbers of up to so many digits."""
STRETCH = 64
"""Bytes that can be fetched at once: eight words take little longer than one."""
_FRONT, _BACK = bytes(2 * _WORD - 1) + b"\n", bytes(STRETCH)
"""What stands around the text; a line begins at 0."""
_WHICH = np.uint32(0x00010203)
"""A word of four with one mark, times this, has in its highest byte which of the four it is."""
_PAIRS, _FOURS = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0000FFFF0000FFFF)


class DoubtError(Exception):
    """Something that a scanner does not understand."""


class Octets:
    """A stretch of bytes, also as the eight bytes that begin at each place (`words`); places are counted from 0."""

    def __init__(self, *parts: bytes | memoryview) -> None:
        """Look at `parts` as one text."""
        # Ten bytes before the first digit and eight behind the last one can always be read.
        self._padded = b"".join((_FRONT, *parts, _BACK))
        self.size = len(self._padded) - len(_FRONT) - len(_BACK)
        size = len(self._padded) - _WORD
        self._words: Column = np.ndarray((size,), np.dtype("<u8"), self._padded, 0, (1,))
        self.words = self._words[len(_FRONT) :]
        self._all = np.frombuffer(self._padded, np.uint8)
        self.octets = self._all[len(_FRONT) :]
        if len(parts) == 1 and isinstance(parts[0], bytes):
            self.data = parts[0]

    @cached_property
    def data(self) -> bytes:
        """The text."""
        return self._padded[len(_FRONT) : -len(_BACK)]

    def pieces(self, begins: Column, ends: Column) -> list[bytes]:
        """Return the pieces of the text between places."""
        data = self._padded
        spans = zip((begins + len(_FRONT)).tolist(), (ends + len(_FRONT)).tolist(), strict=True)
        return [data[first:last] for first, last in spans]

    def places(self, sign: str) -> Column:
        """Return where `sign` stands."""
        found: Column = np.flatnonzero(self.octets[: self.size] == ord(sign))
        return found

    def lines(self) -> Column:
        """Return where each line begins, and the place behind the last line end."""
        first, size = len(_FRONT) - 1, self.size + 1
        marks = self._all[first : first + size + -size % 4] == ord("\n")
        # By four signs at a time: where one place in four counts, numpy finds those that do without a guess.
        fours = marks.view("<u4")
        found: Column = np.flatnonzero(fours != 0)
        if len(found) != np.count_nonzero(marks):
            return np.flatnonzero(marks)
        which = fours.take(found, mode="clip")
        which *= _WHICH
        which >>= np.uint32(24)
        found <<= 2
        found += which
        return found

    def near(self, at: Column, distance: int) -> Column:
        """Return the bytes that stand `distance` (-10 to 16) behind each place, which is 0 or greater."""
        # From a shifted view with `take`: half the time of an index made for it, a tenth of that of a word that is not aligned.
        # Nothing is clipped: it takes two thirds of the time of the check that each place is inside.
        found: Column = self._all[len(_FRONT) + distance :].take(at, mode="clip")
        return found

    def stretch(self, at: Column, size: int) -> Column:
        """Return the bytes that begin at each place as rows of words: `size` is a multiple of eight, and `STRETCH` at most."""
        found: Column = np.ndarray((self.size + 1,), f"V{size}", self._padded, len(_FRONT), (1,))[at]
        return found.view("<u8").reshape(-1, size // _WORD)

    def stands(self, text: bytes, at: Column) -> Column:
        """Tell at which of the places `text` stands."""
        found = np.ones(len(at), np.bool_)
        for offset in range(0, len(text), _WORD):
            part = text[offset : offset + _WORD]
            mask = np.uint64((1 << _WORD * len(part)) - 1)
            there = self.words[np.minimum(at + offset, self.size) if offset else at] & mask
            found &= there == np.uint64(int.from_bytes(part, "little"))
        return found

    def alike(self, first: Column, second: Column, sizes: Column) -> Column:
        """Tell at which of the places the same bytes stand, as many as `sizes` says."""
        same = np.ones(len(sizes), np.bool_)
        here: Column | slice = slice(None)
        for offset in range(0, int(sizes.max(initial=0)), _WORD):
            if offset:
                here = np.flatnonzero(sizes > offset)
            unused = (_WORD * np.maximum(offset + _WORD - sizes[here], 0)).astype(np.uint64)
            differs = (self.words[first[here] + offset] ^ self.words[second[here] + offset]) << unused
            same[here] &= differs == 0
        return same

    def numbers(self, start: Column, end: Column) -> Column:
        """Return the numbers of 1 to 16 digits between `start` and `end`. Raises `DoubtError` for anything else.

        Eight digits are one word: checked at once, then added up in pairs.
        """
        size = end - start
        if not len(size):
            return np.zeros(0, np.int64)
        if size.min() < 1 or size.max() > 2 * _WORD:
            raise DoubtError
        unused = (_WORD * (_WORD - np.minimum(size, _WORD))).astype(np.uint64)
        # A word that ends where the number ends; it may begin before the first place of all.
        word = self.ending(end) >> unused << unused
        fours, right = _fours(word, word & _CARRY)
        if not right.all() or ((word & _HIGH) != (_ZEROS >> unused << unused)).any():
            raise DoubtError
        values: Column = _whole(fours)
        for index in np.flatnonzero(size > _WORD).tolist():
            text = self.data[start[index] : end[index]]
            if not text.isdigit():
                raise DoubtError
            values[index] = int(text)
        return values

    def ending(self, end: Column) -> Column:
        """Return the eight bytes before each place."""
        words: Column = self._words[len(_FRONT) - _WORD :][end]
        return words


def numbers_before(text: Octets, at: Column, sign: int) -> tuple[Column, Column, Column]:
    """Return the number that ends one sign before each place, its digits, and whether it has 1 to 7, with `sign` before them.

    Digit by digit, in columns of one byte for each number: bytes are cheap, and most numbers are short.
    """
    stop = np.uint8((sign - ord("0")) % 256)
    values = text.near(at, -2) - _NOUGHT
    more = values < _BASE
    size = more.view(np.uint8).copy()
    right = np.zeros(len(at), np.bool_)
    for place in range(1, _LONGEST + 1):
        digit = text.near(at, -2 - place) - _NOUGHT
        right |= more & (digit == stop)
        more &= digit < _BASE
        if not (found := np.count_nonzero(more)):
            break
        if found * _FEW < len(at):
            few = np.flatnonzero(more)
            higher, longer, fine = numbers_before(text, at[few] - place, sign)
            size[few] += longer
            right[few] = fine & (size[few] <= _LONGEST)
            values = values.astype(np.uint32)
            values[few] += higher * np.uint32(10**place)
            break
        size += more
        digit *= more
        if place in _WIDTHS:
            values = values.astype(_WIDTHS[place])
        values += digit * values.dtype.type(10**place)
    return values, size, right


def numbers_after(
    text: Octets, at: Column, distance: int, room: int = sys.maxsize
) -> tuple[Column, Column, int]:
    """Return the number that begins `distance` behind each place, its digits (0 to 7), and how much of `room` for all is left.

    Nothing is read on when `room` digits have been found.
    """
    values = text.near(at, distance) - _NOUGHT
    more = values < _BASE
    size = more.view(np.uint8).copy()
    room -= int(np.count_nonzero(more))
    for place in range(1, _LONGEST):
        if room <= 0:
            break
        digit = text.near(at, distance + place) - _NOUGHT
        more &= digit < _BASE
        if not (found := int(np.count_nonzero(more))):
            break
        room -= found
        size += more
        if place in _WIDTHS:
            values = values.astype(_WIDTHS[place])
        # Ten times the number and one digit more, where there is one.
        step = values * values.dtype.type(9)
        step += digit
        step *= more
        values += step
    return values, size, room


def gaps_before(signs: Column) -> Column:
    """Return how many bytes stand between each sign and the one before it, modulo 256: the sum tells whether all are right."""
    gaps = np.empty(len(signs), np.uint8)
    gaps[:1] = signs[:1] + 1
    np.subtract(signs[1:], signs[:-1], out=gaps[1:], casting="unsafe")
    gaps -= 1
    return gaps


def numbers_of(text: Octets, ends: Column, widths: Column) -> Column:
    """Return the numbers that end at each place and have so many digits; of none it is 0. Raises `DoubtError` for more than 18."""
    longest = int(widths.max(initial=0))
    if longest > _MOST:
        raise DoubtError
    values: Column = np.zeros(len(ends), next(kind for most, kind in _SIGNED if longest <= most))
    ends = np.ascontiguousarray(ends)
    for place in range(min(longest, _WORD)):
        digit: Column = text.near(ends, -place - 1) - _NOUGHT
        digit *= widths > place
        values += digit * values.dtype.type(10**place)
    for index in np.flatnonzero(widths > _WORD).tolist():
        values[index] = int(text.data[int(ends[index]) - int(widths[index]) : ends[index]])
    return values


def digits(text: Octets, at: Column) -> tuple[Column, Column, Column]:
    """Return the number that begins at each place, where it ends, and whether it has 1 to 7 digits and nothing like a digit in it."""
    word = text.words[at]
    other = ~word & _CARRY
    edge = other & (~other + _ONE)
    bits = np.bitwise_count(edge - _ONE).astype(
        np.uint64
    )  # 8 for each digit, and 4; 64 if it does not end here
    word <<= np.uint64(68) - bits
    right = (other != 0) & (bits > _WORD)
    fours, fine = _fours(word, word & _CARRY)
    return _whole(fours), at + (bits >> np.uint64(3)).astype(np.int64), right & fine


def _fours(word: Column, carry: Column) -> tuple[Column, Column]:
    """Return the numbers that the halves of each word write, and whether bytes with bit 4 (`carry`) are digits, others below 10."""
    right = ((word + _SIX) & _HIGH) == carry * _THREE
    low = word & _LOW
    low *= np.uint64(2561)
    low >>= np.uint64(8)
    low &= _PAIRS
    low *= np.uint64(6553601)
    low >>= np.uint64(16)
    low &= _FOURS
    return low, right


def _whole(fours: Column) -> Column:
    """Join the two numbers of each word to one."""
    whole: Column = ((fours * np.uint64(42949672960001)) >> np.uint64(32)).view(np.int64)
    return whole
