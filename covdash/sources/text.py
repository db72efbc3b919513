"""A source text as lines: how lines end, and how highlighted ones are kept. PURE."""

from __future__ import annotations

import re

from covdash.coverage.codec import pack, unpack

_BREAK = re.compile(r"\r\n|\n|\r")
_RAW_BREAK = re.compile(_BREAK.pattern.encode())


def lines_of(text: bytes) -> tuple[str, ...]:
    """Return the lines of a file without their ends; bytes that are not UTF-8 are shown as U+FFFD.

    Lines end as compilers count them, at LF, CR LF or CR; a form feed or U+2028 ends none.
    """
    decoded = text.decode("utf-8", "replace").removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    lines = _BREAK.split(decoded) if "\r" in decoded else decoded.split("\n")
    if not lines[-1]:
        lines.pop()
    return tuple(lines)


def raw_lines_of(text: bytes) -> list[bytes]:
    """Return the same lines as bytes, to compare them: a byte order mark is a part of the first one."""
    lines = _RAW_BREAK.split(text) if b"\r" in text else text.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines


def pack_lines(lines: tuple[str, ...]) -> bytes:
    """Compress highlighted lines for storage; no line may hold a line break."""
    return pack("\n".join(lines).encode())


def unpack_lines(data: bytes) -> tuple[str, ...]:
    """Undo `pack_lines`. Raises `CodecError` for damage."""
    return tuple(unpack(data).decode("utf-8", "replace").split("\n"))
