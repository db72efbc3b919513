"""application/x-www-form-urlencoded as a stream: one field after the other, its value in blocks, never the whole body. PURE.

Clients send documents of a hundred megabytes as one field; three signs of such a body are one byte of the document at worst. Spoken
to like `multipart.py`. Grammar: the URL standard of the WHATWG, 5.1; a percent sign that begins no octet is itself.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ingest.multipart import BLOCK, MultipartError, PartHead, Read

MAX_NAME = 1024
"""Bytes of a name as it is sent."""

_PERCENT = ord("%")
_DIGITS = np.full(256, -1, np.int16)
for _digits, _first in ((b"0123456789", 0), (b"ABCDEF", 10), (b"abcdef", 10)):
    _DIGITS[list(_digits)] = np.arange(_first, _first + len(_digits))


class Urlencoded:
    """Iterates over (head, blocks) of a body. Blocks that the caller leaves unread are skipped."""

    def __init__(self, read: Read) -> None:
        """`read` gives the body."""
        self._read = read
        self._buffer = b""
        self._offset = 0
        self._ended = False

    def __iter__(self) -> Iterator[tuple[PartHead, Iterator[bytes]]]:
        """Yield every field that has a name. Raises `MultipartError`."""
        while self._buffer or self._fill():
            name = self._name()
            blocks = self._value()
            if name:
                yield PartHead(name, None), blocks
            for _ in blocks:
                pass

    def _fill(self) -> bool:
        block = b"" if self._ended else self._read(BLOCK)
        self._ended = not block
        self._buffer += block
        return bool(block)

    def _take(self, size: int) -> bytes:
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        self._offset += size
        return taken

    def _name(self) -> str:
        """Take the name up to its equals sign; a field may have none, and then has no value either."""
        while True:
            ends = [at for at in (self._buffer.find(b"="), self._buffer.find(b"&")) if at >= 0]
            end = min(ends, default=len(self._buffer))
            if end > MAX_NAME:
                raise MultipartError(
                    "malformed_form",
                    f"The field at byte {self._offset} of the body has a name of more than {MAX_NAME} bytes.",
                )
            if ends or not self._fill():
                break
        name = decoded(self._take(end)).decode("utf-8", "replace")
        if self._buffer.startswith(b"="):
            self._take(1)
        return name

    def _value(self) -> Iterator[bytes]:
        """Yield the value up to the next field, and step over the sign between them."""
        while True:
            end = self._buffer.find(b"&")
            if end >= 0:
                yield decoded(self._take(end))
                self._take(1)
                return
            # An octet may be cut by the end of the block.
            cut = self._buffer.find(b"%", max(len(self._buffer) - 2, 0))
            if text := self._take(cut if cut >= 0 else len(self._buffer)):
                yield decoded(text)
            if not self._fill():
                yield decoded(self._take(len(self._buffer)))
                return


def decoded(text: bytes) -> bytes:
    """Return the bytes that `text` stands for: all octets at once."""
    text = text.replace(b"+", b" ")
    if b"%" not in text:
        return text
    signs = np.frombuffer(text, np.uint8)
    places = np.flatnonzero(signs[:-2] == _PERCENT)
    high, low = _DIGITS[signs[places + 1]], _DIGITS[signs[places + 2]]
    is_octet = (high >= 0) & (low >= 0)
    places = places[is_octet]
    found = signs.copy()
    found[places] = (high[is_octet] << 4) | low[is_octet]
    kept = np.ones(len(signs), np.bool_)
    kept[places + 1] = kept[places + 2] = False
    return found[kept].tobytes()
