"""Text as columns of bytes: where signs stand, where a word stands, and the numbers between two places. PURE.

For scanners that read plain stretches of a report at once. They take what they understand to the last byte; everything else raises
`DoubtError`, and goes the slow way.
"""

from __future__ import annotations

import numpy as np

from covdash.coverage.lines import Column

_WORD = 8
_LOW, _HIGH, _ZEROS = (np.uint64(int(digits * _WORD, 16)) for digits in ("0F", "F0", "30"))
_SIX, _CARRY = (np.uint64(int(digits * _WORD, 16)) for digits in ("06", "10"))
_PAIRS, _FOURS = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0000FFFF0000FFFF)


class DoubtError(Exception):
    """Something that a scanner does not understand."""


class Octets:
    """A stretch of bytes, also as the eight bytes that begin at each place (`words`); places are counted from 0."""

    def __init__(self, data: bytes) -> None:
        """Look at `data`."""
        self.data = data
        # Eight bytes before the first digit and behind the last one can always be read.
        self._padded = bytes(_WORD) + data + bytes(2 * _WORD)
        self.words: Column = np.ndarray((len(data) + 2 * _WORD,), np.dtype("<u8"), self._padded, 0, (1,))[
            _WORD:
        ]
        self.octets = np.frombuffer(self._padded, np.uint8)[_WORD:]

    def places(self, sign: str) -> Column:
        """Return where `sign` stands."""
        found: Column = np.flatnonzero(self.octets[: len(self.data)] == ord(sign))
        return found

    def stands(self, text: bytes, at: Column) -> Column:
        """Tell at which of the places `text` stands."""
        found = np.ones(len(at), np.bool_)
        for offset in range(0, len(text), _WORD):
            part = text[offset : offset + _WORD]
            mask = np.uint64((1 << _WORD * len(part)) - 1)
            there = self.words[np.minimum(at + offset, len(self.data))] & mask
            found &= there == np.uint64(int.from_bytes(part, "little"))
        return found

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
        word = self._ending(end) >> unused << unused
        digits = word & _LOW
        if ((word & _HIGH) != (_ZEROS >> unused << unused)).any() or ((digits + _SIX) & _CARRY).any():
            raise DoubtError
        digits = (digits * np.uint64(2561)) >> np.uint64(8)
        digits = ((digits & _PAIRS) * np.uint64(6553601)) >> np.uint64(16)
        digits = ((digits & _FOURS) * np.uint64(42949672960001)) >> np.uint64(32)
        values: Column = digits.astype(np.int64)
        for index in np.flatnonzero(size > _WORD).tolist():
            text = self.data[start[index] : end[index]]
            if not text.isdigit():
                raise DoubtError
            values[index] = int(text)
        return values

    def _ending(self, end: Column) -> Column:
        """Return the eight bytes before each place."""
        words: Column = np.ndarray((len(self.data) + _WORD,), np.dtype("<u8"), self._padded, 0, (1,))
        return words[end]
