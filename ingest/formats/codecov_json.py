"""Codecov's custom JSON: `cargo llvm-cov --codecov`, kcov, and scripts of one's own. PURE. Source: Codecov's documentation.

`coverage` maps paths to an array (index = line, index 0 unused) or to an object by line number. A value is a hit count, null (no
code), true (partial), or `"c/t"`: c of t arms. Old tools leave the key `coverage` out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from covdash.coverage.building import FileBuilder
from covdash.coverage.lines import State
from covdash.coverage.report import ReportBuilder
from ingest.json_text import decode_json, decode_part
from ingest.numbers import hits_of, is_digits
from ingest.parsing import Format, Peek, Source

Cell = bool | int | float | str | None
_WRAPPED = re.compile(r'"coverage"\s*:\s*\{')
_BARE = re.compile(r'\s*\{\s*"[^"]*"\s*:\s*\[\s*(?:null|\d+|"\d+/\d+")\s*[,\]]')
_FRACTION = re.compile(r"(\d{1,9})/(\d{1,9})\Z")
_NOT_OURS = {"meta", "type", "gcovr/format_version", "source_files"}


class _Report(msgspec.Struct):
    coverage: dict[str, msgspec.Raw]


_report = msgspec.json.Decoder(_Report)
_bare = msgspec.json.Decoder(dict[str, msgspec.Raw])
_array = msgspec.json.Decoder(list[Cell])
_object = msgspec.json.Decoder(dict[str, Cell])


def _matches(peek: Peek) -> str | None:
    if peek.kind != "json" or _NOT_OURS & set(peek.json_keys):
        return None
    if "coverage" in peek.json_keys:
        return "the key `coverage` with an object of files" if _WRAPPED.search(peek.text) else None
    if peek.json_first_keys and all(is_digits(key) for key in peek.json_first_keys):
        return "paths with objects by line number"
    return "paths with arrays of hits" if _BARE.match(peek.text) else None


def parse(source: Source, report: ReportBuilder) -> None:
    """Read the files of a report. Raises `ParseError`."""
    data = source.read()
    wrapped = _WRAPPED.search(data[:4096].decode("utf-8", "replace")) is not None
    files = decode_json(_report, data).coverage if wrapped else decode_json(_bare, data)
    for path, raw in files.items():
        where = f"$.coverage[{path[:200]!r}]"
        mark = bytes(raw).lstrip()[:1]
        if mark == b"[":
            cells: list[Cell] = decode_part(_array, raw, where)
            _read(enumerate(cells), report.file(path), where)
        elif mark == b"{":
            _read(_by_line(decode_part(_object, raw, where), report, where), report.file(path), where)
        elif mark != b"n":
            report.warnings.add("bad_record", f"{where}: neither an array nor an object")


def _by_line(cells: dict[str, Cell], report: ReportBuilder, where: str) -> Iterable[tuple[int, Cell]]:
    for text, cell in cells.items():
        if is_digits(text) and len(text) <= 9:
            yield int(text), cell
        else:
            report.warnings.add("bad_line_number", f"{where}: {text[:40]!r}")


def _read(cells: Iterable[tuple[int, Cell]], file: FileBuilder, where: str) -> None:
    for line, cell in cells:
        if cell is None:
            continue
        if line == 0 and not cell:
            continue  # the unused beginning of an array, where tools write 0 for null
        if cell is True:
            file.line(line, 1, State.PARTIAL)
        elif isinstance(cell, str) and (found := _FRACTION.match(cell)):
            covered, total = int(found[1]), int(found[2])
            file.line(line, covered)
            if line >= 1:
                file.tally("branches", line, covered, total)
        elif (hits := hits_of(cell, file.warnings, f"{where}: line {line}")) is not None:
            file.line(line, hits)


FORMAT = Format("codecov-json", "Codecov custom JSON", _matches, parse)
