"""Counting of bytes while containers are unpacked: what came in, what went out, and when it is too much. PURE."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import chain

import numpy as np

from ingest.parsing import Limits, ParseError

_GREAT_PAGE = 2 * 1024 * 1024


class Stream:
    """A file-like reader over chunks that counts what was taken and lets one look ahead."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        """`chunks` are consumed once."""
        self._chunks = iter(chunks)
        self._ahead = b""
        self._at = 0
        self.taken = 0

    def peek(self, size: int) -> bytes:
        """Return up to `size` bytes without taking them."""
        if len(self._ahead) - self._at < size:
            parts = [self._ahead[self._at :]]
            have = len(parts[0])
            while have < size and (chunk := next(self._chunks, None)) is not None:
                parts.append(chunk)
                have += len(chunk)
            self._ahead, self._at = b"".join(parts), 0
        return self._ahead[self._at : self._at + size]

    def read(self, size: int = -1) -> bytes:
        """Return `size` bytes, fewer only at the end; without a size whatever comes next, b"" at the end."""
        if size >= 0:
            data = self.peek(size)
            self._at += len(data)
        elif self._at < len(self._ahead):
            data = self._ahead[self._at :]
            self._ahead, self._at = b"", 0
        else:
            data = next((chunk for chunk in self._chunks if chunk), b"")
        self.taken += len(data)
        return data

    def rest(self, limit: int, what: str) -> bytes:
        """Return everything that is left. Raises `ParseError` too_large beyond `limit` bytes."""
        whole = BytesIO()  # grows in place and gives its bytes away, so nothing is held twice
        for chunk in self._bounded(limit, what):
            whole.write(chunk)
        return whole.getvalue()

    def area(self, limit: int, what: str) -> memoryview:
        """As `rest`, in half the time: numpy asks for great pages. Of the room for `limit` bytes only what is written takes memory."""
        chunks = self._bounded(limit, what)
        first = []
        have = 0
        for chunk in chunks:
            first.append(chunk)
            have += len(chunk)
            if have > _GREAT_PAGE:
                break
        else:
            return memoryview(b"".join(first))
        room = np.empty(limit, np.uint8).data
        have = 0
        for chunk in chain(first, chunks):
            room[have : have + len(chunk)] = chunk
            have += len(chunk)
        return room[:have]

    def _bounded(self, limit: int, what: str) -> Iterator[bytes]:
        have = 0
        for chunk in self:
            have += len(chunk)
            if have > limit:
                raise ParseError(
                    "too_large",
                    f"{what} is larger than {limit} bytes, the most that is held in memory at once",
                )
            yield chunk

    def place(self) -> str:
        """Return where the reader stands, in words."""
        return f"byte {self.taken}"

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.read():
            yield chunk


class Budget:
    """The limits of one upload: bytes that come out in all, per entry, and in proportion to what went in."""

    def __init__(self, limits: Limits, stream: Stream) -> None:
        """`stream` tells how many bytes went in."""
        self._limits = limits
        self._stream = stream
        self._out = 0
        self.is_spent = False
        """Whether the limits of the whole upload were broken: nothing more is unpacked then."""

    def spend(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Pass chunks on, counting them. Raises `ParseError` decompression_limit."""
        limits = self._limits
        for chunk in chunks:
            self._out += len(chunk)
            too_much = self._out > limits.unpacked
            self.is_spent = too_much or (
                self._out > limits.ratio_from and self._out > limits.ratio * max(self._stream.taken, 1)
            )
            if too_much:
                raise ParseError(
                    "decompression_limit",
                    f"the upload unpacks to more than {limits.unpacked} bytes (COVDASH_MAX_UNPACKED_BYTES); split it",
                )
            if self.is_spent:
                raise ParseError(
                    "decompression_limit",
                    f"the upload unpacks to more than {limits.ratio} times its size (COVDASH_MAX_RATIO), as no report does: "
                    f"{self._out} bytes came out of {self._stream.taken}",
                )
            yield chunk

    def entry(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Pass the chunks of one entry on. Raises `ParseError` decompression_limit when it is too large."""
        size = 0
        for chunk in chunks:
            size += len(chunk)
            if size > self._limits.entry:
                raise ParseError(
                    "decompression_limit", f"one report is larger than {self._limits.entry} bytes; split it"
                )
            yield chunk
