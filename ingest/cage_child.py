"""The inside of the parser cage: reads hostile bytes, answers with messages. PURE; holds no secret and opens nothing.

Started by `cage.py` as `python -I -c "..." ROOT` with an empty environment and descriptors 0, 1, 2 only. Every format is imported
before the walls go up, since afterwards no file can be opened.
"""

from __future__ import annotations

import codecs
import gc
import os
import sys
from collections.abc import Iterator

import numpy.ma  # noqa: F401 - numpy imports it when it is first asked for unique values: too late in here

from covdash.coverage.results import encode as encode_results
from covdash.coverage.sheet_codec import encoded
from ingest import cage_lock, containers, reading
from ingest.frames import (
    HEAD,
    Block,
    Done,
    Failed,
    File,
    FrameError,
    FromCage,
    More,
    Read,
    Report,
    Skipped,
    Source,
    Text,
    ToCage,
    Unpack,
    Unpacked,
    frame,
    to_cage,
)  # fmt: skip
from ingest.parsing import Limits, ParseError

_BINARY_HEAD = 8000
"""git's own rule: a NUL among the first 8000 bytes makes a file binary."""
_BUFFER = 256 * 1024
_CHARSETS = (
    "ascii cp437 utf-8 utf-8-sig utf-16 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be latin-1 mac-roman koi8-r gbk shift-jis euc-jp "
    + " ".join(f"cp125{n}" for n in range(9))
    + "".join(f" iso8859-{n}" for n in (*range(2, 12), *range(13, 17)))
)
"""What a report may declare; a charset that is not here is unknown, since its codec cannot be loaded any more."""


def main() -> None:
    """Lock, say so, then serve one file after the other until the pipe closes."""
    cage_lock.die_with_parent()
    for name in _CHARSETS.split():
        codecs.lookup(name)
    sys.meta_path.clear()  # an import that comes too late says so, instead of failing on the walls
    gc.freeze()
    walls = cage_lock.shut()
    _say(Skipped("", walls))
    _say(Done())
    while True:
        job = _hear()
        if job is None:
            return
        if not isinstance(job, Read | Unpack):
            raise FrameError(f"a job was expected, not {type(job).__name__}")
        cage_lock.bound(memory=job.memory, seconds=job.seconds)
        try:
            _read(job) if isinstance(job, Read) else _unpack(job)
        except MemoryError:
            # The heap may be beyond repair: say what happened and make room for a new cage.
            _say(
                Failed(
                    job.name,
                    "memory_limit",
                    "reading it takes more memory than one upload may use; split it",
                    "",
                )
            )
            _say(Done(exhausted=True))
            return
        _say(Done())


def _read(job: Read) -> None:
    outcomes = reading.read_upload_file(
        job.name,
        _blocks(),
        format_name=job.format,
        source_text=_source_text,
        keep_text=_keep_text,
        limits=Limits(**job.limits),
    )
    for outcome in outcomes:
        if isinstance(outcome, reading.Parsed):
            _say_report(outcome)
        elif isinstance(outcome, reading.Skipped):
            _say(Skipped(outcome.name, _reason(outcome.reason, outcome.message)))
        else:
            _say(Failed(outcome.name, outcome.code, outcome.message, outcome.where))
        del outcome  # the next report must not find this one still in memory


def _reason(code: str, message: str) -> str:
    return f"{code}: {message}" if message else code


def _say_report(parsed: reading.Parsed) -> None:
    report = parsed.report
    warnings = tuple((code, count, text) for code, (count, text) in sorted(report.warnings.found.items()))
    _say(
        Report(
            parsed.name,
            parsed.format,
            parsed.evidence,
            report.producer,
            tuple(report.roots),
            warnings,
            len(report.files),
            encode_results(report.results),
        )
    )
    for path, coverage, counts in encoded(report.files):
        _say(File(path, coverage, counts))


def _unpack(job: Unpack) -> None:
    try:
        for entry in containers.entries(job.name, _blocks(), Limits(**job.limits)):
            if isinstance(entry, containers.Refused):
                _say(Skipped(entry.name, _reason(entry.code, entry.message)))
            else:
                _unpack_text(entry, job.longest)
    except ParseError as error:
        _say(Failed(job.name, error.code, error.message, error.where))


def _unpack_text(entry: containers.Entry, longest: int) -> None:
    kept: list[bytes] = []
    size = 0
    for chunk in entry.chunks:
        size += len(chunk)
        if size <= longest:
            kept.append(chunk)
    text = b"".join(kept)
    if size > longest:
        _say(Skipped(entry.name, f"too_large: a source text may have {longest} bytes, this one has {size}"))
    elif b"\0" in text[:_BINARY_HEAD]:
        _say(Skipped(entry.name, "binary: it is no text"))
    else:
        _say(Unpacked(entry.name, text))


def _blocks() -> Iterator[bytes]:
    while True:
        _say(More())
        block = _hear()
        if not isinstance(block, Block):
            raise FrameError("a block was expected")
        if not block.data:
            return
        yield block.data


def _source_text(path: str) -> bytes | None:
    _say(Source(path))
    text = _hear()
    if not isinstance(text, Text):
        raise FrameError("a source text was expected")
    return text.data


def _keep_text(path: str, text: bytes) -> None:
    _say(Unpacked(path, text))


_out = bytearray()


def _say(message: FromCage) -> None:
    """Put a message into the buffer; questions and ends go out at once, since the worker waits for them."""
    _out.extend(frame(message))
    if len(_out) < _BUFFER and not isinstance(message, More | Source | Done):
        return
    data = memoryview(bytes(_out))
    _out.clear()
    while data:
        data = data[os.write(1, data) :]


def _hear() -> ToCage | None:
    head = _exactly(HEAD.size)
    return to_cage.decode(_exactly(HEAD.unpack(head)[0])) if head else None


def _exactly(size: int) -> bytes:
    """Read `size` bytes; b"" when the pipe was closed before the first."""
    parts: list[bytes] = []
    have = 0
    while have < size:
        part = os.read(0, min(size - have, 1 << 20))
        if not part:
            if have:
                sys.exit("the worker went away in the middle of a message")
            return b""
        parts.append(part)
        have += len(part)
    return b"".join(parts)
