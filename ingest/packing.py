"""Many files of one delivery packed as one: a tar archive as a stream, the same for the same files in any order. PURE."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

MOST = 2_000
"""Files of one archive: as many as a reader of archives takes."""
_TAR_BLOCK = 512
_MAX_NAME = 1000


@dataclass(frozen=True, slots=True)
class Member:
    """A file to pack: its name, the number of its bytes, and the bytes."""

    name: str
    size: int
    blocks: Callable[[], Iterable[bytes]]


def packs(members: Sequence[Member]) -> Iterator[list[Member]]:
    """Yield the members by name, at most `MOST` at a time; names are made short and relative before."""
    names = relative([member.name for member in members])
    named = [Member(name, member.size, member.blocks) for name, member in zip(names, members, strict=True)]
    named.sort(key=lambda member: (member.name, member.size))
    for at in range(0, len(named), MOST):
        yield named[at : at + MOST]


def tar(members: Iterable[Member]) -> Iterator[bytes]:
    """Yield a tar archive of `members`; nothing of it depends on time or machine. Raises `ValueError` if a size is not kept."""
    for member in members:
        head = tarfile.TarInfo(member.name)
        head.size = member.size
        yield head.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
        seen = 0
        for block in member.blocks():
            seen += len(block)
            yield block
        if seen != member.size:
            raise ValueError(f"{member.name} has {seen} bytes, not {member.size}")
        yield b"\0" * (-seen % _TAR_BLOCK)
    yield b"\0" * (2 * _TAR_BLOCK)


def gzip(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the gzip of `blocks`, quickly packed."""
    engine = zlib.compressobj(1, zlib.DEFLATED, 31)
    for block in blocks:
        if packed := engine.compress(block):
            yield packed
    yield engine.flush()


def relative(paths: Sequence[str]) -> list[str]:
    """Return names of files on a CI machine without the folders that all of them share, and with no way out of an archive."""
    parts = [_parts(path) for path in paths]
    shared = 0
    if parts:
        shortest = min(len(found) for found in parts) - 1
        while shared < shortest and len({found[shared] for found in parts}) == 1:
            shared += 1
    return ["/".join(found[shared:])[-_MAX_NAME:].lstrip("/") for found in parts]


def _parts(path: str) -> list[str]:
    clean = "".join("\ufffd" if ord(letter) < 32 or ord(letter) == 127 else letter for letter in path)
    clean = clean.encode("utf-8", "replace").decode()
    found = [part for part in clean.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    if found and found[0][1:] == ":":
        found = found[1:]
    return found or ["report"]
