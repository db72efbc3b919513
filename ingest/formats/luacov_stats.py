"""luacov's raw counts (`luacov.stats.out`). PURE. Source: luacov's `stats.lua`.

`<lines>:<path>`, then that many counts. A 0 is a missed line or no code at all, which only the sources tell: so the lines that ran are
known, and the missed ones are not.
"""

from __future__ import annotations

import re

from covdash.coverage.report import ReportBuilder
from ingest import text_lines
from ingest.numbers import count
from ingest.parsing import Format, Peek, Source

_HEAD = re.compile(r"(\d{1,9}):(.+)\Z")
_START = re.compile(r"\d{1,9}:[^\n]+\r?\n(?:\d+ ){1,}\d*\s")


def _matches(peek: Peek) -> str | None:
    return (
        "text that begins with `<lines>:<path>` and counts"
        if peek.kind == "text" and _START.match(peek.text)
        else None
    )


def parse(source: Source, report: ReportBuilder) -> None:
    """Read the counts of all files. Raises `ParseError`."""
    report.producer = "luacov"
    path = ""
    files = 0
    for block in text_lines.blocks(source.chunks(), report.warnings):
        for raw in block.split(b"\n"):
            line = text_lines.decode(raw.strip(), report.warnings)
            if not line:
                continue
            if not path:
                if found := _HEAD.match(line):
                    path = found[2]
                else:
                    report.warnings.add("bad_record", f"{line[:80]!r} where `<lines>:<path>` was expected")
                continue
            file = report.file(path)
            file.executed_only = True
            files += 1
            for number, word in enumerate(line.split(), start=1):
                hits = count(word, report.warnings, f"{path}:{number}")
                if hits:
                    file.line(number, hits)
            path = ""
    report.warnings.add(
        "needs_sources", "luacov.stats.out does not tell missed lines from lines without code; upload luacov.report.out",
        max(files, 1),
    )  # fmt: skip


FORMAT = Format("luacov-stats", "luacov stats", _matches, parse)
