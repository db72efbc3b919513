"""Tables as CSV: rows in, lines of text out, one by one. PURE.

A cell that a spreadsheet would take for a formula gets an apostrophe in front: names in reports come from anywhere.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime

from covdash.coverage.totals import Count

FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Line:
    """Takes what `csv.writer` writes and gives it back."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        """Keep the line."""
        self.text = text
        return len(text)


def cell(value: object) -> object:
    """Return what stands in a cell: text that is no formula, times in ISO 8601, "" for None, `yes` and `no`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return value
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    text = text.encode("utf-8", "replace").decode().replace("\0", "")
    return f"'{text}" if text.startswith(FORMULA) else text


def counts(count: Count | None) -> tuple[int | None, int | None]:
    """Return covered and total for two cells."""
    return (count.covered, count.total) if count else (None, None)


def lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield each row as a line of CSV (RFC 4180)."""
    kept = _Line()
    writer = csv.writer(kept)
    for row in rows:
        writer.writerow([cell(value) for value in row])
        yield kept.text
