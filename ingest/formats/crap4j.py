"""Crap4J XML, as PHPUnit writes it: complexity and CRAP of methods. It names no lines, no files. PURE. Source: php-code-coverage."""

from __future__ import annotations

from covdash.coverage.report import ReportBuilder
from covdash.coverage.results import MAX_TEXT, Method
from ingest import safe_xml
from ingest.parsing import Format, Peek, Source
from ingest.safe_xml import Handlers

_TEXTS = ("className", "methodName", "crap", "complexity")


def _matches(peek: Peek) -> str | None:
    return "root `<crap_result>`" if peek.xml_root == "crap_result" else None


class _Reader:
    def __init__(self, report: ReportBuilder) -> None:
        self.report = report
        self.words: dict[str, str] | None = None

    def handlers(self) -> Handlers:
        return Handlers(
            {"method": self.start}, {"method": self.end}, {name: self.keep(name) for name in _TEXTS}
        )

    def keep(self, name: str) -> safe_xml.Text:
        def keep(text: str) -> None:
            if self.words is not None:
                self.words[name] = text.strip()[:MAX_TEXT]

        return keep

    def start(self, _flat: list[str]) -> None:
        self.words = {}

    def end(self) -> None:
        words, self.words = self.words or {}, None
        try:
            complexity, crap = (
                float(words.get(name, "0").replace(",", "")) for name in ("complexity", "crap")
            )
        except ValueError:
            self.report.warnings.add("bad_record", f"{words.get('methodName', '')}: no numbers")
            return
        self.report.results.method(
            Method(words.get("className", ""), words.get("methodName", ""), complexity, crap)
        )


def parse(source: Source, report: ReportBuilder) -> None:
    """Read all methods. Raises `ParseError`."""
    safe_xml.parse(source.chunks(), _Reader(report).handlers(), report.warnings)


FORMAT = Format("crap4j", "Crap4J XML", _matches, parse)
