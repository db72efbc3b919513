"""The text of a source file as bytes in a row: its git blob id, its compression, its lines. PURE."""

from __future__ import annotations

import hashlib
import re
import zlib

from covdash.coverage.codec import pack, unpack

MAX_TEXT = 4 * 1024 * 1024

_BREAK = re.compile(r"\r\n|\n|\r")


def blob_id(text: bytes) -> bytes:
    """Return the git blob id (SHA-1) of a file with these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(text) + text, usedforsecurity=False).digest()


def pack_text(text: bytes) -> bytes:
    """Compress the bytes of a file for storage."""
    return zlib.compress(text, 6)


def unpack_text(data: bytes) -> bytes:
    """Undo `pack_text`; at most `MAX_TEXT` bytes. Raises `zlib.error` for damage."""
    return zlib.decompressobj().decompress(data, MAX_TEXT)


def lines_of(text: bytes) -> tuple[str, ...]:
    """Return the lines of a file without their ends; bytes that are not UTF-8 are shown as U+FFFD.

    Lines end as compilers count them, at LF, CR LF or CR; a form feed or U+2028 ends none.
    """
    decoded = text.decode("utf-8", "replace").removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    lines = _BREAK.split(decoded)
    if not lines[-1]:
        lines.pop()
    return tuple(lines)


def pack_lines(lines: tuple[str, ...]) -> bytes:
    """Compress highlighted lines for storage; no line may hold a line break."""
    return pack("\n".join(lines).encode())


def unpack_lines(data: bytes) -> tuple[str, ...]:
    """Undo `pack_lines`. Raises `CodecError` for damage."""
    return tuple(unpack(data).decode("utf-8", "replace").split("\n"))
