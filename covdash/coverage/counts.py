"""Count pack: the exact counts of one upload, one object in object storage with an index by path.

Layout: `CVDC` + version byte, number of buckets, their size in all, a table of (offset, length) of the buckets, the buckets (each
zlib of msgpack: path -> (object digest, offset, length) of a block), the blocks (each zlib). Numbers are 4 bytes little-endian;
offsets of buckets count from the first bucket, those of blocks from the first block. A path stands in the bucket CRC-32(path) modulo
their number, so that one block of a report of 20,000 files costs four short reads and not a read of the whole index.
Only files whose counts say more than their states have a block.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping

import msgspec

from covdash.coverage.codec import CodecError

_MAGIC = b"CVDC\x01"
_NUMBER = struct.Struct("<I")
_SPAN = struct.Struct("<II")
_PER_BUCKET = 128
_bucket_decoder = msgspec.msgpack.Decoder(dict[str, tuple[bytes, int, int]])

ReadRange = Callable[[int, int], bytes]
"""Read `length` bytes at `offset` of the stored pack."""


def write_pack(blocks: Mapping[str, tuple[bytes, bytes]]) -> bytes:
    """Return the bytes of a pack of `blocks`: path -> (object digest, counts from `codec.encode_counts`, not empty)."""
    paths = sorted(blocks)
    count = max(1, -(-len(paths) // _PER_BUCKET))
    buckets: list[dict[str, tuple[bytes, int, int]]] = [{} for _ in range(count)]
    body: list[bytes] = []
    at = 0
    for path in paths:
        digest, counts = blocks[path]
        packed = zlib.compress(counts, 6)
        buckets[_bucket_of(path, count)][path] = (digest, at, len(packed))
        body.append(packed)
        at += len(packed)
    index = [zlib.compress(msgspec.msgpack.encode(bucket), 6) for bucket in buckets]
    table: list[bytes] = []
    at = 0
    for bucket in index:
        table.append(_SPAN.pack(at, len(bucket)))
        at += len(bucket)
    return b"".join((_MAGIC, _NUMBER.pack(count), _NUMBER.pack(at), *table, *index, *body))


def read_block(read: ReadRange, path: str) -> tuple[bytes, bytes] | None:
    """Return (object digest, counts) of `path` from a stored pack, or None when it has none. Raises `CodecError`."""
    start = len(_MAGIC) + 2 * _NUMBER.size
    head = read(0, start)
    if head[: len(_MAGIC)] != _MAGIC or len(head) != start:
        raise CodecError("not a count pack of version 1")
    count, index_size = _SPAN.unpack(head[len(_MAGIC) :])
    if not count:
        raise CodecError("damaged count pack: it has no index")
    try:
        offset, size = _SPAN.unpack(read(start + _bucket_of(path, count) * _SPAN.size, _SPAN.size))
        first = start + count * _SPAN.size
        bucket = _bucket_decoder.decode(zlib.decompress(read(first + offset, size)))
        if path not in bucket:
            return None
        digest, offset, size = bucket[path]
        return digest, zlib.decompress(read(first + index_size + offset, size))
    except (zlib.error, struct.error, msgspec.DecodeError) as error:
        raise CodecError(f"damaged count pack: {error}") from error


def _bucket_of(path: str, count: int) -> int:
    return zlib.crc32(path.encode("utf-8", "surrogatepass")) % count
