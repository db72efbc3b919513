"""coverage.py data files: `.coverage` as SQLite (5.0 and later) and as text (4.x). PURE.

Source: the coverage.py documentation, "Coverage.py database schema". The file names what ran and nothing that did not: without the
text of a source its executable lines are unknown (`executed_only`, warning `needs_sources`). With it, lines and arms come from
coverage.py's own static analysis, the one that `coverage report` uses, with its default exclusions.
"""

from __future__ import annotations

import collections
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import coverage.config
import coverage.exceptions
import coverage.parser
import msgspec

from covdash.coverage.building import FileBuilder
from covdash.coverage.lines import MAX_LINE
from covdash.coverage.report import ReportBuilder
from ingest.parsing import Format, ParseError, Peek, Source

_TEXT = b"!coverage.py: This is a private format, don't read it directly!"
_HEADER = b"SQLite format 3\0"
_TABLES = {"coverage_schema", "meta", "file", "context", "line_bits", "arc", "tracer"}
_SECONDS = 60
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 4 * 1024 * 1024,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 10_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 64,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 10,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 3,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 25_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 8,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 50,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 10,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
}
_EXCLUDE = "|".join(f"(?:{rule})" for rule in coverage.config.DEFAULT_EXCLUDE)
_NO_BRANCH = "|".join(
    f"(?:{rule})" for rule in coverage.config.DEFAULT_PARTIAL + coverage.config.DEFAULT_PARTIAL_ALWAYS
)

Arc = tuple[int, int]


@dataclass(slots=True)
class _Executed:
    """What ran in one file: lines, and jumps between lines when arcs were recorded."""

    lines: set[int] = field(default_factory=set)
    arcs: set[Arc] = field(default_factory=set)


class _Text(msgspec.Struct):
    lines: dict[str, list[int]] | None = None
    arcs: dict[str, list[Arc]] | None = None


def _matches(peek: Peek) -> str | None:
    if peek.head.startswith(_TEXT[:40]):
        return "the first line says `coverage.py: This is a private format`"
    if peek.kind == "sqlite" and b"coverage_schema" in peek.head:
        return "an SQLite file with the table `coverage_schema`"
    return None


def _parse(source: Source, report: ReportBuilder) -> None:
    data = source.read()
    has_arcs, executed = _read_text(data) if data.startswith(_TEXT[:40]) else _read_sqlite(data, report)
    report.producer = report.producer or "coverage.py"
    missing = 0
    for path, found in executed.items():
        text = source.source_text(path)
        file = report.file(path)
        file.counted = False
        if text is None or not _analyse(text, path, found, file, report, has_arcs=has_arcs):
            missing += 1
            file.executed_only = True
            for line in found.lines:
                file.line(line, 1)
    if missing:
        message = f"{missing} of {len(executed)} files: the data name what ran, not what could run; send the sources along"
        report.warnings.add("needs_sources", message, missing)


def _read_text(data: bytes) -> tuple[bool, dict[str, _Executed]]:
    try:
        content = msgspec.json.decode(data[len(_TEXT) :], type=_Text)
    except msgspec.DecodeError as error:
        raise ParseError("malformed", f"the data file of coverage.py 4 cannot be read: {error}") from error
    except RecursionError as error:
        raise ParseError("too_deep", "the data file is nested too deep") from error
    if content.arcs is not None:
        return True, {path: _of_arcs(arcs) for path, arcs in content.arcs.items()}
    lines = {
        path: _Executed({n for n in found if 0 < n <= MAX_LINE})
        for path, found in (content.lines or {}).items()
    }
    return False, lines


def _of_arcs(arcs: Iterable[Arc]) -> _Executed:
    """Every positive end of a jump ran; negative ends are entries and exits."""
    found = _Executed(arcs={arc for arc in arcs if all(-MAX_LINE <= end <= MAX_LINE for end in arc)})
    found.lines = {end for arc in found.arcs for end in arc if end > 0}
    return found


def _read_sqlite(data: bytes, report: ReportBuilder) -> tuple[bool, dict[str, _Executed]]:
    if data[18:20] == b"\2\2":
        data = data[:18] + b"\1\1" + data[20:]
        report.warnings.add(
            "truncated", "the file was copied while in use (WAL mode): its -wal side file is missing"
        )
    database = sqlite3.connect(":memory:")
    try:
        database.deserialize(data)
        _harden(database)
        return _query(database, report)
    except sqlite3.DatabaseError as error:
        forbidden = any(
            word in str(error)
            for word in ("prohibited", "not authorized", "interrupted", "too big", "too many")
        )
        code = "forbidden_sqlite" if forbidden else "malformed"
        raise ParseError(code, f"the SQLite file cannot be used as coverage data: {error}") from error
    except (OverflowError, UnicodeDecodeError) as error:
        raise ParseError(
            "malformed", f"the SQLite file holds values that are no coverage data: {error}"
        ) from error
    finally:
        database.close()


