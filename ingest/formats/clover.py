"""Clover XML: OpenClover, PHPUnit, and the writers of Istanbul and gcovr, which mean other things by the same words. PURE.

Source: `clover.xsd` of OpenClover. `stmt` lines are lines and statements, `method` lines are functions, `cond` lines are decisions
with two arms. Istanbul (clover="3.2.0", project "All files") counts arms instead: `truecount` covered ones, `falsecount` missed ones;
its statements are lines, and its methods stand in the metrics only. PHPUnit counts a method as covered when all its lines are.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from covdash.coverage.building import FileBuilder
from covdash.coverage.report import ReportBuilder
from ingest.parsing import Format, Peek, Source
from ingest.safe_xml import Handlers, attributes, parse

_MAX_COUNT = 20
"""Digits of a count that are believed."""


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
    methods: list[tuple[int, int, str]] = field(default_factory=list)
    conditions: list[tuple[int, int]] = field(default_factory=list)


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
        return Handlers(starts, ends)

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
        count = _count(words.get("count"))
        if number is None or (count is None and kind != "cond"):
            self.report.warnings.add(
                "bad_record", f"<line num={words.get('num')!r} count={words.get('count')!r}>"
            )
            return
        if kind == "method":
            name = words.get("signature") or words.get("name") or f"line {number}"
            file.methods.append((number, count or 0, name))
            return
        if kind == "cond":
            taken, missed = _int(words.get("truecount")) or 0, _int(words.get("falsecount")) or 0
            if not self.istanbul:
                file.builder.named("branches", number, "true", taken)
                file.builder.named("branches", number, "false", missed)
                file.conditions.append((number, count if count is not None else taken + missed))
                return
            file.builder.tally("branches", number, taken, taken + missed)
        file.statements.setdefault(number, []).append(count or 0)
        file.builder.line(number, count or 0)

    def end_file(self) -> None:
        file, self.file = self.file, None
        if file is None:
            return
        builder = file.builder
        builder.measures("statements")
        self._hidden_statements(file)
        for line, counts in file.statements.items():
            # counted, not named: beside another tool's report of the file a name of our own would count each of them twice
            builder.tally("statements", line, sum(count > 0 for count in counts), len(counts))
        methods, covered, arms, taken = (
            _int(file.metrics.get(word)) or 0
            for word in ("methods", "coveredmethods", "conditionals", "coveredconditionals")
        )
        if arms:
            builder.tally("branches", 0, taken, arms)  # Istanbul has arms on lines that hold no statement
        if file.methods:
            self._functions(file, covered)
        elif methods:
            builder.tally("functions", 0, covered, methods)

    def _hidden_statements(self, file: _File) -> None:
        """A writer lists a line once: a statement hides behind the condition or the one-line method of its line.

        The metrics say how many do.
        """
        hidden = (_int(file.metrics.get("statements")) or 0) - sum(map(len, file.statements.values()))
        starts = sorted(number for number, _, _ in file.methods)
        candidates = sorted(file.conditions, key=lambda at: (at[0] in file.statements, at[0]))
        for line, count, _ in file.methods:
            after = next((start for start in starts if start > line), None)
            if not any(line <= known and (after is None or known < after) for known in file.statements):
                candidates.append((line, count))
        for line, count in candidates[: max(hidden, 0)]:
            if line not in file.statements:
                file.builder.line(line, count)
            file.statements.setdefault(line, []).append(count)

    def _functions(self, file: _File, covered: int) -> None:
        """A method that was called but has missed lines is partial for PHPUnit, the only writer whose metrics say so."""
        called = sum(count > 0 for _, count, _ in file.methods)
        whole = covered >= called
        starts = sorted(number for number, _, _ in file.methods)
        for number, count, name in file.methods:
            after = next((start for start in starts if start > number), None)
            missed = any(
                number <= line and (after is None or line < after) and not max(counts, default=0)
                for line, counts in file.statements.items()
            )
            file.builder.function(name, number, 0, count, partial=not whole and missed)


def _parse(source: Source, report: ReportBuilder) -> None:
    parse(source.chunks(), _Reader(report).handlers(), report.warnings)


def _int(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= _MAX_COUNT else None


def _count(text: str | None) -> int | None:
    if text and text.startswith("-"):
        number = _int(text[1:])
        return None if number is None else -number
    return _int(text)


FORMAT = Format("clover", "Clover XML", _matches, _parse)
