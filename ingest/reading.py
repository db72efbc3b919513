"""Bytes of one uploaded file in, outcomes out: containers, detection and parsing in one pure function. PURE; runs in the cage.

Each contained file fails or succeeds for itself. Nothing here knows an upload, a project or a setting.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from covdash.coverage.report import LimitError, Report, ReportBuilder
from ingest.budget import Stream
from ingest.containers import Entry, Refused, entries
from ingest.detect import HEAD, detect, look
from ingest.formats import FORMATS
from ingest.parsing import Format, Limits, ParseError, Source


@dataclass(frozen=True, slots=True)
class Parsed:
    """A report that was read: the name of the file, its format with the evidence in words, and what it says."""

    name: str
    format: str
    evidence: str
    report: Report


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file inside an archive that is left out: `reason` is a code, `message` a sentence."""

    name: str
    reason: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """A file that cannot be read: a code of `ParseError`, a sentence, and the place in the file."""

    name: str
    code: str
    message: str
    where: str = ""
    format: str = ""


Outcome = Parsed | Skipped | Failed
SourceText = Callable[[str], bytes | None]
"""Gives the text of a source file by the path that the report writes, or None."""
KeepText = Callable[[str, bytes], None]
"""Takes the text of a source file that a report holds, with the path that the report writes."""

LEFT_OUT = ("unknown_format", "empty", "binary")
"""What is a failure of a file sent by itself is a file left out of an archive: bundles hold more than reports."""


_WHOLE = "a report that has to be read whole"
_AREA = 8 * 1024 * 1024
_LESS = 64 * 1024
_SOUNDING = 64 * 1024 * 1024
"""Bytes that are unpacked to see whether a file that is no report is a decompression bomb."""


def no_source_text(_path: str) -> bytes | None:
    """Say that no source text is at hand."""
    return None


def forget_text(_path: str, _text: bytes) -> None:
    """Do nothing with a text."""


@dataclass(frozen=True, slots=True)
class _Texts:
    """Where texts of sources come from and go to."""

    give: SourceText
    keep: KeepText


def read_upload_file(
    name: str,
    chunks: Iterable[bytes],
    *,
    format_name: str | None = None,
    source_text: SourceText = no_source_text,
    keep_text: KeepText = forget_text,
    limits: Limits | None = None,
) -> Iterator[Outcome]:
    """Yield what one uploaded file holds: one outcome per contained file, in order.

    `chunks` are the bytes as sent (plain, gzip, zstd, zip or tar.gz); `format_name` overrides detection for every contained file.
    Raises nothing but `MemoryError`: what is wrong with the bytes is an outcome. Outcomes come one by one, so that the caller can
    pass each on and forget it; texts of sources that a report holds are kept before its outcome.
    """
    limits = limits or Limits()
    texts = _Texts(source_text, keep_text)
    joining: dict[str, _Joining] = {}
    broken = None
    try:
        for entry in entries(name, chunks, limits):
            if isinstance(entry, Refused):
                kind = Failed if entry.failed else Skipped
                yield kind(entry.name, entry.code, entry.message)
            elif outcome := _read(entry, format_name, texts, limits, joining):
                yield outcome
                del outcome  # the next report must not find this one still in memory
    except ParseError as error:
        broken = Failed(name, error.code, error.message, error.where)
    for group in joining.values():
        yield _parse(group.name, group.book, group.evidence, group.source(texts))
    if broken:
        yield broken


@dataclass(slots=True)
class _Joining:
    """The files of one archive that are one report together."""

    book: Format
    evidence: str
    parts: list[tuple[str, bytes]] = field(default_factory=list)
    size: int = 0

    @property
    def name(self) -> str:
        first, more = self.parts[0][0], len(self.parts) - 1
        return f"{first} and {more} more" if more else first

    def source(self, texts: _Texts) -> Source:
        def whole() -> bytes:
            return b"".join(data for _, data in self.parts)

        return Source(
            name=self.name,
            chunks=lambda: (data for _, data in self.parts),
            read=whole,
            area=lambda: memoryview(whole()),
            parts=lambda: self.parts,
            source_text=texts.give,
            keep_text=texts.keep,
        )


def _read(
    entry: Entry,
    format_name: str | None,
    texts: _Texts,
    limits: Limits,
    joining: dict[str, _Joining],
) -> Outcome | None:
    """Read one file; None when it waits in `joining` for the others of its report."""
    try:
        stream = Stream(entry.chunks)
        book, evidence = detect(look(stream.peek(HEAD)), FORMATS, wanted=format_name)
        if book.joins:
            group = joining.get(book.name) if entry.inside else None
            waiting = group or _Joining(book, evidence)
            data = stream.rest(limits.whole - waiting.size, "a report of several files")
            waiting.parts.append((entry.name, data))
            waiting.size += len(data)
            if entry.inside:
                joining[book.name] = waiting
                return None
            return _parse(entry.name, book, evidence, waiting.source(texts))
        source = Source(
            name=entry.name,
            chunks=lambda: iter(stream),
            read=lambda: stream.rest(limits.whole, _WHOLE),
            area=lambda: stream.area(limits.whole, _WHOLE),
            source_text=texts.give,
            keep_text=texts.keep,
        )
    except ParseError as error:
        if error.code == "binary" and (bomb := _bomb(entry)):
            return bomb
        if entry.inside and format_name is None and error.code in LEFT_OUT:
            return Skipped(entry.name, error.code, error.message)
        return Failed(entry.name, error.code, error.message, error.where)
    return _parse(entry.name, book, evidence, source)


def _parse(name: str, book: Format, evidence: str, source: Source) -> Outcome:
    try:
        with _without_cycles():
            report = ReportBuilder()
            book.parse(source, report)
            return Parsed(name, book.name, evidence, report.build())
    except ParseError as error:
        return Failed(name, error.code, error.message, error.where, book.name)
    except LimitError as error:
        return Failed(name, "too_large", str(error), "", book.name)
    except RecursionError:
        return Failed(name, "too_deep", "the report is nested too deep; no coverage report is", "", book.name)


def _bomb(entry: Entry) -> Failed | None:
    """Unpack on a little where the first bytes are no report: a decompression bomb should be called one."""
    seen = 0
    try:
        for chunk in entry.chunks:
            seen += len(chunk)
            if seen > _SOUNDING:
                break
    except ParseError as error:
        return Failed(entry.name, error.code, error.message, error.where)
    return None


@contextmanager
def _without_cycles() -> Iterator[None]:
    """Pause the cycle collector: containers made by the million trigger full scans that find nothing.

    And keep the heap from giving back every array of a block to take it again for the next one: glibc raises the size from which it
    does so when an area of more is freed (nothing is written into this one, so it takes no memory). The second one comes out of the
    heap, and numpy asks for huge pages where it makes an array of that size: what stands there next takes fewer page faults.
    """
    np.empty(_AREA, np.uint8)
    np.empty(_AREA - _LESS, np.uint8)
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
