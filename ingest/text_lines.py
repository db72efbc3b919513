"""Text reports as blocks of whole lines, with bounded lines, and the decoding of what stands in them. PURE."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

from covdash.coverage.report_warnings import Warnings
from ingest.budget import Stream

BLOCK = 1024 * 1024
MAX_LINE_BYTES = 1024 * 1024


def blocks(chunks: Iterable[bytes], warnings: Warnings) -> Iterator[bytes]:
    """Yield the text in blocks that end with a line end (the last one perhaps not), without a byte order mark, never UTF-16.

    A line longer than 1 MiB is left out with a warning `bad_record`.
    """
    rest = b""
    skipping = False
    for chunk in _gathered(_as_utf8(chunks)):
        data = chunk
        if skipping:
            end = data.find(b"\n")
            if end < 0:
                continue
            data, skipping = data[end + 1 :], False
        cut = data.rfind(b"\n") + 1
        whole = b"".join((rest, memoryview(data)[:cut])) if cut else b""
        rest = data[cut:] if cut else rest + data
        if len(rest) > MAX_LINE_BYTES:
            warnings.add("bad_record", f"a line of more than {MAX_LINE_BYTES} bytes, starting {rest[:60]!r}")
            rest, skipping = b"", True
        if whole:
            yield from _without_long_lines(whole, warnings)
    if rest:
        yield rest


def decode(raw: bytes, warnings: Warnings) -> str:
    """Return a line as text: UTF-8, else Latin-1 with a warning `bad_encoding`."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
        warnings.add("bad_encoding", f"not UTF-8, read as Latin-1: {text[:80]!r}")
        return text


def _without_long_lines(data: bytes, warnings: Warnings) -> Iterator[bytes]:
    """A block may hold a complete line that is too long; only then it is taken apart."""
    at = end = 0
    while end >= 0 and len(data) - at > MAX_LINE_BYTES:
        end = data.rfind(b"\n", at, at + MAX_LINE_BYTES + 1)
        at = end + 1
    if end >= 0:
        yield data
        return
    at = 0
    while at < len(data):
        end = data.rfind(b"\n", at, at + MAX_LINE_BYTES + 1)
        if end < 0:
            end = data.find(b"\n", at)
            warnings.add(
                "bad_record", f"a line of more than {MAX_LINE_BYTES} bytes, starting {data[at : at + 60]!r}"
            )
        else:
            yield data[at : end + 1]
        at = end + 1


def _gathered(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Join small chunks up to `BLOCK`, so that what is done once per block is done seldom."""
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size >= BLOCK:
            yield b"".join(parts)
            parts, size = [], 0
    if parts:
        yield b"".join(parts)


def _as_utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    stream = Stream(chunks)
    head = stream.peek(3)
    if head.startswith(codecs.BOM_UTF8):
        stream.read(3)
        yield from stream
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        decoder = codecs.getincrementaldecoder("utf-16")("replace")
        for chunk in stream:
            yield decoder.decode(chunk).encode("utf-8", "replace")
        yield decoder.decode(b"", final=True).encode("utf-8", "replace")
    else:
        yield from stream
