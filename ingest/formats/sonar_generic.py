"""SonarQube's generic coverage XML, as gcovr, kcov and scripts write it. PURE. Source: its documentation, "Generic test data"."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from covdash.coverage.building import FileBuilder
from covdash.coverage.report import ReportBuilder
from ingest import safe_xml
from ingest.numbers import whole
from ingest.parsing import Format, Peek, Source
from ingest.safe_xml import Handlers, attributes
from ingest.xml_rows import Rows, Values, flattened


def _matches(peek: Peek) -> str | None:
    if peek.xml_root != "coverage" or peek.xml_child not in ("file", ""):
        return None
    if peek.xml_child == "file" or set(peek.xml_attributes) == {"version"}:
        return "root `<coverage>` with `<file>`"
    return None


class _Reader:
    def __init__(self, report: ReportBuilder) -> None:
        self.report = report
        self.path = ""
        self.file: FileBuilder | None = None

    def handlers(self) -> Handlers:
        rows = Rows(self.on_rows, frozenset(("lineNumber", "branchesToCover", "coveredBranches")))
        return Handlers(
            {"file": self.start_file, "lineToCover": self.line},
            {"file": self.end_file},
            rows={"lineToCover": rows},
        )

    def start_file(self, flat: list[str]) -> None:
        self.path = attributes(flat).get("path", "")
        self.file = self.report.file(self.path)
        self.file.counted = False

    def end_file(self) -> None:
        self.file = None

    def on_rows(self, names: tuple[str, ...], columns: Sequence[Values]) -> None:
        if self.file is None:
            return
        said = dict(zip(names, columns, strict=True))
        numbers, covered = said.get("lineNumber"), said.get("covered", ())
        if not isinstance(numbers, np.ndarray) or not set(covered) <= {"true", "false"} or not len(covered):
            for flat in flattened(names, columns):
                self.line(flat)
            return
        self.file.lines(numbers, np.fromiter((word == "true" for word in covered), np.int64, len(covered)))
        if "branchesToCover" in said:
            total = np.asarray(said["branchesToCover"])
            taken = np.asarray(said.get("coveredBranches", np.zeros_like(total)))
            for number, some, all_ in np.column_stack((numbers, taken, total))[total > 0].tolist():
                self.file.tally("branches", number, some, all_)

    def line(self, flat: list[str]) -> None:
        if self.file is None:
            return
        words = attributes(flat)
        number = whole(words.get("lineNumber"))
        covered = words.get("covered", "")
        if covered not in ("true", "false"):
            self.report.warnings.add(
                "bad_record", f"{self.path}: covered={covered[:40]!r} is neither true nor false"
            )
        if number is None:
            self.report.warnings.add("bad_line_number", f"{self.path}: line {words.get('lineNumber')!r}")
            return
        self.file.line(number, int(covered.lower() in ("true", "1", "yes")))
        total = whole(words.get("branchesToCover"))
        if total:
            self.file.tally("branches", number, whole(words.get("coveredBranches")) or 0, total)


def parse(source: Source, report: ReportBuilder) -> None:
    """Read a report. Raises `ParseError`."""
    safe_xml.parse(source.chunks(), _Reader(report).handlers(), report.warnings)


FORMAT = Format("sonar-generic", "SonarQube generic coverage", _matches, parse)
