"""BullseyeCoverage XML: probes of functions, decisions and conditions; it measures no lines. PURE. Source: Bullseye's documentation.

A decision and a condition have two outcomes each. The state of a line is that of the probes on it.
"""

from __future__ import annotations

from covdash.coverage.building import FileBuilder
from covdash.coverage.report import ReportBuilder
from ingest import safe_xml
from ingest.numbers import whole
from ingest.parsing import Format, Peek, Source
from ingest.safe_xml import Handlers, attributes
from ingest.spans import Spans

_SEEN = {"full": 2, "true": 1, "false": 1}


def _matches(peek: Peek) -> str | None:
    return "root `<BullseyeCoverage>`" if peek.xml_root == "BullseyeCoverage" else None


class _Reader:
    def __init__(self, report: ReportBuilder) -> None:
        self.report = report
        self.folders: list[str] = []
        self.file: FileBuilder | None = None
        self.spans = Spans(report.warnings)
        self.outcomes: dict[int, tuple[int, int]] = {}
        self.function = ""

    def handlers(self) -> Handlers:
        starts = {
            "BullseyeCoverage": self.root, "folder": self.start_folder, "src": self.start_src, "fn": self.fn, "probe": self.probe,
        }  # fmt: skip
        return Handlers(starts, {"folder": self.end_folder, "src": self.end_src})

    def root(self, flat: list[str]) -> None:
        words = attributes(flat)
        self.report.producer = "BullseyeCoverage"
        if words.get("dir"):
            self.report.roots.append(words["dir"])
        for kind, what in (("functions", "fn"), ("conditions", "cd")):
            covered, total = whole(words.get(f"{what}_cov")), whole(words.get(f"{what}_total"))
            if covered is not None and total is not None:
                self.report.declare(kind, covered, total)

    def start_folder(self, flat: list[str]) -> None:
        self.folders.append(attributes(flat).get("name", ""))

    def end_folder(self) -> None:
        self.folders.pop()

    def start_src(self, flat: list[str]) -> None:
        path = "/".join([*self.folders, attributes(flat).get("name", "")])
        self.file = self.report.file(path)
        self.file.counted = False
        self.file.measures("functions", "conditions")

    def end_src(self) -> None:
        if self.file is None:
            return
        self.spans.close(self.file)
        for line, (covered, total) in self.outcomes.items():
            self.file.tally("conditions", line, covered, total)
        self.outcomes.clear()
        self.file = None

    def fn(self, flat: list[str]) -> None:
        self.function = attributes(flat).get("name", "")

    def probe(self, flat: list[str]) -> None:
        words = attributes(flat)
        line, kind, event = whole(words.get("line")) or 0, words.get("kind", ""), words.get("event", "")
        if self.file is None or not line or kind == "constant":
            return
        seen = _SEEN.get(event, 0)
        self.spans.add(line, line, int(seen > 0), partial=seen == 1)
        if kind == "function":
            self.file.function(self.function, line, 0, int(seen > 0))
        elif kind in ("decision", "condition"):
            covered, total = self.outcomes.get(line, (0, 0))
            self.outcomes[line] = (covered + seen, total + 2)


def parse(source: Source, report: ReportBuilder) -> None:
    """Read a report. Raises `ParseError`."""
    safe_xml.parse(source.chunks(), _Reader(report).handlers(), report.warnings)


FORMAT = Format("bullseye-xml", "Bullseye XML", _matches, parse)
