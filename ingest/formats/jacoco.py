"""JaCoCo XML: JaCoCo, Kover, Pester, gcovr's writer. PURE.

Source: `report.dtd` 1.1 of the JaCoCo project. Lines come from `sourcefile/line`: covered when an instruction ran (`ci`), partial when
some instruction or arm of it did not. There are no hit counts, only yes and no. `mb`/`cb` count arms without naming them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from covdash.coverage.building import FileBuilder
from covdash.coverage.lines import State
from covdash.coverage.report import ReportBuilder
from ingest.parsing import Format, Peek, Source
from ingest.safe_xml import Handlers, attributes, parse

_KINDS = {"LINE": "lines", "BRANCH": "branches", "METHOD": "functions", "INSTRUCTION": "instructions"}
_CHILDREN = {"package", "group", "counter", "sessioninfo", ""}


def _matches(peek: Peek) -> str | None:
    if peek.xml_root == "report" and peek.xml_child in _CHILDREN:
        return f"root `<report>` with `<{peek.xml_child}>`" if peek.xml_child else None
    return None


@dataclass(slots=True)
class _Class:
    """A class while it is read: where its methods belong is known at its start, what they are at their end."""

    name: str = ""
    file: str = ""
    functions: list[tuple[str, int, int]] = field(default_factory=list)
    counters: dict[str, tuple[int, int]] = field(default_factory=dict)


class _Reader:
    """Keeps the place in the document: groups, package, class or source file, method."""

    def __init__(self, report: ReportBuilder) -> None:
        self.report = report
        self.groups: list[str] = []
        self.package = ""
        self.place: list[str] = []
        self.current: FileBuilder | None = None
        self.lines = self.stated = 0
        self.counters: dict[str, tuple[int, int]] = {}
        self.owner = _Class()
        self.method: tuple[str, int] | None = None
        self.pending: list[_Class] = []
        self.measured: set[str] = set()

    def handlers(self) -> Handlers:
        starts = {
            "group": self.group,
            "package": self.start_package,
            "class": self.start_class,
            "method": self.start_method,
            "sourcefile": self.source_file,
            "line": self.line,
            "counter": self.counter,
        }
        ends = {
            "group": self.end_group,
            "package": self.end_package,
            "class": self.end_class,
            "method": self.end_method,
            "sourcefile": self.end_source_file,
        }
        return Handlers(starts, ends)

    def group(self, flat: list[str]) -> None:
        self.groups.append(attributes(flat).get("name", ""))
        self.place.append("group")

    def end_group(self) -> None:
        self.groups.pop()
        self.place.pop()

    def start_package(self, flat: list[str]) -> None:
        self.package = attributes(flat).get("name", "")
        self.place.append("package")

    def end_package(self) -> None:
        """Give methods to their files. A class without debug information has no file: it only counts, under its own name."""
        self.place.pop()
        bare: dict[tuple[str, str], list[int]] = {}
        for owner in self.pending:
            stem = owner.name.rpartition("/")[2].partition("$")[0]
            name = owner.file or next(
                (known for known in self.measured if known.partition(".")[0] == stem), ""
            )
            if not name and self.measured:
                continue  # the counters of the source files still count its methods
            file = self.report.file(self.path(name or f"{stem}.class"))
            file.counted = False
            for function, start, hits in owner.functions:
                file.function(function, start, 0, hits)
            if name not in self.measured:
                self.report.warnings.add(
                    "totals_only", f"{owner.name} was compiled without debug information: it has no lines"
                )
                for kind, (covered, total) in owner.counters.items():
                    count = bare.setdefault((name or f"{stem}.class", kind), [0, 0])
                    count[0] += covered
                    count[1] += total
        for (name, kind), (covered, total) in bare.items():
            if kind != "functions":
                self.report.file(self.path(name)).tally(kind, 0, covered, total)
        self.pending, self.measured = [], set()

    def path(self, name: str) -> str:
        """Modules (`<group>`) may hold files of one package and name, so the module is part of the path."""
        return "/".join(filter(None, (*self.groups, self.package, name)))

    def start_class(self, flat: list[str]) -> None:
        words = attributes(flat)
        self.owner = _Class(words.get("name", ""), words.get("sourcefilename", ""))
        self.place.append("class")

    def end_class(self) -> None:
        self.place.pop()
        self.pending.append(self.owner)

    def start_method(self, flat: list[str]) -> None:
        words = attributes(flat)
        name = words.get("name", "")
        short = self.owner.name.rpartition("/")[2]
        self.method = (f"{short}.{name}{words.get('desc', '')}", _int(words.get("line")))
        self.place.append("method")

    def end_method(self) -> None:
        self.place.pop()
        self.method = None

    def source_file(self, flat: list[str]) -> None:
        name = attributes(flat).get("name", "")
        self.current = self.report.file(self.path(name))
        self.current.counted = False
        self.measured.add(name)
        self.lines = self.stated = 0
        self.counters = {}
        self.place.append("sourcefile")

    def line(self, flat: list[str]) -> None:
        if self.current is None:
            return
        words = attributes(flat)
        number = _int(words.get("nr"))
        arms_missed, arms = _int(words.get("mb")), _int(words.get("cb"))
        if arms_missed + arms:
            self.current.tally("branches", number, arms, arms_missed + arms)
        self.lines += 1
        if "ci" not in words and "mi" not in words:
            return
        missed, covered = _int(words.get("mi")), _int(words.get("ci"))
        self.stated += 1
        if not missed + covered:
            return
        state = State.MISSED if not covered else State.PARTIAL if missed or arms_missed else State.COVERED
        self.current.line(number, int(covered > 0), state)
        self.current.tally("instructions", number, covered, missed + covered)

    def counter(self, flat: list[str]) -> None:
        words = attributes(flat)
        kind, covered = _KINDS.get(words.get("type", "")), _int(words.get("covered"))
        total = covered + _int(words.get("missed"))
        place = self.place[-1] if self.place else "report"
        if kind is None:
            return
        if place == "method" and kind == "functions" and self.method is not None:
            self.owner.functions.append((*self.method, covered))
        elif place == "class":
            self.owner.counters[kind] = (covered, total)
        elif place == "sourcefile":
            self.counters[kind] = (covered, total)

    def end_source_file(self) -> None:
        self.place.pop()
        file = self.current
        if file is not None:
            file.measures("branches", "functions")
            for kind, (covered, total) in self.counters.items():
                file.tally(kind, 0, covered, total)  # instructions and arms without a line count too
            unstated = self.lines and not self.stated
            if unstated:
                self.report.warnings.add(
                    "totals_only", "lines without instruction counters (gcovr): their state is not known"
                )
        self.current = None


def _parse(source: Source, report: ReportBuilder) -> None:
    parse(source.chunks(), _Reader(report).handlers(), report.warnings)


def _int(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else 0


FORMAT = Format("jacoco", "JaCoCo XML", _matches, _parse)
