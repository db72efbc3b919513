"""PHPUnit's XML (`--coverage-xml DIR`): an index, and a file for each source file. PURE. Source: php-code-coverage's XML report.

Only covered lines are listed, each with its tests; how many lines there are stands in the totals. So a file has the lines that ran
and a count of all. A method is covered when all its lines are. The index and the files say the same twice.
"""

from __future__ import annotations

from covdash.coverage.building import FileBuilder
from covdash.coverage.report import ReportBuilder
from ingest import safe_xml
from ingest.numbers import whole
from ingest.parsing import Format, Peek, Source
from ingest.safe_xml import Handlers, attributes

_CLASSES = ("class", "trait")


def _matches(peek: Peek) -> str | None:
    if peek.xml_root == "phpunit" and (peek.xml_child in ("build", "project", "file") or _is_ours(peek)):
        return "root `<phpunit>` of a coverage report"
    return None


def _is_ours(peek: Peek) -> bool:
    return "phpunit.de/coverage/" in peek.xml_attributes.get("xmlns", "")


class _Reader:
    def __init__(self, report: ReportBuilder) -> None:
        self.report = report
        self.file: FileBuilder | None = None
        self.lists_lines = False
        self.unlisted = 0
        self.owner = ""

    def handlers(self) -> Handlers:
        starts = {
            "build": self.build, "project": self.project, "file": self.start_file, "lines": self.lines, "methods": self.methods,
            "method": self.method, "line": self.line, **dict.fromkeys(_CLASSES, self.start_class),
        }  # fmt: skip
        return Handlers(starts, {"file": self.end_file, **dict.fromkeys(_CLASSES, self.end_class)})

    def build(self, flat: list[str]) -> None:
        self.report.producer = f"phpunit {attributes(flat).get('phpunit', '')}".strip()

    def project(self, flat: list[str]) -> None:
        root = attributes(flat).get("source", "")
        if root:
            self.report.roots.append(root)

    def start_file(self, flat: list[str]) -> None:
        words = attributes(flat)
        href = words.get("href", "")
        path = (
            href.removesuffix(".xml")
            if href
            else f"{words.get('path', '').strip('/')}/{words.get('name', '')}"
        )
        self.file = self.report.file(path.lstrip("/"))
        self.file.counted = False
        self.lists_lines = False

    def end_file(self) -> None:
        self.file = None

    def lines(self, flat: list[str]) -> None:
        self.count(flat, "lines", "executed", "executable")

    def methods(self, flat: list[str]) -> None:
        self.count(flat, "functions", "tested", "count")

    def count(self, flat: list[str], kind: str, covered: str, total: str) -> None:
        """Take a count of a file; those of directories are their sums."""
        if self.file is None:
            return
        words = attributes(flat)
        ran, known = whole(words.get(covered)), whole(words.get(total))
        if ran is not None and known is not None:
            self.file.tally(kind, 0, min(ran, known), known)
            self.unlisted += kind == "lines"

    def start_class(self, flat: list[str]) -> None:
        self.owner = attributes(flat).get("name", "")

    def end_class(self) -> None:
        self.owner = ""

    def method(self, flat: list[str]) -> None:
        words = attributes(flat)
        executable, executed = whole(words.get("executable")), whole(words.get("executed"))
        if self.file is None or not executable or executed is None:
            return
        name = f"{self.owner}::{words.get('name', '')}" if self.owner else words.get("name", "")
        start, end = whole(words.get("start")) or 0, whole(words.get("end")) or 0
        self.file.function(name, start, end, int(executed > 0), partial=executed < executable)

    def line(self, flat: list[str]) -> None:
        number = whole(attributes(flat).get("nr"))
        # The source text follows with lines of its own, which are numbered by `no`.
        if self.file is not None and number:
            self.file.line(number, 1)


def parse(source: Source, report: ReportBuilder) -> None:
    """Read the index, one file, or all files of a directory. Raises `ParseError`."""
    reader = _Reader(report)
    for _, data in source.parts():
        safe_xml.parse([data], reader.handlers(), report.warnings)
    if reader.unlisted:
        report.warnings.add(
            "totals_only", "PHPUnit's XML lists no missed lines, only their number; send Clover or Cobertura to see them",
            reader.unlisted,
        )  # fmt: skip


FORMAT = Format("phpunit-xml", "PHPUnit XML", _matches, parse, joins=True)
