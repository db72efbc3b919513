"""coverage.py data files: `.coverage` as SQLite (5.0 and later) and as text (4.x). PURE.

Source: the coverage.py documentation, "Coverage.py database schema". The file names what ran and nothing that did not: without the
text of a source its executable lines are unknown (`executed_only`, warning `needs_sources`). With it, lines, arms and functions come
from coverage.py's own analysis, the one that `coverage report` runs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec
import numpy as np

from covdash.coverage.arms import jumps
from covdash.coverage.building import FileBuilder
from covdash.coverage.lines import MAX_LINE
from covdash.coverage.report import ReportBuilder
from ingest import safe_sqlite
from ingest.json_text import decode_json
from ingest.parsing import Format, ParseError, Peek, Source
from ingest.python_source import Analysed, Ran, analyse

_TEXT = b"!coverage.py: This is a private format, don't read it directly!"
_START_OF_TEXT = _TEXT[:40]
_TABLES = ("coverage_schema", "meta", "file", "context", "line_bits", "arc", "tracer")
_SCHEMA = 7
"""The one version of the schema that was ever released."""
Arc = tuple[int, int]


@dataclass(slots=True)
class _Executed:
    """What ran in one file: lines, and jumps between lines when arcs were recorded."""

    lines: set[int] = field(default_factory=set)
    arcs: set[Arc] = field(default_factory=set)


class _TextFile(msgspec.Struct):
    lines: dict[str, list[int]] | None = None
    arcs: dict[str, list[Arc]] | None = None


_text_file = msgspec.json.Decoder(_TextFile)


def _matches(peek: Peek) -> str | None:
    if peek.head.startswith(_START_OF_TEXT):
        return "the first line says `coverage.py: This is a private format`"
    if peek.kind == "sqlite" and b"coverage_schema" in peek.head:
        return "an SQLite file with the table `coverage_schema`"
    return None


def parse(source: Source, report: ReportBuilder) -> None:
    """Read a data file. Raises `ParseError`."""
    data = source.read()
    is_text = data.startswith(_START_OF_TEXT)
    has_arcs, executed = _read_text(data) if is_text else _read_sqlite(data, report)
    unknown = [
        path for path, found in executed.items() if not _add(path, found, source, report, has_arcs=has_arcs)
    ]
    if unknown:
        report.warnings.add(
            "needs_sources",
            f"{unknown[0]}: the data name what ran, not what could have run; send the sources along, "
            "or the output of `coverage xml`, `coverage json` or `coverage lcov`",
            len(unknown),
        )


def _add(path: str, found: _Executed, source: Source, report: ReportBuilder, *, has_arcs: bool) -> bool:
    """Add one file; False if its executable lines stay unknown."""
    file = report.file(path)
    file.counted = False
    text = source.source_text(path)
    analysed = None
    if text is not None:
        arcs = frozenset(found.arcs) if has_arcs else None
        analysed = analyse(text, Ran(frozenset(found.lines), arcs))
        if analysed is None:
            report.warnings.add(
                "unreadable_source", f"{path}: the text that was sent is no Python that can be read here"
            )
    if analysed is None:
        file.executed_only = True
        lines = np.array(sorted(found.lines), np.int64)
        file.lines(lines, np.ones(len(lines), np.int64))
        return False
    _add_analysed(file, analysed, has_arcs=has_arcs)
    return True


def _add_analysed(file: FileBuilder, analysed: Analysed, *, has_arcs: bool) -> None:
    for line in analysed.executed:
        file.line(line, 1)
    for line in analysed.missing:
        file.line(line, 0)
    if has_arcs:
        file.measures("branches")
    for line, arms in analysed.arms.items():
        keys = jumps(target for target, _ in arms)
        for target, did_run in arms:
            file.named("branches", line, keys[target], int(did_run))
    for line, (covered, total) in analysed.arm_counts.items():
        file.tally("branches", line, covered, total)
    file.measures("functions")
    for name, start, end, did_run in analysed.functions:
        file.function(name, start, end, int(did_run))


def _read_text(data: bytes) -> tuple[bool, dict[str, _Executed]]:
    content = decode_json(_text_file, data[len(_TEXT) :])
    if content.arcs is not None:
        return True, {path: _of_arcs(arcs) for path, arcs in content.arcs.items()}
    lines = content.lines or {}
    return False, {
        path: _Executed({line for line in found if 0 < line <= MAX_LINE}) for path, found in lines.items()
    }


def _of_arcs(arcs: Iterable[Arc]) -> _Executed:
    """Every positive end of a jump ran; negative ends are entries and exits."""
    found = _Executed(arcs={arc for arc in arcs if all(-MAX_LINE <= end <= MAX_LINE for end in arc)})
    found.lines = {end for arc in found.arcs for end in arc if end > 0}
    return found


def _read_sqlite(data: bytes, report: ReportBuilder) -> tuple[bool, dict[str, _Executed]]:
    with safe_sqlite.opened(data, _TABLES, report.warnings) as database:
        try:
            return _query(database, report)
        except (OverflowError, UnicodeDecodeError, TypeError, ValueError) as error:
            raise ParseError(
                "malformed", f"the SQLite file holds values that are no coverage data: {error}"
            ) from error


def _query(database: sqlite3.Connection, report: ReportBuilder) -> tuple[bool, dict[str, _Executed]]:
    version = database.execute("SELECT version FROM coverage_schema").fetchone()
    if version is None or version[0] != _SCHEMA:
        said = version[0] if version else "none"
        raise ParseError(
            "unsupported_version",
            f"the schema of the data file is {said}; {_SCHEMA} is read: run `coverage xml`",
        )
    meta = {_text(key): _text(value) for key, value in database.execute("SELECT key, value FROM meta")}
    has_arcs = meta.get("has_arcs") == "1"
    report.producer = f"coverage.py {meta.get('version', '')}".strip()
    paths = {int(number): _text(path) for number, path in database.execute("SELECT id, path FROM file")}
    executed = {path: _Executed() for path in paths.values()}
    if has_arcs:
        arcs: dict[int, set[Arc]] = {}
        for number, start, end in database.execute("SELECT file_id, fromno, tono FROM arc"):
            arcs.setdefault(int(number), set()).add((int(start), int(end)))
        for number, found in arcs.items():
            if number in paths:
                executed[paths[number]] = _of_arcs(found)
    else:
        for number, bits in database.execute("SELECT file_id, numbits FROM line_bits"):
            if number in paths and isinstance(bits, bytes):
                executed[paths[number]].lines |= _lines_of(bits)
    return has_arcs, executed


def _lines_of(numbits: bytes) -> set[int]:
    """Bit b of byte i stands for line 8 i + b; line 0 is no line."""
    numbers = np.flatnonzero(np.unpackbits(np.frombuffer(numbits, np.uint8), bitorder="little"))
    return set(numbers[(numbers > 0) & (numbers <= MAX_LINE)].tolist())


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


FORMAT = Format("coverage-py-data", "coverage.py data file", _matches, parse)
