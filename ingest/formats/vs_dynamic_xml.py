"""Microsoft's code coverage XML: `dotnet-coverage -f xml`, `CodeCoverage.exe analyze`. PURE. Source: Microsoft's documentation.

Ids of files are local to a module and follow its functions. Blocks are counted by function; they are regions of the file.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from covdash.coverage.report import ReportBuilder
from ingest import safe_xml
from ingest.numbers import whole
from ingest.parsing import Format, Peek, Source
from ingest.safe_xml import Handlers, attributes
from ingest.spans import Spans

_SENTINELS = (0, 15732480, 16707566)
"""Lines of code that has no source."""


def _matches(peek: Peek) -> str | None:
    return (
        "root `<results>` with `<modules>`"
        if (peek.xml_root, peek.xml_child) == ("results", "modules")
        else None
    )


@dataclass(slots=True)
class _Function:
    name: str
    covered: int
    missed: int
    spans: list[tuple[str, int, int, str]] = field(default_factory=list)


class _Reader:
    def __init__(self, report: ReportBuilder) -> None:
        self.report = report
        self.functions: list[_Function] = []
        self.paths: dict[str, str] = {}
        self.spans: defaultdict[str, Spans] = defaultdict(lambda: Spans(report.warnings))
        self.blocks: dict[str, tuple[int, int]] = {}
        self.covered = self.total = 0

    def handlers(self) -> Handlers:
        starts = {"function": self.function, "range": self.range, "source_file": self.file}
        return Handlers(starts, {"module": self.end_module})

    def function(self, flat: list[str]) -> None:
        words = attributes(flat)
        name = ".".join(part for part in (words.get("type_name", ""), words.get("name", "")) if part)
        covered, missed = whole(words.get("blocks_covered")) or 0, whole(words.get("blocks_not_covered")) or 0
        self.functions.append(_Function(name, covered, missed))

    def range(self, flat: list[str]) -> None:
        words = attributes(flat)
        first, last = whole(words.get("start_line")) or 0, whole(words.get("end_line")) or 0
        if self.functions and first not in _SENTINELS:
            self.functions[-1].spans.append(
                (words.get("source_id", ""), first, last, words.get("covered", ""))
            )

    def file(self, flat: list[str]) -> None:
        words = attributes(flat)
        self.paths[words.get("id", "")] = words.get("path", "")

    def end_module(self) -> None:
        for function in self.functions:
            known = function.covered + function.missed
            self.covered, self.total = self.covered + function.covered, self.total + known
            placed = [
                (self.paths.get(uid, ""), first, last, state) for uid, first, last, state in function.spans
            ]
            if any(not path for path, *_ in placed):
                self.report.warnings.add("bad_record", f"{function.name}: ranges of an unknown file")
            placed = [span for span in placed if span[0]]
            for path, first, last, state in placed:
                self.spans[path].add(
                    first, last, int(state in ("yes", "partial")), partial=state == "partial"
                )
            if placed:
                path = placed[0][0]
                ran, total = self.blocks.get(path, (0, 0))
                self.blocks[path] = (ran + function.covered, total + known)
                begin, end = min(span[1] for span in placed), max(span[2] for span in placed)
                self.report.file(path).function(function.name, begin, end, int(function.covered > 0))
        self.functions.clear()
        self.paths.clear()

    def close(self) -> None:
        for path, spans in self.spans.items():
            file = self.report.file(path)
            file.counted = False
            spans.close(file)
        for path, (ran, total) in self.blocks.items():
            self.report.file(path).tally("regions", 0, ran, total)
        self.report.declare("regions", self.covered, self.total)


def parse(source: Source, report: ReportBuilder) -> None:
    """Read a report. Raises `ParseError`."""
    report.producer = "Microsoft code coverage"
    reader = _Reader(report)
    safe_xml.parse(source.chunks(), reader.handlers(), report.warnings)
    reader.close()


FORMAT = Format("vs-dynamic-xml", "Microsoft code coverage XML", _matches, parse)
