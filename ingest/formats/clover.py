"""Clover XML: OpenClover, PHPUnit, and the writers of Istanbul and gcovr, which mean other things by the same words. PURE.

Source: `clover.xsd` of OpenClover. `stmt` lines are lines and statements, `method` lines are functions, `cond` lines are decisions
with two arms. Istanbul (clover="3.2.0", project "All files") counts arms instead: `truecount` covered ones, `falsecount` missed ones;
its statements are lines, and its methods stand in the metrics only. PHPUnit counts a method as covered when all its lines are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from covdash.coverage.building import FileBuilder, Numbers
from covdash.coverage.columns import in_order
from covdash.coverage.lines import MAX_LINE, Column
from covdash.coverage.report import ReportBuilder
from ingest import safe_xml
from ingest.numbers import count, is_digits
from ingest.parsing import Format, Peek, Source
from ingest.safe_xml import Handlers, attributes
from ingest.xml_rows import Rows, Values, flattened


def _matches(peek: Peek) -> str | None:
    if peek.xml_root != "coverage":
        return None
    if peek.xml_child in ("project", "testproject"):
        return f"root `<coverage>` with `<{peek.xml_child}>`"
    if "clover" in peek.xml_attributes and not peek.xml_child:
        return "root `<coverage>` with the attribute `clover`"
    return None


@dataclass(slots=True)
class _File:
    """One `file` element while it is read; its path stands in its start tag, its metrics anywhere below."""

    builder: FileBuilder
    metrics: dict[str, str] = field(default_factory=dict)
    statements: dict[int, list[int]] = field(default_factory=dict)
    columns: list[tuple[Column, Column]] = field(default_factory=list)
    """Statements that came by columns: lines and hits. `statements` holds them too only after `spread`."""
    methods: list[tuple[int, int, str]] = field(default_factory=list)
    conditions: list[tuple[int, int]] = field(default_factory=list)

    def count(self) -> int:
        """Return the number of statements."""
        return sum(map(len, self.statements.values())) + sum(len(lines) for lines, _ in self.columns)

    def spread(self) -> None:
        """Put what came by columns to the other statements."""
        for lines, hits in self.columns:
            for number, ran in zip(lines.tolist(), hits.tolist(), strict=True):
                self.statements.setdefault(number, []).append(ran)
        self.columns.clear()

    def tallies(self) -> tuple[Numbers, Numbers, Numbers]:
        """Return lines, how many statements of each ran, and how many there are."""
        if len(self.columns) == 1 and not self.statements and in_order(self.columns[0][0]):
            lines, hits = self.columns[0]
            return lines, hits > 0, np.ones(len(lines), np.int64)
        self.spread()
        ran = [len(counts) - counts.count(0) for counts in self.statements.values()]
        return [*self.statements], ran, [*map(len, self.statements.values())]


class _Reader:
    def __init__(self, report: ReportBuilder) -> None:
        self.report = report
        self.place: list[str] = []
        self.istanbul = False
        self.tests = 0
        self.file: _File | None = None

    def handlers(self) -> Handlers:
        starts = {
            "coverage": self.coverage,
            "project": self.project,
            "testproject": self.other_project,
            "class": self.start_class,
            "file": self.start_file,
            "metrics": self.metrics,
            "line": self.line,
        }
        ends = {"testproject": self.end_other_project, "class": self.end_class, "file": self.end_file}
        numbers = frozenset(("num", "count", "truecount", "falsecount"))
        return Handlers(starts, ends, rows={"line": Rows(self.on_rows, numbers)})

    def on_rows(self, names: tuple[str, ...], columns: Sequence[Values]) -> None:
        file = self.file
        if file is None:
            return
        texts = dict(zip(names, columns, strict=True))
        said = {name: column for name, column in texts.items() if isinstance(column, np.ndarray)}
        types = set(texts.get("type", ())) if "num" in said else set()
        if types == {"stmt"} and "count" in said:
            file.builder.lines(said["num"], said["count"])
            file.columns.append((said["num"], said["count"]))
        elif (
            types == {"cond"}
            and {"truecount", "falsecount"} <= said.keys()
            and not self.istanbul
            and said["num"].max() <= MAX_LINE
        ):
            both = said["truecount"] + said["falsecount"]
            for arm in ("true", "false"):
                file.builder.many_named("branches", said["num"], [arm] * len(both), said[f"{arm}count"])
            file.conditions += zip(said["num"].tolist(), said.get("count", both).tolist(), strict=True)
        else:
            for flat in flattened(names, columns):
                self.line(flat)

    def coverage(self, flat: list[str]) -> None:
        version = attributes(flat).get("clover", "")
        self.istanbul = version == "3.2.0"
        self.report.producer = f"clover {version}".strip()

    def project(self, flat: list[str]) -> None:
        name = attributes(flat).get("name", "")
        self.istanbul = self.istanbul and name == "All files"
        if self.istanbul:
            self.report.producer = "istanbul"

    def other_project(self, _flat: list[str]) -> None:
        """Coverage of the tests themselves is no coverage of the code."""
        self.tests += 1

    def end_other_project(self) -> None:
        self.tests -= 1

    def start_class(self, _flat: list[str]) -> None:
        self.place.append("class")

    def end_class(self) -> None:
        self.place.pop()

    def start_file(self, flat: list[str]) -> None:
        words = attributes(flat)
        path = words.get("path") or words.get("name") or ""
        if self.tests or not path:
            if not self.tests:
                self.report.warnings.add("bad_path", "a file without a name")
            return
        self.file = _File(self.report.file(path))

    def metrics(self, flat: list[str]) -> None:
        if self.file is not None and not self.place:
            self.file.metrics = attributes(flat)

    def line(self, flat: list[str]) -> None:
        file = self.file
        if file is None:
            return
        words = attributes(flat)
        number, kind = _int(words.get("num")), words.get("type", "stmt")
        text = words.get("count", "0" if kind == "cond" else "")
        hits = count(text, self.report.warnings, f"<line num={words.get('num')!r}>")
        if number is None or hits is None:
            if number is None:
                self.report.warnings.add("bad_record", f"<line num={words.get('num')!r}>")
            return
        if kind == "method":
            name = words.get("signature") or words.get("name") or f"line {number}"
            file.methods.append((number, hits, name))
            return
        if kind == "cond":
            taken, missed = _int(words.get("truecount")) or 0, _int(words.get("falsecount")) or 0
            if not self.istanbul:
                file.builder.named("branches", number, "true", taken)
                file.builder.named("branches", number, "false", missed)
                file.conditions.append((number, hits if "count" in words else taken + missed))
                return
            file.builder.tally("branches", number, taken, taken + missed)
        file.statements.setdefault(number, []).append(max(hits, 0))
        file.builder.line(number, hits)

    def end_file(self) -> None:
        file, self.file = self.file, None
        if file is None:
            return
        builder = file.builder
        builder.measures("statements")
        file.methods.sort()
        self._hidden_statements(file)
        # counted, not named: beside another tool's report of the file a name of our own would count each of them twice
        builder.many_tallied("statements", *file.tallies())
        methods, covered, arms, taken = (
            _int(file.metrics.get(word))
            for word in ("methods", "coveredmethods", "conditionals", "coveredconditionals")
        )
        if arms:
            builder.tally(
                "branches", 0, taken or 0, arms
            )  # Istanbul has arms on lines that hold no statement
        if file.methods:
            self._functions(file, covered)
        elif methods:
            builder.tally("functions", 0, covered or 0, methods)

    def _hidden_statements(self, file: _File) -> None:
        """A writer lists a line once: a statement hides behind the condition or the one-line method of its line.

        The metrics say how many do.
        """
        hidden = (_int(file.metrics.get("statements")) or 0) - file.count()
        if hidden <= 0:
            return
        file.spread()
        candidates = sorted(file.conditions, key=lambda at: (at[0] in file.statements, *at))
        bodies = _bodies(file)
        candidates += [(line, hits) for line, hits, _ in file.methods if not bodies[line]]
        for line, hits in candidates[:hidden]:
            if line not in file.statements:
                file.builder.line(line, hits)
            file.statements.setdefault(line, []).append(hits)

    def _functions(self, file: _File, covered: int | None) -> None:
        """Add the methods. Where more were called than the metrics count as covered, those that missed most are partial.

        PHPUnit wants every line of a method, and does not say where a method ends: it is taken to end where the next one starts.
        """
        file.spread()
        missed = {
            start: sum(not max(file.statements[line]) for line in body) / max(len(body), 1)
            for start, body in _bodies(file).items()
        }
        called = [(-missed[line], index) for index, (line, hits, _) in enumerate(file.methods) if hits > 0]
        surplus = 0 if covered is None else max(len(called) - covered, 0)
        partial = {index for _, index in sorted(called)[:surplus]}
        for index, (number, hits, name) in enumerate(file.methods):
            file.builder.function(name, number, 0, hits, partial=index in partial)


def _bodies(file: _File) -> dict[int, list[int]]:
    """Return the lines with statements of each method, by its first line: up to the first line of the next one."""
    starts = sorted({number for number, _, _ in file.methods})
    lines = sorted(file.statements)
    cuts = [*(bisect_left(lines, start) for start in starts), len(lines)]
    return {start: lines[low:high] for start, (low, high) in zip(starts, pairwise(cuts), strict=True)}


def parse(source: Source, report: ReportBuilder) -> None:
    """Read a Clover report. Raises `ParseError`."""
    safe_xml.parse(source.chunks(), _Reader(report).handlers(), report.warnings)


def _int(text: str | None) -> int | None:
    return int(text) if text and is_digits(text) else None


FORMAT = Format("clover", "Clover XML", _matches, parse)
