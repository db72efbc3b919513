"""Count pack: the exact counts of one upload, one object in object storage with an index by path.

Layout: `CVDC` + version byte, 4 bytes little-endian length of the index, the index (zlib of msgpack: path -> (object digest, offset,
length)), then the blocks (each zlib). Only files whose counts say more than their states have a block.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping

import msgspec

from covdash.coverage.codec import CodecError

_MAGIC = b"CVDC\x01"
_HEAD = struct.Struct("<I")
_index_decoder = msgspec.msgpack.Decoder(dict[str, tuple[bytes, int, int]])

ReadRange = Callable[[int, int], bytes]
"""Read `length` bytes at `offset` of the stored pack."""


def write_pack(blocks: Mapping[str, tuple[bytes, bytes]]) -> bytes:
    """Return the bytes of a pack of `blocks`: path -> (object digest, counts from `codec.encode_counts`, not empty)."""
    index: dict[str, tuple[bytes, int, int]] = {}
    body: list[bytes] = []
    at = 0
    for path in sorted(blocks):
        digest, counts = blocks[path]
        packed = zlib.compress(counts, 6)
        index[path] = (digest, at, len(packed))
        body.append(packed)
        at += len(packed)
    head = zlib.compress(msgspec.msgpack.encode(index), 6)
    return b"".join((_MAGIC, _HEAD.pack(len(head)), head, *body))


def read_block(read: ReadRange, path: str) -> tuple[bytes, bytes] | None:
    """Return (object digest, counts) of `path` from a stored pack, or None when it has none. Raises `CodecError`."""
    start = len(_MAGIC) + _HEAD.size
    head = read(0, start)
    if head[: len(_MAGIC)] != _MAGIC or len(head) != start:
        raise CodecError("not a count pack of version 1")
    (length,) = _HEAD.unpack(head[len(_MAGIC) :])
    try:
        index = _index_decoder.decode(zlib.decompress(read(start, length)))
        if path not in index:
            return None
        digest, offset, size = index[path]
        return digest, zlib.decompress(read(start + length + offset, size))
    except (zlib.error, msgspec.DecodeError) as error:
        raise CodecError(f"damaged count pack: {error}") from error