def _harden(database: sqlite3.Connection) -> None:
    """Nothing but plain reads of plain tables, within bounds: the file is hostile (`docs/design.md`, security)."""
    for limit, value in _LIMITS.items():
        database.setlimit(limit, value)
    deadline = time.monotonic() + _SECONDS
    database.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
    for rule in (
        "trusted_schema=OFF",
        "cell_size_check=ON",
        "mmap_size=0",
        "query_only=ON",
        "temp_store=MEMORY",
    ):
        database.execute(f"PRAGMA {rule}")
    database.text_factory = bytes
    database.set_authorizer(_authorize)
    if database.execute("PRAGMA quick_check(1)").fetchone()[0] not in ("ok", b"ok"):
        raise ParseError("malformed", "the SQLite file is damaged")
    kinds = {
        bytes(name): (bytes(kind), bytes(sql or b""))
        for name, kind, sql in database.execute("SELECT name, type, sql FROM sqlite_master")
    }
    for name in _TABLES:
        kind, sql = kinds.get(name.encode(), (b"", b""))
        if kind and not (kind == b"table" and sql.lower().lstrip().startswith(b"create table")):
            raise ParseError("forbidden_sqlite", f"`{name}` is not a plain table")
    if b"file" not in kinds or b"meta" not in kinds:
        raise ParseError("unknown_format", "the SQLite file has no table of files; it is no coverage.py data")


def _authorize(
    action: int, first: str | None, second: str | None, _database: str | None, trigger: str | None
) -> int:
    allowed = (
        action == sqlite3.SQLITE_SELECT
        or (action == sqlite3.SQLITE_READ and trigger is None and first in _TABLES | {"sqlite_master"})
        or (action == sqlite3.SQLITE_FUNCTION and second in ("length", "substr", "typeof", "count"))
        or (action == sqlite3.SQLITE_PRAGMA and first == "quick_check")
    )
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _query(database: sqlite3.Connection, report: ReportBuilder) -> tuple[bool, dict[str, _Executed]]:
    meta = {_text(key): _text(value) for key, value in database.execute("SELECT key, value FROM meta")}
    has_arcs = meta.get("has_arcs") == "1"
    report.producer = f"coverage.py {meta.get('version', '')}".strip()
    paths: dict[int, str] = {}
    for number, path in database.execute("SELECT id, path FROM file"):
        paths[int(number)] = _text(path)
    executed = {path: _Executed() for path in paths.values()}
    if has_arcs:
        arcs: dict[int, set[Arc]] = collections.defaultdict(set)
        for number, start, end in database.execute("SELECT file_id, fromno, tono FROM arc"):
            arcs[number].add((int(start), int(end)))
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
    return {8 * i + b for i, byte in enumerate(numbits) for b in range(8) if byte >> b & 1} - {0}


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode()
    return str(value)


def _analyse(
    text: bytes, path: str, found: _Executed, file: FileBuilder, report: ReportBuilder, *, has_arcs: bool
) -> bool:
    """Add lines and arms as `coverage report` counts them; False when the text is no Python that can be read here.

    Follows `coverage.results.analysis_from_file_reporter`: a way out that is excluded or marked `no branch` is not missed, and only
    lines with more than one way out have arms.
    """
    try:
        parser = coverage.parser.PythonParser(text=text.decode("utf-8-sig"), filename=path, exclude=_EXCLUDE)
        parser.parse_source()
        possible = parser.arcs() if has_arcs else set()
        exits = parser.exit_counts() if has_arcs else {}
        unbranched = parser.lines_matching(_NO_BRANCH) if has_arcs else set()
    except (
        coverage.exceptions.CoverageException,
        SyntaxError,
        UnicodeDecodeError,
        ValueError,
        RecursionError,
    ) as error:
        report.warnings.add("needs_sources", f"{path}: the text that was sent cannot be analysed: {error}")
        return False
    ran = parser.translate_lines(found.lines) & parser.statements
    for line in parser.statements:
        file.line(line, int(line in ran))
    if has_arcs:
        file.measures("branches")
        ways: dict[int, set[int]] = collections.defaultdict(set)
        for start, end in possible:
            ways[start].add(end)
        taken = _taken(parser, found.arcs, ways)
        for line, count in exits.items():
            if count > 1:
                certain = line in unbranched
                missed = {
                    end
                    for end in ways[line]
                    if (line, end) not in taken and not certain and end not in parser.excluded
                }
                _arms(file, line, count, sorted(ways[line]), missed)
    return True


def _taken(parser: coverage.parser.PythonParser, arcs: set[Arc], ways: dict[int, set[int]]) -> set[Arc]:
    """Jumps that ran, between first lines of statements; a jump from a line to itself stands for its only way out."""
    taken = set()
    for start, end in parser.translate_arcs(arcs):
        if start != end:
            taken.add((start, end))
        elif len(ways[start]) == 1:
            taken.add((start, next(iter(ways[start]))))
    return parser.translate_arcs(taken)


def _arms(file: FileBuilder, line: int, count: int, ends: list[int], missed: set[int]) -> None:
    if len(ends) != count:
        file.tally("branches", line, count - len(missed), count)
        return
    for end in ends:
        file.named("branches", line, f"-> {end}" if end > 0 else f"exit {-end}", int(end not in missed))


FORMAT = Format("coverage-py-data", "coverage.py data file", _matches, _parse)
