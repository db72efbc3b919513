"""Perl's Devel::Cover: `cover -report text` and `cover -report json` (totals only). PURE. Source: Devel::Cover's reports.

The text has a table of lines for each file (counts of statements and subroutines) and tables of its branches and conditions with a
count for every way; several statements of a line follow each other without a line number.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import msgspec

from covdash.coverage.building import FileBuilder
from covdash.coverage.report import ReportBuilder
from ingest import text_lines
from ingest.json_text import decode_json
from ingest.numbers import whole
from ingest.parsing import Format, Peek, Source

_START = re.compile(r"^(?:File|line\s+err)\s+stmt\b.*\b(?:time|total|code)\b", re.MULTILINE)
_FIRST = re.compile(r"^Reading database from ", re.MULTILINE)
_RULES = re.compile(r"-{2,}(?: +-{2,})+\s*\Z")
_LOCATION = re.compile(r"(\S+)\s+(\d{1,9}|\*+0?)\s+(?:[\d*/]+\s+)?(.+):(\d{1,9})\s*\Z")
_TABLES = ("Branches", "Conditions", "Covered Subroutines", "Uncovered Subroutines")


class _Count(msgspec.Struct):
    covered: int = 0
    total: int = 0


class _Json(msgspec.Struct):
    summary: dict[str, dict[str, _Count | float | int | str | None]]


_json = msgspec.json.Decoder(_Json)
_KINDS = {
    "statement": "statements",
    "branch": "branches",
    "condition": "conditions",
    "subroutine": "functions",
}


def _matches(peek: Peek) -> str | None:
    if peek.kind == "text" and _FIRST.search(peek.text[:4096]) and _START.search(peek.text):
        return "text with the tables of `cover`"
    if peek.kind == "json" and {"runs", "summary"} & set(peek.json_keys) and '"statement"' in peek.text:
        return "a summary with `statement`"
    return None


def parse(source: Source, report: ReportBuilder) -> None:
    """Read a text or JSON report. Raises `ParseError`."""
    report.producer = "Devel::Cover"
    blocks = text_lines.blocks(source.chunks(), report.warnings)
    first = next(blocks, b"")
    if first.lstrip()[:1] == b"{":
        _totals(decode_json(_json, b"".join([first, *blocks])), report)
        return
    reader = _Reader(report)
    for line in _lines(first, blocks, report):
        reader.read(line)


def _lines(first: bytes, blocks: Iterator[bytes], report: ReportBuilder) -> Iterator[str]:
    block: bytes | None = first
    while block is not None:
        for raw in block.split(b"\n"):
            yield text_lines.decode(raw.rstrip(b"\r"), report.warnings)
        block = next(blocks, None)


def _totals(found: _Json, report: ReportBuilder) -> None:
    whole_project = found.summary.pop("Total", {})
    for path, counts in found.summary.items():
        for name, kind in _KINDS.items():
            if isinstance(count := counts.get(name), _Count):
                report.file(path).tally(kind, 0, count.covered, count.total)
    for name, kind in _KINDS.items():
        if isinstance(count := whole_project.get(name), _Count):
            report.expect(kind, count.covered, count.total)
    report.warnings.add(
        "totals_only",
        "Devel::Cover's JSON holds no lines; upload `cover -report text`",
        max(len(found.summary), 1),
    )


class _Reader:
    """Reads line by line: a path, its table of lines, its tables of ways."""

    def __init__(self, report: ReportBuilder) -> None:
        self.report = report
        self.file: FileBuilder | None = None
        self.said = ""
        """The last line that was not empty: a path, if a table of lines follows."""
        self.table = ""
        self.columns: dict[str, int] = {}
        self.heads: list[str] = []
        self.number = 0
        self.nth: Counter[tuple[str, int]] = Counter()

    def read(self, line: str) -> None:
        if line.startswith("line ") and "code" in line and "stmt" in line:
            self.open(line)
        elif line.strip() in _TABLES:
            self.table, self.columns, self.heads = line.strip(), {}, []
        elif line.startswith("line ") and self.table in ("Branches", "Conditions"):
            self.heads, self.number = line.split(), 0
        elif _RULES.match(line) or not line.strip():
            pass
        elif self.table == "lines":
            self.row(line)
        elif self.table in ("Branches", "Conditions"):
            self.ways(line)
        elif self.table.endswith("Subroutines"):
            self.subroutine(line)
        else:
            self.said = line.strip()
            return
        if self.table != "lines" or not line.strip():
            return

    def open(self, line: str) -> None:
        if self.table == "lines" or not self.said:
            return
        self.file = self.report.file(self.said)
        self.file.measures("statements", "branches", "functions")
        self.nth.clear()
        self.table = "lines"
        self.columns = {
            name: found.end() for name in ("stmt", "sub") if (found := re.search(rf"\b{name}\b", line))
        }
        self.number = 0

    def row(self, line: str) -> None:
        """Read a row of the table of lines: the source text begins where the columns end, so only the first ones are looked at."""
        if self.file is None:
            return
        number = line[:8].split()
        if line[:1] != " " and number and number[0].isdecimal():
            self.number = int(number[0][:9])
        elif line[:1] != " ":
            # The name of the next file, or of a table.
            self.table, self.said = "", line.strip()
            return
        end = self.columns.get("stmt", 0)
        hits = whole(line[max(end - 6, 0) : end].strip() or None) if end else None
        if hits is not None and self.number:
            self.nth["statement", self.number] += 1
            self.file.line(self.number, hits)
            self.file.named(
                "statements", self.number, f"statement {self.nth['statement', self.number]}", hits
            )

    def ways(self, line: str) -> None:
        words = line.split()
        if line[:1] == " " and self.number:
            words = [str(self.number), *words]  # a further decision of the same line
        if not words[0].isdecimal():
            return
        at = 2 if words[1:2] and words[1].startswith("*") else 1
        names = [
            head for head in self.heads[3 if "err" in self.heads else 2 :] if head not in ("branch", "expr")
        ]
        counts = [whole(word) for word in words[at + 1 : at + 1 + len(names)]]
        if self.file is None or len(counts) != len(names) or None in counts:
            return
        number = self.number = int(words[0][:9])
        kind = "branches" if self.table == "Branches" else "conditions"
        self.nth[kind, number] += 1
        nth = f" ({self.nth[kind, number]})" if self.nth[kind, number] > 1 else ""
        for name, hits in zip(names, counts, strict=True):
            self.file.named(kind, number, f"{name}{nth}", hits or 0)

    def subroutine(self, line: str) -> None:
        found = _LOCATION.match(line)
        if found is None:
            if not line.startswith(("Subroutine ", "-")):
                self.said = line.strip()
            return
        if self.file is not None:
            self.file.function(found[1], int(found[4]), 0, whole(found[2].strip("*")) or 0)


FORMAT = Format("devel-cover", "Devel::Cover", _matches, parse)
