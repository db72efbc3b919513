"""What the worker and its parser cage say to each other: msgpack messages, each with its length before it. PURE.

The cage asks, the worker answers: the cage gets a block only when it asked for `More`, so neither side can wait for the other. The
answers of the cage are hostile: the decoder takes exactly these shapes, and lengths are bounded before a byte is kept.
"""

from __future__ import annotations

import struct

import msgspec

HEAD = struct.Struct("<I")
MAX_FRAME = 256 * 1024 * 1024
"""A coverage object of ten million lines with its counts fits; nothing true is longer."""


class FrameError(Exception):
    """Bytes that are no message of this protocol."""


class Read(msgspec.Struct, frozen=True, tag=True):
    """To the cage: read this uploaded file. `limits` are the fields of `parsing.Limits`; `memory` is bytes of address space in all."""

    name: str
    format: str | None
    limits: dict[str, int]
    memory: int
    seconds: int


class Unpack(msgspec.Struct, frozen=True, tag=True):
    """To the cage: open this archive of source texts; a text longer than `longest` bytes is left out."""

    name: str
    limits: dict[str, int]
    memory: int
    seconds: int
    longest: int


class Block(msgspec.Struct, frozen=True, tag=True):
    """To the cage: the next bytes of the file; none at its end."""

    data: bytes


class Text(msgspec.Struct, frozen=True, tag=True):
    """To the cage: the source text that it asked for; None when nobody sent it."""

    data: bytes | None


class More(msgspec.Struct, frozen=True, tag=True):
    """From the cage: send the next block."""


class Source(msgspec.Struct, frozen=True, tag=True):
    """From the cage: send the text of the source file at this path, as the report writes it."""

    path: str


class Report(msgspec.Struct, frozen=True, tag=True):
    """From the cage: a report was parsed; `files` messages of type `File` follow. `name` says where in the upload it was.

    `results` are tests, mutants and methods as `results.encode` packs them.
    """

    name: str
    format: str
    evidence: str
    producer: str
    roots: tuple[str, ...]
    warnings: tuple[tuple[str, int, str], ...]
    files: int
    results: bytes = b""


class File(msgspec.Struct, frozen=True, tag=True):
    """From the cage: one source file of the report: its path as written, `codec.encode` and `codec.encode_counts` of its coverage."""

    path: str
    coverage: bytes
    counts: bytes


class Skipped(msgspec.Struct, frozen=True, tag=True):
    """From the cage: a contained file that is left out, and why."""

    name: str
    reason: str


class Failed(msgspec.Struct, frozen=True, tag=True):
    """From the cage: a contained file that cannot be used."""

    name: str
    code: str
    message: str
    where: str


class Unpacked(msgspec.Struct, frozen=True, tag=True):
    """From the cage: one source text of an archive, or one that a report holds; it comes before that report."""

    name: str
    data: bytes


class Done(msgspec.Struct, frozen=True, tag=True):
    """From the cage: nothing more about this file. After `exhausted` the cage ends itself: it was out of memory."""

    exhausted: bool = False


ToCage = Read | Unpack | Block | Text
FromCage = More | Source | Report | File | Skipped | Failed | Unpacked | Done

_encoder = msgspec.msgpack.Encoder()
to_cage: msgspec.msgpack.Decoder[ToCage] = msgspec.msgpack.Decoder(ToCage)
from_cage: msgspec.msgpack.Decoder[FromCage] = msgspec.msgpack.Decoder(FromCage)


def frame(message: ToCage | FromCage) -> bytes:
    """Return `message` as it goes over the pipe."""
    body = _encoder.encode(message)
    return HEAD.pack(len(body)) + body
