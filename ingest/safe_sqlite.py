"""A SQLite file from outside, opened in memory for plain reads of plain tables and nothing else. PURE: no file is touched.

A database is a program: views, triggers, virtual tables and functions run when it is read. All of them are refused.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from covdash.coverage.report_warnings import Warnings
from ingest.parsing import ParseError

_SECONDS = 60
_STEPS = 10_000
_WRITE_VERSION, _READ_VERSION, _LEGACY, _WAL = 18, 19, 1, 2
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
_SWITCHES = {  # from Python 3.12 on
    "SQLITE_DBCONFIG_DEFENSIVE": True,
    "SQLITE_DBCONFIG_TRUSTED_SCHEMA": False,
    "SQLITE_DBCONFIG_ENABLE_VIEW": False,
    "SQLITE_DBCONFIG_ENABLE_TRIGGER": False,
}
_PRAGMAS = ("trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0", "query_only=ON", "temp_store=MEMORY")
_FUNCTIONS = {"length", "substr", "typeof", "count"}
_FORBIDDEN = ("prohibited", "not authorized", "interrupted", "too big", "too many", "not allowed")


@contextmanager
def opened(data: bytes, tables: Collection[str], warnings: Warnings) -> Iterator[sqlite3.Connection]:
    """Yield a connection to the database in `data` that reads `tables`, as far as they exist. Text comes as bytes.

    Raises `ParseError` forbidden_sqlite or malformed, also for errors of the queries that are made meanwhile.
    """
    database = sqlite3.connect(":memory:")
    try:
        database.deserialize(_without_wal(data, warnings))
        _harden(database, frozenset(tables))
        _check(database, tables)
        yield database
    except sqlite3.Error as error:
        said = str(error)
        code = "forbidden_sqlite" if any(word in said for word in _FORBIDDEN) else "malformed"
        raise ParseError(code, f"the SQLite file cannot be read as data: {said}") from error
    except UnicodeDecodeError as error:  # the message of an error that quotes a damaged name
        raise ParseError("malformed", "the SQLite file is damaged; send it again") from error
    finally:
        database.close()


def _without_wal(data: bytes, warnings: Warnings) -> bytes:
    if _WAL not in data[_WRITE_VERSION : _READ_VERSION + 1]:
        return data
    warnings.add("truncated", "the file was copied while in use: what its -wal side file holds is missing")
    return data[:_WRITE_VERSION] + bytes((_LEGACY, _LEGACY)) + data[_READ_VERSION + 1 :]


def _harden(database: sqlite3.Connection, tables: frozenset[str]) -> None:
    for limit, value in _LIMITS.items():
        database.setlimit(limit, value)
    for name, on in _SWITCHES.items():
        if hasattr(sqlite3, name) and hasattr(database, "setconfig"):
            database.setconfig(getattr(sqlite3, name), on)
    deadline = time.monotonic() + _SECONDS
    database.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    for pragma in _PRAGMAS:
        database.execute(f"PRAGMA {pragma}")
    database.text_factory = bytes
    readable = tables | {"sqlite_master"}

    def authorize(
        action: int, first: str | None, second: str | None, _database: str | None, trigger: str | None
    ) -> int:
        allowed = (
            action == sqlite3.SQLITE_SELECT
            or (action == sqlite3.SQLITE_READ and trigger is None and first in readable)
            or (action == sqlite3.SQLITE_FUNCTION and second in _FUNCTIONS)
            or (action == sqlite3.SQLITE_PRAGMA and first == "quick_check")
        )
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

    database.set_authorizer(authorize)


def _check(database: sqlite3.Connection, tables: Collection[str]) -> None:
    """Refuse a damaged file, and any of `tables` that is no plain table."""
    verdict = database.execute("PRAGMA quick_check(1)").fetchone()
    if verdict is None or verdict[0] not in ("ok", b"ok"):
        raise ParseError("malformed", "the SQLite file is damaged; send it again")
    known = {name.encode() for name in tables}
    for name, kind, sql in database.execute("SELECT name, type, sql FROM sqlite_master"):
        if name not in known or kind == b"index":
            continue
        plain = isinstance(sql, bytes) and sql.lstrip().lower().startswith(b"create table")
        if kind != b"table" or not plain:
            raise ParseError("forbidden_sqlite", f"`{name.decode(errors='replace')}` is not a plain table")
