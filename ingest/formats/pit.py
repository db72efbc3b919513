"""PIT's `mutations.xml` (Java). PURE. Source: PIT's XML listener. A path is the package of the class and its source file."""

from __future__ import annotations

from covdash.coverage.report import ReportBuilder
from covdash.coverage.results import MAX_TEXT, Mutant, line_of
from ingest import safe_xml
from ingest.numbers import whole
from ingest.parsing import Format, Peek, Source
from ingest.safe_xml import Handlers, attributes

_STATES = {
    "KILLED": "killed", "SURVIVED": "survived", "NO_COVERAGE": "no_coverage", "TIMED_OUT": "timeout", "MEMORY_ERROR": "error",
    "RUN_ERROR": "error", "NON_VIABLE": "error", "STARTED": "pending", "NOT_STARTED": "pending",
}  # fmt: skip
_TEXTS = (
    "sourceFile", "mutatedClass", "mutatedMethod", "lineNumber", "mutator", "description", "killingTest", "killingTests",
    "succeedingTests",
)  # fmt: skip


def _matches(peek: Peek) -> str | None:
    return "root `<mutations>`" if peek.xml_root == "mutations" else None


class _Reader:
    def __init__(self, report: ReportBuilder) -> None:
        self.report = report
        self.status: str | None = None
        self.words: dict[str, str] = {}

    def handlers(self) -> Handlers:
        return Handlers(
            {"mutation": self.start}, {"mutation": self.end}, {name: self.keep(name) for name in _TEXTS}
        )

    def keep(self, name: str) -> safe_xml.Text:
        def keep(text: str) -> None:
            self.words[name] = text.strip()[:MAX_TEXT]

        return keep

    def start(self, flat: list[str]) -> None:
        words = attributes(flat)
        self.words = {}
        self.status = words.get("status", "KILLED" if words.get("detected") == "true" else "SURVIVED")

    def end(self) -> None:
        words = self.words
        state = _STATES.get(self.status or "")
        if state is None:
            self.report.warnings.add("bad_record", f"a mutation with the status {(self.status or '')[:40]!r}")
            return
        package = words.get("mutatedClass", "").rpartition(".")[0].replace(".", "/")
        path = f"{package}/{words.get('sourceFile', '')}".lstrip("/")
        operator = words.get("mutator", "").rpartition(".")[2] or words.get("mutator", "")
        killers = words.get("killingTest") or words.get("killingTests", "")
        self.report.results.mutant(
            Mutant(
                path, line_of(whole(words.get("lineNumber")) or 0), operator, state,
                words.get("description", ""), words.get("mutatedMethod", ""),
                killed_by=tuple(name for name in killers.split("|") if name)[:100],
                covered_by=tuple(name for name in words.get("succeedingTests", "").split("|") if name)[:100],
            )
        )  # fmt: skip


def parse(source: Source, report: ReportBuilder) -> None:
    """Read all mutations. Raises `ParseError`."""
    report.producer = "PIT"
    safe_xml.parse(source.chunks(), _Reader(report).handlers(), report.warnings)


FORMAT = Format("pit", "PIT mutations", _matches, parse)
