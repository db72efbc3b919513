"""luacov's report (`luacov.report.out`). PURE. Source: luacov's `reporter.lua`.

Between rules of `=` stands a path, then each line of the file behind a field of fixed width: hits, `*0` for a missed line, or blanks.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from covdash.coverage.report import ReportBuilder
from ingest import text_lines
from ingest.numbers import count, whole
from ingest.parsing import Format, Peek, Source

_RULE = re.compile(r"={70,}\s*\Z")
_START = re.compile(r"\s*={70,}\r?\n[^\n=]+\r?\n={70,}\r?\n")
_FIELD = re.compile(r"(?: +\d+|\*+0)(?= |\Z)")
_TOTAL = re.compile(r"Total\s+(\d+)\s+(\d+)\s+\d")
_SUMMARY = "Summary"


def _matches(peek: Peek) -> str | None:
    return "a path between rules of `=`" if peek.kind == "text" and _START.match(peek.text) else None


def parse(source: Source, report: ReportBuilder) -> None:
    """Read the files of a report. Raises `ParseError`."""
    report.producer = "luacov"
    for path, lines in _sections(_lines(source, report)):
        if path == _SUMMARY:
            for line in lines:
                if found := _TOTAL.match(line):
                    hits, missed = whole(found[1]) or 0, whole(found[2]) or 0
                    report.expect("lines", hits, hits + missed)
            return
        _read(path, lines, report)


def _lines(source: Source, report: ReportBuilder) -> Iterator[str]:
    for block in text_lines.blocks(source.chunks(), report.warnings):
        for raw in block.split(b"\n") if not block.endswith(b"\n") else block[:-1].split(b"\n"):
            yield text_lines.decode(raw.rstrip(b"\r"), report.warnings)


def _sections(lines: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield (path, lines of the file)."""
    path = pending = ""
    body: list[str] = []
    stage = 0  # 1 after the first rule, 2 after the path
    for line in lines:
        if _RULE.match(line):
            if stage == 2:
                path, body, stage = pending, [], 0
                continue
            if path:
                yield path, body
                path = ""
            stage = 1
        elif stage == 1:
            pending, stage = line.strip(), 2
        elif path:
            body.append(line)
    if path:
        yield path, body


def _read(path: str, lines: list[str], report: ReportBuilder) -> None:
    file = report.file(path)
    ends = Counter(found.end() for line in lines if (found := _FIELD.match(line)))
    starred = Counter(len(line.split(" ", 1)[0]) for line in lines if line.startswith("*"))
    widths = starred or ends
    # Not `most_common`: it imports when it is called, and the parser cage has no door for that.
    width = max(widths, key=lambda end: widths[end], default=0)
    for number, line in enumerate(lines, start=1):
        field = line[:width].strip()
        if field.startswith("*"):
            file.line(number, 0)
        elif field and (hits := count(field, report.warnings, f"{path}:{number}")) is not None:
            file.line(number, hits)


FORMAT = Format("luacov", "luacov report", _matches, parse)
