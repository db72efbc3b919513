"""Lines from spans: formats that measure statements, blocks or boxes from one line to another. PURE; knows no format."""

from __future__ import annotations

from covdash.coverage.building import FileBuilder
from covdash.coverage.lines import MAX_LINE, State
from covdash.coverage.report_warnings import Warnings

MAX_SPAN = 20_000
"""Lines of one span; no statement is longer."""


class Spans:
    """The spans of one file: a line ran as often as the span that ran most, and is partial when spans that touch it disagree."""

    __slots__ = ("_lines", "_warnings")

    def __init__(self, warnings: Warnings) -> None:
        """`warnings` are those of the report."""
        self._warnings = warnings
        self._lines: dict[int, tuple[int, bool, bool]] = {}

    def add(self, first: int, last: int, hits: int, *, partial: bool = False) -> None:
        """Add a span of the lines `first` to `last`; `partial` where the format itself says so."""
        if not 1 <= first <= MAX_LINE:
            self._warnings.add("bad_line_number", f"line {first}")
            return
        if last - first > MAX_SPAN:
            self._warnings.add("bad_line_number", f"lines {first} to {last}: too long for a statement")
            last = first
        lines = self._lines
        ran = hits > 0
        for line in range(first, max(last, first) + 1):
            known, missed, some = lines.get(line, (0, False, False))
            lines[line] = (max(known, hits), missed or not ran, some or partial)

    def close(self, file: FileBuilder) -> None:
        """Hand the lines to the file."""
        for line, (hits, missed, some) in self._lines.items():
            file.line(line, hits, State.PARTIAL if hits > 0 and (missed or some) else None)
        self._lines.clear()
