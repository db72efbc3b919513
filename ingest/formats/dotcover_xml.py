"""dotCover's DetailedXML: statements with places; its other XML reports hold totals only. PURE. Source: dotCover's documentation."""

from __future__ import annotations

from covdash.coverage.report import ReportBuilder
from ingest import safe_xml
from ingest.numbers import whole
from ingest.parsing import Format, Peek, Source
from ingest.safe_xml import Handlers, attributes
from ingest.spans import Spans

_MEMBERS = ("Method", "Constructor", "Property", "Event", "OwnCoverage")


def _matches(peek: Peek) -> str | None:
    if peek.xml_root == "Root" and {"DotCoverVersion", "CoveredStatements"} & set(peek.xml_attributes):
        return "root `<Root>` with statements of dotCover"
    return None


class _Reader:
    def __init__(self, report: ReportBuilder) -> None:
        self.report = report
        self.paths: dict[str, str] = {}
        self.spans: dict[str, Spans] = {}
        self.members: list[tuple[str, int, int]] = []
        self.types: list[str] = []
        self.statements = 0

    def handlers(self) -> Handlers:
        starts = {"Root": self.root, "File": self.file, "Type": self.start_type, "Statement": self.statement}
        ends = {"Type": self.end_type}
        return Handlers(
            starts | dict.fromkeys(_MEMBERS, self.start_member),
            ends | dict.fromkeys(_MEMBERS, self.end_member),
        )

    def root(self, flat: list[str]) -> None:
        words = attributes(flat)
        self.report.producer = f"dotCover {words.get('DotCoverVersion', '')}".strip()
        covered, total = whole(words.get("CoveredStatements")), whole(words.get("TotalStatements"))
        if covered is not None and total is not None:
            self.report.declare("statements", covered, total)

    def file(self, flat: list[str]) -> None:
        words = attributes(flat)
        self.paths[words.get("Index", "")] = words.get("Name", "")

    def start_type(self, flat: list[str]) -> None:
        self.types.append(attributes(flat).get("Name", ""))

    def end_type(self) -> None:
        self.types.pop()

    def start_member(self, flat: list[str]) -> None:
        words = attributes(flat)
        total = whole(words.get("TotalStatements")) or 0
        self.members.append((words.get("Name", ""), whole(words.get("CoveredStatements")) or 0, total))

    def end_member(self) -> None:
        self.members.pop()

    def statement(self, flat: list[str]) -> None:
        words = attributes(flat)
        path, line = self.paths.get(words.get("FileIndex", ""), ""), whole(words.get("Line")) or 0
        if not path or not line:
            self.report.warnings.add("bad_record", f"a statement without {'line' if path else 'file'}")
            return
        self.statements += 1
        file = self.report.file(path)
        file.counted = False
        hits = int(words.get("Covered", "").lower() == "true")
        end = whole(words.get("EndLine")) or line
        self.spans.setdefault(path, Spans(self.report.warnings)).add(line, end, hits)
        file.named(
            "statements", line, f"{line}:{words.get('Column', '')}-{end}:{words.get('EndColumn', '')}", hits
        )
        if self.members and self.members[-1][2]:
            name, covered, total = self.members[-1]
            called = ".".join([*self.types, name])
            file.function(called, line, end, int(covered > 0))
            self.members[-1] = (name, covered, 0 if total else total)

    def close(self) -> None:
        for path, spans in self.spans.items():
            spans.close(self.report.file(path))
        if not self.statements:
            self.report.warnings.add(
                "totals_only",
                "this XML of dotCover holds no statements; export it with `--reportType=DetailedXML`",
            )


def parse(source: Source, report: ReportBuilder) -> None:
    """Read a report. Raises `ParseError`."""
    reader = _Reader(report)
    safe_xml.parse(source.chunks(), reader.handlers(), report.warnings)
    reader.close()


FORMAT = Format("dotcover-xml", "dotCover XML", _matches, parse)
