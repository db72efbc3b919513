"""Scoverage XML (Scala): statements with counts; one that begins a way of a decision is an arm. PURE. Source: scoverage's reporter."""

from __future__ import annotations

from collections import Counter

from covdash.coverage.report import ReportBuilder
from ingest import safe_xml
from ingest.numbers import count, whole
from ingest.parsing import Format, Peek, Source
from ingest.safe_xml import Handlers, attributes
from ingest.spans import Spans


def _matches(peek: Peek) -> str | None:
    return "root `<scoverage>`" if peek.xml_root == "scoverage" else None


class _Reader:
    def __init__(self, report: ReportBuilder) -> None:
        self.report = report
        self.path = ""
        self.method = ""
        self.spans: dict[str, Spans] = {}
        self.alike: Counter[tuple[str, int, str, str]] = Counter()
        self.functions: dict[tuple[str, str], tuple[int, int, int]] = {}

    def handlers(self) -> Handlers:
        starts = {
            "scoverage": self.root, "class": self.on_class, "method": self.on_method, "statement": self.statement,
        }  # fmt: skip
        return Handlers(starts)

    def root(self, flat: list[str]) -> None:
        words = attributes(flat)
        self.report.producer = "scoverage"
        total, covered = whole(words.get("statement-count")), whole(words.get("statements-invoked"))
        if total is not None and covered is not None:
            self.report.expect("statements", covered, total)

    def on_class(self, flat: list[str]) -> None:
        self.path = attributes(flat).get("filename", "")

    def on_method(self, flat: list[str]) -> None:
        self.method = attributes(flat).get("name", "")

    def statement(self, flat: list[str]) -> None:
        words = attributes(flat)
        if words.get("ignored", "").lower() == "true":
            return
        path = words.get("source") or self.path
        line = whole(words.get("line")) or 0
        hits = max(count(words.get("invocation-count", "0"), self.report.warnings, f"{path}:{line}") or 0, 0)
        file = self.report.file(path)
        # Several statements may lie in one place: the compiler adds some.
        place = (path, line, f"{words.get('start', '')} to {words.get('end', '')}", self.method)
        self.alike[place] += 1
        nth = f" ({self.alike[place]})" if self.alike[place] > 1 else ""
        key = f"characters {place[2]}{nth}"
        owner = self.method or words.get("method", "")
        file.named("statements", line, f"{key} of {owner}", hits)
        if words.get("branch", "").lower() == "true":
            file.named("branches", line, f"{key} of {owner}", hits)
        else:
            file.measures("branches")
        self.spans.setdefault(path, Spans(self.report.warnings)).add(line, line, hits)
        if owner:
            start, end, calls = self.functions.get((path, owner), (line, line, 0))
            self.functions[path, owner] = (min(start, line), max(end, line), max(calls, hits))

    def close(self) -> None:
        for path, spans in self.spans.items():
            spans.close(self.report.file(path))
        for (path, name), (start, end, calls) in self.functions.items():
            self.report.file(path).function(name, start, end, calls)


def parse(source: Source, report: ReportBuilder) -> None:
    """Read a report. Raises `ParseError`."""
    reader = _Reader(report)
    safe_xml.parse(source.chunks(), reader.handlers(), report.warnings)
    reader.close()


FORMAT = Format("scoverage", "Scoverage XML", _matches, parse)
