"""JaCoCo XML: JaCoCo, Kover, Pester, gcovr's writer. PURE.

Source: `report.dtd` 1.1 of the JaCoCo project. Lines come from `sourcefile/line`: covered when an instruction ran (`ci`), partial when
some instruction or arm of it did not. There are no hit counts, only yes and no. `mb`/`cb` count arms without naming them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from covdash.coverage.building import FileBuilder
from covdash.coverage.lines import Column, State
from covdash.coverage.report import ReportBuilder
from ingest import safe_xml
from ingest.numbers import is_digits
from ingest.parsing import Format, Peek, Source
from ingest.safe_xml import Handlers, attributes
from ingest.xml_rows import Rows, Values, flattened

_KINDS = {"LINE": "lines", "BRANCH": "branches", "METHOD": "functions", "INSTRUCTION": "instructions"}
_LINE = ("nr", "mi", "ci", "mb", "cb")
_TOO_GREAT = 10**9
_WIDTH = 2 * len(_LINE)
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
        self.source_name = ""
        self.rows: list[list[str]] = []
        self.batches: list[Column] = []
        self.counters: dict[str, tuple[int, int]] = {}
        self.owner = _Class()
        self.method: tuple[str, int] | None = None
        self.pending: list[_Class] = []
        self.measured: dict[str, tuple[int, int]] = {}

    def handlers(self) -> Handlers:
        starts = {
            "group": self.group,
            "package": self.start_package,
            "class": self.start_class,
            "method": self.start_method,
            "sourcefile": self.source_file,
            "line": self.rows.append,
            "counter": self.counter,
        }
        ends = {
            "group": self.end_group,
            "package": self.end_package,
            "class": self.end_class,
            "method": self.end_method,
            "sourcefile": self.end_source_file,
        }
        return Handlers(starts, ends, rows={"line": Rows(self.on_rows, frozenset(_LINE))})

    def on_rows(self, names: tuple[str, ...], columns: Sequence[Values]) -> None:
        if names == _LINE:
            batch = np.array(columns, np.int64)
            self.batches.append(np.where(batch < _TOO_GREAT, batch, 0))
        else:
            self.rows.extend(flattened(names, columns))

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
        by_stem = {known.partition(".")[0]: known for known in self.measured}
        listed: Counter[str] = Counter()
        bare: dict[tuple[str, str], list[int]] = {}
        for owner in self.pending:
            stem = owner.name.rpartition("/")[2].partition("$")[0]
            name = owner.file or by_stem.get(stem, "")
            if not name and self.measured:
                continue  # the counters of the source files still count its methods
            name = name or f"{stem}.class"
            file = self.report.file(self.path(name))
            file.counted = False
            listed[name] += len(owner.functions)
            for function, start, hits in owner.functions:
                file.function(function, start, 0, hits)
            if name not in self.measured:
                self.report.warnings.add(
                    "totals_only", f"{owner.name} was compiled without debug information: it has no lines"
                )
                for kind, (covered, total) in owner.counters.items():
                    count = bare.setdefault((name, kind), [0, 0])
                    count[0] += covered
                    count[1] += total
        for (name, kind), (covered, total) in bare.items():
            if kind != "functions":
                self.report.file(self.path(name)).tally(kind, 0, covered, total)
        for name, (covered, total) in self.measured.items():
            if total != listed[name]:
                self.report.file(self.path(name)).tally("functions", 0, covered, total)
        self.pending, self.measured = [], {}

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
        self.source_name = name
        self.rows.clear()
        self.batches.clear()
        self.counters = {}
        self.place.append("sourcefile")

    def counter(self, flat: list[str]) -> None:
        # There are more counters than lines, and most of them (those of methods) say nothing that is wanted.
        if self.method is not None and "METHOD" not in flat:
            return
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
        file, self.current = self.current, None
        if file is None:
            return
        file.measures("branches", "functions")
        self.measured[self.source_name] = self.counters.pop("functions", (0, 0))
        placed = self._lines(file)
        for kind, counted in self.counters.items():
            if placed[kind] != counted:  # instructions and arms without a line count too
                file.tally(kind, 0, *counted)
        if (self.rows or self.batches) and not placed["lines"][1]:
            self.report.warnings.add(
                "totals_only", "lines without instruction counters (gcovr): their state is not known"
            )
        self.rows.clear()
        self.batches.clear()

    def _lines(self, file: FileBuilder) -> dict[str, tuple[int, int]]:
        """Add the lines of a source file; return what they count, by kind."""
        numbers, missed, covered, missed_arms, arms = np.concatenate(
            [_columns(self.rows), *self.batches], axis=1
        )
        known = missed + covered > 0
        branching = (missed_arms + arms > 0) & (numbers > 0)
        per_arm = np.array((numbers, arms, missed_arms + arms))[:, branching]
        per_instruction = np.array((numbers, covered, missed + covered))[:, known & (numbers > 0)]
        file.many_tallied("branches", *per_arm)
        file.many_tallied("instructions", *per_instruction)
        some = np.where((missed > 0) | (missed_arms > 0), State.PARTIAL, State.COVERED)
        states = np.where(covered == 0, State.MISSED, some)[known]
        file.lines(numbers[known], (covered[known] > 0).astype(np.int64), states)
        return {
            "lines": (int(np.count_nonzero(states)), len(states)),
            "branches": (int(per_arm[1].sum()), int(per_arm[2].sum())),
            "instructions": (int(per_instruction[1].sum()), int(per_instruction[2].sum())),
        }


def _columns(rows: list[list[str]]) -> Column:
    """Return the attributes `nr mi ci mb cb` of lines, one row each; one that is missing or no number is 0."""
    flat = list(chain.from_iterable(rows))
    if all(len(row) == _WIDTH for row in rows) and all(
        flat[2 * at :: _WIDTH] == [name] * len(rows) for at, name in enumerate(_LINE)
    ):
        columns = [flat[2 * at + 1 :: _WIDTH] for at in range(len(_LINE))]
    else:
        found = [dict(zip(row[::2], row[1::2], strict=True)) for row in rows]
        columns = [[words.get(name, "0") for words in found] for name in _LINE]
    return np.array([[_int(text) for text in column] for column in columns], np.int64)


def parse(source: Source, report: ReportBuilder) -> None:
    """Read a JaCoCo report. Raises `ParseError`."""
    safe_xml.parse(source.chunks(), _Reader(report).handlers(), report.warnings)


def _int(text: str | None) -> int:
    number = int(text) if text and is_digits(text) and len(text) <= 2 * len(str(_TOO_GREAT)) else 0
    return number if number < _TOO_GREAT else 0


FORMAT = Format("jacoco", "JaCoCo XML", _matches, parse)
