"""Statements with long arrays: parameters go to PostgreSQL in binary, bound by the server.

Django writes parameters into the text of a statement, which doubles bytes and makes both sides parse them; for a few thousand digests
that takes two to four times as long. Write placeholders as `%b`. Not for ordinary statements: `assertNumQueries` does not see these.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection


@contextmanager
def cursor() -> Iterator[psycopg.Cursor[Any]]:
    """Give a cursor on Django's connection, inside its transaction; errors are Django's own (`OperationalError`, ...)."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as opened:
        yield opened
