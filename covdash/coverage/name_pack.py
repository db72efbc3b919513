"""The names of one upload in a few bytes, so that a rule can be tried on them without reading the reports again. PURE.

Kept beside the counts in object storage. Two uploads with the same names share one pack.
"""

from __future__ import annotations

import zlib
from typing import TypeVar

import msgspec

Value = TypeVar("Value")
MAX_BYTES = 256 * 1024 * 1024


class PackError(ValueError):
    """Bytes that are no such pack."""


class Group(msgspec.Struct, frozen=True, array_like=True):
    """Names of reports that have the same source roots; `go` says that they are Go import paths."""

    roots: tuple[str, ...]
    go: bool
    names: tuple[str, ...]


def encode(groups: list[Group]) -> bytes:
    """Return the pack of all names of an upload: equal names, equal bytes."""
    return zlib.compress(msgspec.msgpack.encode(groups), 6)


def encode_files(paths: list[str]) -> bytes:
    """Return a pack of the files of a repository."""
    return zlib.compress(msgspec.msgpack.encode(sorted(paths)), 6)


def decode(data: bytes) -> tuple[Group, ...]:
    """Return the groups of a pack. Raises `PackError`."""
    return _decoded(data, _groups)


def decode_files(data: bytes) -> tuple[str, ...]:
    """Return the files of a pack. Raises `PackError`."""
    return _decoded(data, _files)


_groups = msgspec.msgpack.Decoder(tuple[Group, ...])
_files = msgspec.msgpack.Decoder(tuple[str, ...])


def _decoded(data: bytes, decoder: msgspec.msgpack.Decoder[Value]) -> Value:
    try:
        unpacker = zlib.decompressobj()
        plain = unpacker.decompress(data, MAX_BYTES)
        if unpacker.unconsumed_tail or not unpacker.eof:
            raise PackError("the pack is too long or cut off")
        return decoder.decode(plain)
    except (zlib.error, msgspec.DecodeError) as error:
        raise PackError(f"damaged pack of names: {error}") from error
