"""gcov's text (`*.gcov`): GCC 4 to 16 and LLVM's gcov, with -a, -b, -c, -H, -k, -g and -e. PURE.

Source: GCC manual, "Invoking Gcov". A source line is `count:number:text`; what follows it (branches, conditions) belongs to it, and a
`function` or `paths covered` record belongs to the line after it. Lines that several functions share (templates) are printed once
with their sum and then once for each instance between lines of dashes: only the sum counts, as in gcov's own totals.
"""

from __future__ import annotations

import re

from covdash.coverage.building import FileBuilder
from covdash.coverage.lines import State
from covdash.coverage.report import ReportBuilder
from ingest import text_lines
from ingest.gcc import Paths, add_condition
from ingest.numbers import count
from ingest.parsing import Format, Peek, Source

_COLOR = re.compile(r"\x1b\[[0-9;]*[mK]")
_START = re.compile(r"^[ \t]*-:[ \t]*0:(Source|Colorization):", re.MULTILINE)
_LINE = re.compile(r"[ \t]*([^\s:]+):[ \t]*(\d+):(.*)\Z", re.DOTALL)
_RULE = re.compile(r"-{18,}\Z")
_INSTANCE = re.compile(r"\S.*:\Z")
_FUNCTION = re.compile(r"function (.+) called (\S+) returned ")
_PATHS = re.compile(r"paths covered (\d+) of (\d+)")
_ARM = re.compile(r"branch +(\d+) (?:taken (\S+)|(never executed))")
_DECISION = re.compile(r"condition outcomes covered (\d+)/(\d+)")
_TERM = re.compile(r"condition +(\d+) not covered \(([a-z ]+)\)")
_UNITS = {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18}
_NEVER = {"#####", "=====", "$$$$$", "%%%%%"}


def _matches(peek: Peek) -> str | None:
    if peek.kind == "text" and (found := _START.search(_COLOR.sub("", peek.text))):
        return f"text with the line `-: 0:{found[1]}:`"
    return None


class _Reader:
    """Reads one line after the other; `0:Source:` opens a file."""

    def __init__(self, report: ReportBuilder) -> None:
        self.report = report
        self.warnings = report.warnings
        self.file: FileBuilder | None = None
        self.paths: Paths | None = None
        self.at = 0
        """The source line that records belong to."""
        self.after_rule = self.in_instance = False
        self.waiting: list[tuple[str, int]] = []
        self.waiting_paths: list[tuple[int, int]] = []
        self.decisions: list[tuple[int, int, list[tuple[int, str]]]] = []

    def read(self, text: str) -> None:
        if found := _LINE.match(text):
            if self.after_rule:
                self.in_instance = self.after_rule = False
            self.on_line(found[1], int(found[2][:9]), found[3])
            return
        if _RULE.match(text):
            self.after_rule = True
            return
        if self.after_rule:
            self.after_rule = False
            self.in_instance = bool(_INSTANCE.match(text)) and not text.startswith(("function ", "branch "))
            if self.in_instance:
                return
        self.on_record(text)

    def on_line(self, field: str, number: int, text: str) -> None:
        if number == 0:
            if text.startswith("Source:"):
                self.open(text.removeprefix("Source:").strip())
            return
        if self.file is None or self.paths is None:
            self.warnings.add("bad_record", f"line {number} before any `0:Source:`")
            return
        for name, calls in self.waiting:
            self.file.function(name, number, 0, calls)
        self.waiting.clear()
        if self.in_instance:
            self.waiting_paths.clear()
            return
        for covered, total in self.waiting_paths:
            self.paths.add(number, covered, total)
        self.waiting_paths.clear()
        self.close_line()
        self.at = number
        if field == "-":
            return
        partial = field.endswith("*")
        hits = 0 if field in _NEVER else self.number(field.removesuffix("*"), number)
        if hits is not None:
            self.file.line(number, hits, State.PARTIAL if partial and hits > 0 else None)

    def number(self, text: str, line: int) -> int | None:
        """Return a count, also one that was written for people (`1.2k`)."""
        scale = _UNITS.get(text[-1:], 0)
        if scale and re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text[:-1]):
            return int(float(text[:-1]) * scale)
        return count(text, self.warnings, f"{line}: {text[:40]}")

    def on_record(self, text: str) -> None:
        if self.file is None:
            return
        if found := _FUNCTION.match(text):
            calls = self.number(found[2], self.at)
            self.waiting.append((found[1], max(calls or 0, 0)))
        elif found := _PATHS.match(text):
            self.waiting_paths.append((int(found[1][:9]), int(found[2][:9])))
        elif self.in_instance or not self.at:
            return
        elif found := _ARM.match(text):
            taken = found[2] or "0"
            # Without -c gcov prints a percentage, and never 0 % for an arm that was taken.
            never = taken == "0%"
            hits = int(not never) if taken.endswith("%") else self.number(taken, self.at) or 0
            self.file.named("branches", self.at, f"0,{int(found[1][:9])}", max(hits, 0))
        elif found := _DECISION.match(text):
            self.decisions.append((int(found[1][:9]), int(found[2][:9]), []))
        elif self.decisions and (found := _TERM.match(text)):
            self.decisions[-1][2].extend((int(found[1][:9]), sense[0]) for sense in found[2].split())

    def open(self, path: str) -> None:
        self.close()
        self.file = self.report.file(path)
        self.paths = Paths(self.file)

    def close_line(self) -> None:
        if self.file is not None:
            for nth, (covered, total, missed) in enumerate(self.decisions):
                add_condition(self.file, self.at, nth, covered, total, missed)
        self.decisions.clear()

    def close(self) -> None:
        self.close_line()
        if self.paths is not None:
            self.paths.close()
        self.at = 0
        self.after_rule = self.in_instance = False
        self.waiting.clear()
        self.waiting_paths.clear()


def parse(source: Source, report: ReportBuilder) -> None:
    """Read one or more gcov files in one text. Raises `ParseError`."""
    report.producer = "gcov"
    reader = _Reader(report)
    for block in text_lines.blocks(source.chunks(), report.warnings):
        colored = b"\x1b" in block
        for raw in block.split(b"\n"):
            if raw:
                text = text_lines.decode(raw.rstrip(b"\r"), report.warnings)
                reader.read(_COLOR.sub("", text) if colored else text)
    reader.close()


FORMAT = Format("gcov-text", "gcov text", _matches, parse)
