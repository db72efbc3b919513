"""Visual Studio's `.coveragexml` (CoverageDSPriv, 2010 to 2022). PURE. Source: Microsoft's documentation of `CoverageDS`.

Names of files stand at the end, so methods wait for them. Blocks are counted by method; they are regions of the file, without lines.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from covdash.coverage.report import ReportBuilder
from ingest import safe_xml
from ingest.numbers import whole
from ingest.parsing import Format, Peek, Source
from ingest.safe_xml import Handlers
from ingest.spans import Spans

_COVERED, _PARTIAL = "0", "1"
_SENTINELS = (0, 15732480, 16707566)
"""Lines of code that has no source."""


def _matches(peek: Peek) -> str | None:
    return "root `<CoverageDSPriv>`" if peek.xml_root == "CoverageDSPriv" else None


@dataclass(slots=True)
class _Method:
    name: str = ""
    covered: int = 0
    missed: int = 0
    spans: list[tuple[str, int, int, str]] = field(default_factory=list)


class _Reader:
    def __init__(self, report: ReportBuilder) -> None:
        self.report = report
        self.class_name = ""
        self.method: _Method | None = None
        self.methods: list[tuple[str, _Method]] = []
        self.row: dict[str, str] = {}
        self.paths: dict[str, str] = {}

    def handlers(self) -> Handlers:
        starts = {"Method": self.start_method, "Lines": self.start_row, "SourceFileNames": self.start_row}
        ends = {"Method": self.end_method, "Lines": self.end_lines, "SourceFileNames": self.end_name}
        words = ("LnStart", "LnEnd", "Coverage", "SourceFileID", "SourceFileName")
        texts = {word: self.word(word) for word in words}
        texts |= {
            "ClassName": self.on_class, "MethodName": self.on_name, "BlocksCovered": self.on_covered,
            "BlocksNotCovered": self.on_missed,
        }  # fmt: skip
        return Handlers(starts, ends, texts)

    def word(self, name: str) -> safe_xml.Text:
        def keep(text: str) -> None:
            self.row[name] = text.strip()

        return keep

    def on_class(self, text: str) -> None:
        self.class_name = text.strip()

    def on_name(self, text: str) -> None:
        if self.method:
            self.method.name = text.strip()

    def on_covered(self, text: str) -> None:
        if self.method:
            self.method.covered = whole(text) or 0

    def on_missed(self, text: str) -> None:
        if self.method:
            self.method.missed = whole(text) or 0

    def start_method(self, _flat: list[str]) -> None:
        self.method = _Method()

    def start_row(self, _flat: list[str]) -> None:
        self.row = {}

    def end_lines(self) -> None:
        first, last = whole(self.row.get("LnStart")) or 0, whole(self.row.get("LnEnd")) or 0
        if self.method and first not in _SENTINELS:
            span = (self.row.get("SourceFileID", ""), first, last, self.row.get("Coverage", ""))
            self.method.spans.append(span)

    def end_method(self) -> None:
        if self.method:
            self.methods.append((self.class_name, self.method))
        self.method = None

    def end_name(self) -> None:
        self.paths[self.row.get("SourceFileID", "")] = self.row.get("SourceFileName", "")

    def close(self) -> None:
        spans: defaultdict[str, Spans] = defaultdict(lambda: Spans(self.report.warnings))
        blocks: dict[str, tuple[int, int]] = {}
        covered = total = 0
        for class_name, method in self.methods:
            covered, total = covered + method.covered, total + method.covered + method.missed
            named = [
                (self.paths.get(uid, ""), first, last, state) for uid, first, last, state in method.spans
            ]
            if any(not path for path, *_ in named):
                self.report.warnings.add("bad_record", f"{method.name}: lines of an unknown file")
            placed = [span for span in named if span[0]]
            for path, first, last, state in placed:
                spans[path].add(first, last, int(state in (_COVERED, _PARTIAL)), partial=state == _PARTIAL)
            if placed:
                path = placed[0][0]
                ran, known = blocks.get(path, (0, 0))
                blocks[path] = (ran + method.covered, known + method.covered + method.missed)
                called = f"{class_name}.{method.name}" if class_name else method.name
                begin, end = min(span[1] for span in placed), max(span[2] for span in placed)
                self.report.file(path).function(called, begin, end, int(method.covered > 0))
        for path, found in spans.items():
            file = self.report.file(path)
            file.counted = False
            found.close(file)
        for path, (ran, known) in blocks.items():
            self.report.file(path).tally("regions", 0, ran, known)
        self.report.declare("regions", covered, total)


def parse(source: Source, report: ReportBuilder) -> None:
    """Read a report. Raises `ParseError`."""
    report.producer = "Visual Studio"
    reader = _Reader(report)
    safe_xml.parse(source.chunks(), reader.handlers(), report.warnings)
    reader.close()


FORMAT = Format("vs-coveragexml", "Visual Studio coverage XML", _matches, parse)
