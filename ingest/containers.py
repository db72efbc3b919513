"""Containers of reports: plain, gzip, zstd, zip, tar and tar.gz, opened as streams with limits. PURE; knows no format.

One layer is opened (tar.gz and tar.zst count as one, and so do an archive and the zlib around each of its files). Names of entries are
data, never paths on a disk. Every size that a container claims is only a claim: bytes are counted as they come out.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import IO, cast

import zstandard

from ingest import zips
from ingest.budget import Budget, Stream
from ingest.parsing import Limits, ParseError

_BLOCK = 1024 * 1024
_FEED = 64 * 1024
_GZIP, _ZSTD, _ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_ZLIB = (b"\x78\x9c", b"\x78\x01")
_OTHER = (
    (b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"), (b"7z\xbc\xaf\x27\x1c", "7-Zip"), (b"Rar!", "RAR"), (_EMPTY_ZIP, "empty zip"),
)  # fmt: skip
_MAX_MEMBERS = 1_000
_MAX_WINDOW = 8 * 1024 * 1024
_TAR_MAGIC_AT = 257
_MAX_NAME = 4096


@dataclass(frozen=True, slots=True)
class Entry:
    """One file to read: its name inside the container, or that of the upload. `chunks` can be consumed once."""

    name: str
    chunks: Iterator[bytes]
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """An entry that is left out, with a code (`nested_archive`, `path_escape`, ...) and a sentence; `failed` if it should not be."""

    name: str
    code: str
    message: str
    failed: bool = False


def entries(name: str, chunks: Iterable[bytes], limits: Limits) -> Iterator[Entry | Refused]:
    """Yield the files of an upload. The chunks of an entry must be consumed before the next entry is asked for.

    Raises `ParseError` when the container itself cannot be opened or breaks a limit.
    """
    stream = Stream(chunks)
    budget = Budget(limits, stream)
    plain = iter(stream)
    magic = stream.peek(_TAR_MAGIC_AT + 8)
    layer = ""
    if magic.startswith(_GZIP):
        layer, plain = "gzip", budget.spend(gunzip(stream))
    elif magic.startswith(_ZSTD):
        layer, plain = "zstd", budget.spend(_unzstd(stream))
    elif magic.startswith(_ZIP):
        yield from _zip(stream, budget, limits)
        return
    inner = Stream(plain)
    magic = inner.peek(_TAR_MAGIC_AT + 8)
    if magic[_TAR_MAGIC_AT : _TAR_MAGIC_AT + 5] == b"ustar":
        yield from _tar(inner, budget, limits)
        return
    if kind := archive_kind(magic):
        raise ParseError("nested_archive", f"{_called(kind, layer)}; {_ADVICE}")
    # What is unpacked in one piece keeps the name without the suffix of the packer.
    yield Entry(name, budget.entry(inner) if layer else iter(inner))


_ADVICE = "send the report itself, or one gzip, zstd, zip or tar.gz around plain reports"


def archive_kind(head: bytes) -> str:
    """Return what kind of archive `head` starts, or ""."""
    known = ((_GZIP, "gzip"), (_ZSTD, "zstd"), (_ZIP, "zip"), *_OTHER)
    for magic, kind in known:
        if head.startswith(magic):
            return kind
    return "tar" if head[_TAR_MAGIC_AT : _TAR_MAGIC_AT + 5] == b"ustar" else ""


def _called(kind: str, layer: str) -> str:
    return f"a {kind} file inside {layer}" if layer else f"{kind} is not a container that is read here"


def gunzip(stream: Stream) -> Iterator[bytes]:
    """Yield what the members of a gzip stream unpack to, at most `_BLOCK` at a time."""
    members = 0
    data = stream.read(_FEED)
    while data:
        members += 1
        if members > _MAX_MEMBERS:
            raise ParseError(
                "decompression_limit",
                f"the gzip file has more than {_MAX_MEMBERS} members; compress it in one go",
            )
        engine = zlib.decompressobj(31)
        try:
            while not engine.eof:
                if not data:
                    raise ParseError(
                        "truncated",
                        "the gzip file ends early: the upload was cut off; send it again",
                        stream.place(),
                    )
                out = engine.decompress(data, _BLOCK)
                data = engine.unconsumed_tail or (b"" if engine.eof else stream.read(_FEED))
                if out:
                    yield out
        except zlib.error as error:
            raise ParseError(
                "malformed", f"the gzip file is damaged ({error}); send it again", stream.place()
            ) from error
        data = engine.unused_data or stream.read(_FEED)
        if data and not data.lstrip(b"\0"):  # padding, as tape writers leave it
            data = stream.read(_FEED)
        if data and not data.startswith(_GZIP[: len(data)]):
            return


def _is_zlib(head: bytes) -> bool:
    """Say whether `head` begins a zlib stream: two bytes that no text begins with, or that fit and what follows can be unpacked."""
    if head[:2] in _ZLIB:
        return True
    if len(head) < 2 or head[0] != _ZLIB[0][0] or int.from_bytes(head[:2], "big") % 31:
        return False
    try:
        zlib.decompressobj().decompress(head, _BLOCK)
    except zlib.error:
        return False
    return True


def _inflate(stream: Stream) -> Iterator[bytes]:
    """Yield what a zlib stream unpacks to: so some clients pack each of their files."""
    engine = zlib.decompressobj()
    data = stream.read(_FEED)
    try:
        while not engine.eof:
            if not data:
                raise ParseError("truncated", "the packed file ends early: it was cut off; send it again")
            out = engine.decompress(data, _BLOCK)
            data = engine.unconsumed_tail or stream.read(_FEED)
            if out:
                yield out
    except zlib.error as error:
        raise ParseError("malformed", f"the packed file is damaged ({error}); send it again") from error


def _unzstd(stream: Stream) -> Iterator[bytes]:
    """Yield what a zstd stream unpacks to; the window is bounded, and the size in the header is only a hint."""
    engine = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW).stream_reader(
        cast("IO[bytes]", stream), read_size=128 * 1024, read_across_frames=True
    )
    try:
        while out := engine.read(_BLOCK):
            yield out
    except zstandard.ZstdError as error:
        raise ParseError(
            "malformed", f"the zstd file is damaged or wants too much memory ({error})", stream.place()
        ) from error


def _zip(stream: Stream, budget: Budget, limits: Limits) -> Iterator[Entry | Refused]:
    data = stream.rest(limits.archive, "the zip file")
    for member in zips.directory(data, limits):
        name = _shown(member.name)
        if problem := member.problem or _name_problem(member.name):
            yield Refused(name, *problem)
            continue
        yield from _opened(name, partial(zips.unpack, data, member), budget)
        if budget.is_spent:
            return


def _tar(stream: Stream, budget: Budget, limits: Limits) -> Iterator[Entry | Refused]:
    count = 0
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r|") as archive:
            for member in archive:
                count += 1
                if count > limits.entries:
                    raise ParseError(
                        "too_large",
                        f"the tar archive has more than {limits.entries} entries; send only reports",
                    )
                if member.isdir():
                    continue
                name = _shown(member.name)
                if problem := _tar_problem(member) or _name_problem(member.name):
                    yield Refused(name, *problem)
                    continue
                body = archive.extractfile(member)
                if body is not None:
                    yield from _opened(name, partial(_blocks_of, body), budget)
                if budget.is_spent:
                    return
    except tarfile.TarError as error:
        raise ParseError(
            "malformed", f"the tar archive is damaged ({error}); send it again", stream.place()
        ) from error


def _blocks_of(body: IO[bytes]) -> Iterator[bytes]:
    return iter(partial(body.read, _BLOCK), b"")


def _tar_problem(member: tarfile.TarInfo) -> tuple[str, str] | None:
    if not member.isreg():
        return "not_a_file", "links and devices are left out; pack the reports themselves"
    if member.issparse():
        return "not_a_file", "sparse files are left out; pack the reports themselves"
    return None


def _shown(name: str) -> str:
    """Return a name of an archive as text that can be stored: bytes that are no UTF-8 and NUL become marks."""
    return (
        name.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\0", "\ufffd")[:_MAX_NAME]
    )


def _name_problem(name: str) -> tuple[str, str] | None:
    parts = name.replace("\\", "/").split("/")
    if name.startswith("/") or ".." in parts or name[1:2] == ":":
        return "path_escape", "the name leads out of the archive; pack reports with relative names"
    if parts[-1].startswith("._") or "__MACOSX" in parts or parts[-1] in (".DS_Store", "Thumbs.db"):
        return "not_a_report", "a side file of the desktop"
    return None


def _opened(name: str, unpack: partial[Iterator[bytes]], budget: Budget) -> Iterator[Entry | Refused]:
    packed = Stream(unpack())
    try:
        is_packed = _is_zlib(packed.peek(_TAR_MAGIC_AT + 8))
        inner = Stream(budget.entry(budget.spend(_inflate(packed) if is_packed else iter(packed))))
        head = inner.peek(_TAR_MAGIC_AT + 8)
    except ParseError as error:
        yield Refused(name, error.code, error.message, failed=True)
        return
    if kind := archive_kind(head):
        yield Refused(name, "nested_archive", f"a {kind} file inside an archive; {_ADVICE}")
        return
    yield Entry(name, chain(inner), inside=True)
