"""The contract of the shelf of formats: what a format is, what it is given, how it fails. PURE; runs inside the parser cage.

A format is one file in `ingest/formats/` with `FORMAT = Format(...)`. It looks at a `Peek` to say whether a report is its own, and
parses a `Source` into a `ReportBuilder`. It reads no settings, touches no disk and no database, and knows no project.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from covdash.coverage.report import ReportBuilder


class ParseError(Exception):
    """A report that cannot be used: a stable `code`, a sentence for the person who sent it, and the place in the file.

    Codes: empty unknown_format format_mismatch ambiguous_format malformed truncated bad_encoding binary too_deep too_large
    decompression_limit forbidden_xml forbidden_sqlite unsupported_version needs_sources nested_archive encrypted.
    """

    def __init__(self, code: str, message: str, where: str = "") -> None:
        """`where` is a position in words: `line 12`, `byte 48211`, `$.files["a.py"]`."""
        super().__init__(code, message, where)
        self.code = code
        self.message = message
        self.where = where

    def __str__(self) -> str:
        return f"{self.message} ({self.where})" if self.where else self.message


MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one uploaded file may hold; in bytes unless the name says otherwise. `docs/formats.md` explains the numbers."""

    unpacked: int = 1024 * MIB
    entry: int = 768 * MIB
    whole: int = 128 * MIB
    archive: int = 256 * MIB
    ratio: int = 100
    ratio_from: int = 16 * MIB
    entries: int = 2_000
    directory: int = MIB


@dataclass(frozen=True, slots=True)
class Peek:
    """The first 64 KiB of a report, opened once for all formats (see `docs/formats.md`, detection).

    `kind` is one of xml, json, text, sqlite, binary. For XML: the root element, its attributes, and the name of its first child.
    For JSON: the keys of the top-level object in order (complete only if they fit into the head), `json_first_keys` the keys of the
    first value that is an object. `text` is the decoded head of text kinds.
    """

    head: bytes
    kind: str
    text: str = ""
    xml_root: str = ""
    xml_attributes: Mapping[str, str] = field(default_factory=dict)
    xml_child: str = ""
    json_keys: tuple[str, ...] = ()
    json_first_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A report to parse, already unpacked.

    `chunks()` gives the bytes in blocks, from the start, once; `read()` gives them whole instead (bounded by `Limits.whole`), and
    `area()` does so faster, for whoever takes any memory for bytes.
    `parts()` gives, to a format that `joins`, all its files as (name, bytes); of a file that came by itself there is one.
    `source_text(path)` gives the text of a source file by the path that the report writes, or None when it was not sent;
    `keep_text(path, text)` hands over a text that the report itself holds.
    """

    name: str
    chunks: Callable[[], Iterator[bytes]]
    read: Callable[[], bytes]
    area: Callable[[], memoryview]
    parts: Callable[[], Sequence[tuple[str, bytes]]] = tuple
    source_text: Callable[[str], bytes | None] = lambda _path: None
    keep_text: Callable[[str, bytes], None] = lambda _path, _text: None


@dataclass(frozen=True, slots=True)
class Format:
    """A book of the shelf. `matches` returns the evidence in words, or None; exactly one format may match a report.

    `joins`: all files of this format inside one archive are one report (hpc, a directory of PHPUnit XML) and are parsed together.
    """

    name: str
    title: str
    matches: Callable[[Peek], str | None]
    parse: Callable[[Source, ReportBuilder], None]
    joins: bool = False
