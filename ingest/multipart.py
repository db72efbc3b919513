"""multipart/form-data as a stream: one part after the other, in blocks, never the whole body. PURE.

Django's own parser enforces limits that are right for pages and wrong for reports, and it knows no partial reading of fields.
Grammar: RFC 7578 and RFC 2046 5.1.1. What the parts mean is decided in `protocols/`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

BLOCK = 64 * 1024
MAX_HEADER = 16 * 1024
MAX_BOUNDARY = 200

Read = Callable[[int], bytes]
"""Return up to `size` bytes of the body, b"" at its end."""

_PARAMETER = re.compile(r';\s*([\w!#$&+.^`|~*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))')


class MultipartError(Exception):
    """A body that is no multipart/form-data: `code` malformed_multipart or truncated_body, and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        """The sentence names the byte of the body where it is known."""
        super().__init__(code, message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class PartHead:
    """Name of the field, and the file name when the part is a file (None when it is a plain field)."""

    name: str
    filename: str | None


def boundary_of(content_type: str) -> bytes:
    """Return the boundary named in the Content-Type header. Raises `MultipartError`."""
    boundary = parameters(content_type).get("boundary", "")
    if not 0 < len(boundary) <= MAX_BOUNDARY or not boundary.isascii():
        raise MultipartError("malformed_multipart", "The Content-Type header names no usable boundary.")
    return boundary.encode()


def parameters(header: str) -> dict[str, str]:
    """Return the parameters of a header value (`form-data; name="a"`); `filename*` (RFC 5987) wins over `filename`."""
    found: dict[str, str] = {}
    for match in _PARAMETER.finditer(header):
        name, quoted, plain = match.groups()
        value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain
        found.setdefault(name.lower(), value)
    for name in [name for name in found if name.endswith("*")]:
        charset, _, text = found.pop(name).partition("'")
        try:
            found[name[:-1]] = unquote(text.partition("'")[2], encoding=charset or "utf-8", errors="replace")
        except LookupError:
            continue
    return found


class Multipart:
    """Iterates over (head, blocks) of a body. Blocks that the caller leaves unread are skipped."""

    def __init__(self, read: Read, boundary: bytes) -> None:
        """`read` gives the body; `boundary` is without its leading dashes."""
        self._read = read
        self._delimiter = b"\r\n--" + boundary
        # The first delimiter has no line end before it; pretending one makes all alike.
        self._buffer = b"\r\n"
        self._offset = -2

    def __iter__(self) -> Iterator[tuple[PartHead, Iterator[bytes]]]:
        """Yield every part. Raises `MultipartError`."""
        self._drain(self._blocks())  # what stands before the first delimiter means nothing
        while not self._at_end():
            blocks = self._blocks()
            yield self._head(), blocks
            self._drain(blocks)

    def _fill(self) -> bool:
        block = self._read(BLOCK)
        self._buffer += block
        return bool(block)

    def _take(self, size: int) -> bytes:
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        self._offset += size
        return taken

    def _drain(self, blocks: Iterator[bytes]) -> None:
        for _ in blocks:
            pass

    def _blocks(self) -> Iterator[bytes]:
        """Yield the bytes up to the next delimiter and step over it."""
        keep = len(self._delimiter) - 1
        while True:
            at = self._buffer.find(self._delimiter)
            if at >= 0:
                if at:
                    yield self._take(at)
                self._take(len(self._delimiter))
                return
            if len(self._buffer) > keep:
                yield self._take(len(self._buffer) - keep)
            if not self._fill():
                raise MultipartError(
                    "truncated_body",
                    f"The body ends after {self._offset + len(self._buffer)} bytes, inside a part.",
                )

    def _at_end(self) -> bool:
        """Read what follows a delimiter: `--` ends the body, a line end begins a part."""
        while b"\n" not in self._buffer and len(self._buffer) < MAX_BOUNDARY:
            if self._buffer.startswith(b"--"):
                break
            if not self._fill():
                break
        if self._buffer.startswith(b"--"):
            return True
        padding, found, _ = self._buffer.partition(b"\r\n")
        if not found or padding.strip(b" \t"):
            raise MultipartError(
                "malformed_multipart", f"No line end follows the boundary at byte {self._offset} of the body."
            )
        self._take(len(padding))  # the line end itself opens the headers, so that none at all is found too
        return False

    def _head(self) -> PartHead:
        while (at := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > MAX_HEADER:
                raise MultipartError(
                    "malformed_multipart",
                    f"The headers of the part at byte {self._offset} are longer than {MAX_HEADER} bytes.",
                )
            if not self._fill():
                raise MultipartError("truncated_body", "The body ends inside the headers of a part.")
        head = self._take(at + 4)[2:-4].decode("utf-8", "replace")
        headers: dict[str, str] = {}
        for line in head.split("\r\n"):
            name, _, value = line.partition(":")
            headers.setdefault(name.strip().lower(), value.strip())
        found = parameters(headers.get("content-disposition", ""))
        if not headers.get("content-disposition", "").lower().startswith("form-data") or "name" not in found:
            raise MultipartError(
                "malformed_multipart", f"The part that ends its headers at byte {self._offset} has no name."
            )
        if headers.get("content-transfer-encoding", "binary").lower() not in {"binary", "8bit", "7bit"}:
            raise MultipartError(
                "malformed_multipart", f"The part {found['name'][:80]!r} has an encoding; send plain bytes."
            )
        return PartHead(found["name"], found.get("filename"))
