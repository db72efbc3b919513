"""Bytes of one uploaded file in, outcomes out: containers, detection and parsing in one pure function. PURE; runs in the cage.

Each contained file fails or succeeds for itself. Nothing here knows an upload, a project or a setting.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from covdash.coverage.report import LimitError, Report, ReportBuilder
from ingest.budget import Stream
from ingest.containers import Entry, Refused, entries
from ingest.detect import HEAD, detect, look
from ingest.formats import FORMATS
from ingest.parsing import Limits, ParseError, Source


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

_LEFT_OUT = ("unknown_format", "empty", "binary")
"""What is a failure of a file sent by itself is a file left out of an archive: bundles hold more than reports."""


_SOUNDING = 64 * 1024 * 1024
"""Bytes that are unpacked to see whether a file that is no report is a decompression bomb."""


def no_source_text(_path: str) -> bytes | None:
    """Say that no source text is at hand."""
    return None


def read_upload_file(
    name: str,
    chunks: Iterable[bytes],
    *,
    format_name: str | None = None,
    source_text: SourceText = no_source_text,
    limits: Limits | None = None,
) -> Iterator[Outcome]:
    """Yield what one uploaded file holds: one outcome per contained file, in order.

    `chunks` are the bytes as sent (plain, gzip, zstd, zip or tar.gz); `format_name` overrides detection for every contained file.
    Raises nothing but `MemoryError`: what is wrong with the bytes is an outcome. Outcomes come one by one, so that the caller can
    pass each on and forget it.
    """
    limits = limits or Limits()
    try:
        for entry in entries(name, chunks, limits):
            if isinstance(entry, Refused):
                kind = Failed if entry.failed else Skipped
                yield kind(entry.name, entry.code, entry.message)
            else:
                yield _read(entry, format_name, source_text, limits)
    except ParseError as error:
        yield Failed(name, error.code, error.message, error.where)


def _read(entry: Entry, format_name: str | None, source_text: SourceText, limits: Limits) -> Outcome:
    format_found = ""
    try:
        stream = Stream(entry.chunks)
        book, evidence = detect(look(stream.peek(HEAD)), FORMATS, wanted=format_name)
        format_found = book.name
        report = ReportBuilder()
        source = Source(
            name=entry.name,
            chunks=lambda: iter(stream),
            read=lambda: stream.rest(limits.whole, "a report that has to be read whole"),
            source_text=source_text,
        )
        with _without_cycles():
            book.parse(source, report)
            return Parsed(entry.name, book.name, evidence, report.build())
    except ParseError as error:
        if error.code == "binary" and (bomb := _bomb(entry)):
            return bomb
        if entry.inside and format_name is None and not format_found and error.code in _LEFT_OUT:
            return Skipped(entry.name, error.code, error.message)
        return Failed(entry.name, error.code, error.message, error.where, format_found)
    except LimitError as error:
        return Failed(entry.name, "too_large", str(error), "", format_found)
    except RecursionError:
        return Failed(
            entry.name, "too_deep", "the report is nested too deep; no coverage report is", "", format_found
        )


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
    """Pause the cycle collector: containers made by the million trigger full scans that find nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
