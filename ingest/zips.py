"""The directory of a zip file, read with suspicion, and the unpacking of one member. PURE.

The directory must agree with itself: no two members may share bytes, and nothing is believed that is not counted later.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.parsing import Limits, ParseError

_END = struct.Struct("<4s4H2LH")
_END_MAGIC = b"PK\x05\x06"
_FAR = struct.Struct("<4sQ2H2L4Q")
_FAR_LOCATOR = struct.Struct("<4sLQL")
_LOCAL = struct.Struct("<4s5H3L2H")
_BLOCK = 1024 * 1024
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGED = "the zip file is damaged or was cut off; send it again"


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a zip: where its packed bytes lie, and why it is left out, if it is (code, sentence)."""

    name: str
    start: int
    packed: int
    method: int
    crc: int
    problem: tuple[str, str] | None = None


def directory(data: bytes, limits: Limits) -> list[Member]:
    """Return the files of a zip in the order of its directory. Raises `ParseError` when the zip cannot be trusted."""
    at, count, size = _end_record(data)
    if count > limits.entries:
        raise ParseError(
            "too_large",
            f"the zip file has {count} entries; at most {limits.entries} are read: send only reports",
        )
    if size > limits.directory:
        raise ParseError(
            "too_large",
            f"the directory of the zip file has {size} bytes; at most {limits.directory} are read",
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = archive.infolist()
    except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError) as error:
        raise ParseError("malformed", f"{_DAMAGED} ({error})") from error
    if len(found) > limits.entries:
        raise ParseError(
            "too_large", f"the zip file has {len(found)} entries; at most {limits.entries} are read"
        )
    members: list[Member] = []
    ranges: list[tuple[int, int]] = []
    names: set[str] = set()
    for info in found:
        start = _body(data, info)
        ranges.append((info.header_offset, start + info.compress_size))
        if info.filename in names:
            raise ParseError(
                "malformed",
                "two entries of the zip file have the same name; pack each report once",
                info.filename,
            )
        names.add(info.filename)
        if not info.is_dir():
            packed = Member(
                info.filename, start, info.compress_size, info.compress_type, info.CRC, _problem(info)
            )
            members.append(packed)
    ranges.sort()
    for (_, end), (start, _) in zip(ranges, [*ranges[1:], (at, at)], strict=True):
        if end > start:
            raise ParseError(
                "malformed",
                "entries of the zip file share bytes, as only a decompression bomb does",
                f"byte {start}",
            )
    return members


def unpack(data: bytes, member: Member) -> Iterator[bytes]:
    """Yield the bytes of one member. Raises `ParseError` malformed for damage, at the end for a wrong checksum."""
    view = memoryview(data)[member.start : member.start + member.packed]
    engine = zlib.decompressobj(-15)
    crc = 0
    place = f"entry {member.name!r}"
    try:
        for at in range(0, len(view), 64 * 1024):
            piece = bytes(view[at : at + 64 * 1024])
            while piece:
                out = piece if member.method == zipfile.ZIP_STORED else engine.decompress(piece, _BLOCK)
                crc = zlib.crc32(out, crc)
                yield out
                piece = b"" if member.method == zipfile.ZIP_STORED else engine.unconsumed_tail
    except zlib.error as error:
        raise ParseError("malformed", f"{_DAMAGED} ({error})", place) from error
    if crc != member.crc or (member.method == zipfile.ZIP_DEFLATED and not engine.eof):
        raise ParseError("malformed", f"{_DAMAGED} (wrong checksum)", place)


def _end_record(data: bytes) -> tuple[int, int, int]:
    """Return where the directory starts, how many entries it claims, and its size."""
    at = data.rfind(_END_MAGIC, max(0, len(data) - _END.size - 0xFFFF))
    if at < 0 or at + _END.size > len(data):
        raise ParseError(
            "truncated", "the zip file has no directory at its end: the upload was cut off; send it again"
        )
    _, _, _, _, count, size, start, _ = _END.unpack_from(data, at)
    locator = at - _FAR_LOCATOR.size
    if locator >= 0 and data[locator : locator + 4] == b"PK\x06\x07":
        far = _FAR_LOCATOR.unpack_from(data, locator)[2]
        if far + _FAR.size > len(data) or data[far : far + 4] != b"PK\x06\x06":
            raise ParseError("malformed", _DAMAGED, f"byte {locator}")
        *_, count, size, start = _FAR.unpack_from(data, far)
    return start, count, size


def _body(data: bytes, info: zipfile.ZipInfo) -> int:
    """Return where the packed bytes of an entry start. Raises `ParseError` when they do not lie in the file."""
    at = info.header_offset
    if at < 0 or at + _LOCAL.size > len(data) or data[at : at + 4] != b"PK\x03\x04":
        raise ParseError("malformed", _DAMAGED, f"entry {info.filename!r}")
    *_, name_size, extra_size = _LOCAL.unpack_from(data, at)
    start = int(at + _LOCAL.size + name_size + extra_size)
    if start + info.compress_size > len(data):
        raise ParseError("malformed", _DAMAGED, f"entry {info.filename!r}")
    return start


def _problem(info: zipfile.ZipInfo) -> tuple[str, str] | None:
    if info.flag_bits & 1:
        return "encrypted", "the entry is encrypted; pack reports without a password"
    if info.compress_type not in _METHODS:
        return (
            "unsupported_method",
            f"the entry is packed by method {info.compress_type}; use deflate or store",
        )
    mode = info.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "not_a_file", "links and devices are left out; pack the reports themselves"
    return None
