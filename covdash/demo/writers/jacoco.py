"""JaCoCo XML. Bytecode instructions are estimated from the text of a line: about as many as it has words and calls."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from xml.sax.saxutils import quoteattr

from covdash.demo.measured import Measured, Routine

SOURCE_FOLDER = "src/main/java/"
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd">'
)


@dataclass(slots=True)
class _Line:
    instructions: int = 0
    hits: int = 0
    taken: int = 0
    arms: int = 0

    def split(self) -> tuple[int, int, int, int]:
        """Return missed and covered instructions, missed and covered arms."""
        missed = self.instructions if not self.hits else 0
        return missed, self.instructions - missed, self.arms - self.taken, self.taken


Counters = dict[str, tuple[int, int]]


@dataclass(slots=True)
class _File:
    name: str
    lines: dict[int, _Line] = field(default_factory=lambda: defaultdict(_Line))
    routines: list[Routine] = field(default_factory=list)


def write(files: Mapping[str, Measured], *, at: datetime) -> bytes:
    """Return a report with one package per folder, one class per file, its methods, and counters at each level."""
    packages: dict[str, list[_File]] = defaultdict(list)
    for path, measured in files.items():
        package, _, name = path.removeprefix(SOURCE_FOLDER).rpartition("/")
        packages[package].append(_read(name, measured))
    stamp = int(at.timestamp() * 1000)
    body, total = [], Counters()
    for package, members in packages.items():
        sums = _sum(_counters(file.lines, file.routines, classes=1) for file in members)
        classes = "".join(_class(package, file) for file in members)
        sources = "".join(_source(file) for file in members)
        body.append(f'<package name="{package}">{classes}{sources}{_tags(sums)}</package>')
        total = _sum([total, sums])
    session = f'<sessioninfo id="ci" start="{stamp - 60_000}" dump="{stamp}"/>'
    return f'{_HEAD}<report name="bank">{session}{"".join(body)}{_tags(total)}</report>\n'.encode()


def _read(name: str, measured: Measured) -> _File:
    file = _File(name, routines=[routine for routine in measured.routines if routine.name])
    for statement in measured.statements:
        line = file.lines[statement.line]
        line.instructions += 1 + len(re.findall(r"\w+|[+*/<>=-]+", statement.text))
        line.hits = max(line.hits, statement.hits)
    for decision in measured.decisions:
        line = file.lines[decision.line]
        line.arms += len(decision.arms)
        line.taken += sum(hits > 0 for *_, hits in decision.arms)
    for routine in file.routines:
        # the return at the end of a void method stands on the line of its brace
        inner = [number for number in file.lines if routine.line < number <= routine.end_line]
        if not inner:
            file.lines[routine.line].instructions = 1
            file.lines[routine.line].hits = routine.hits
    return file


def _class(package: str, file: _File) -> str:
    name = f"{package}/{file.name.removesuffix('.java')}"
    methods = []
    for routine in file.routines:
        inner = {n: line for n, line in file.lines.items() if routine.line <= n <= routine.end_line}
        called = "<init>" if file.name == f"{routine.name}.java" else routine.name
        methods.append(
            f'<method name={quoteattr(called)} desc="()V" line="{routine.line}">'
            f"{_tags(_counters(inner, [routine]))}</method>"
        )
    counters = _tags(_counters(file.lines, file.routines, classes=1))
    return f'<class name="{name}" sourcefilename="{file.name}">{"".join(methods)}{counters}</class>'


def _source(file: _File) -> str:
    rows = []
    for number, line in sorted(file.lines.items()):
        mi, ci, mb, cb = line.split()
        rows.append(f'<line nr="{number}" mi="{mi}" ci="{ci}" mb="{mb}" cb="{cb}"/>')
    counters = _tags(_counters(file.lines, file.routines, classes=1))
    return f'<sourcefile name="{file.name}">{"".join(rows)}{counters}</sourcefile>'


def _counters(lines: Mapping[int, _Line], routines: list[Routine], *, classes: int = 0) -> Counters:
    split = [line.split() for line in lines.values()]
    mi, ci, mb, cb = (sum(column) for column in zip(*split, strict=True)) if split else (0, 0, 0, 0)
    ran = sum(line.hits > 0 for line in lines.values())
    called = sum(routine.hits > 0 for routine in routines)
    return {
        "INSTRUCTION": (mi, ci),
        "BRANCH": (mb, cb),
        "LINE": (len(split) - ran, ran),
        "METHOD": (len(routines) - called, called),
        "CLASS": (classes * (not called), classes * bool(called)),
    }


def _sum(parts: Iterable[Counters]) -> Counters:
    total: Counters = {}
    for part in parts:
        for kind, (missed, covered) in part.items():
            before = total.get(kind, (0, 0))
            total[kind] = (before[0] + missed, before[1] + covered)
    return total


def _tags(counters: Counters) -> str:
    return "".join(
        f'<counter type="{kind}" missed="{missed}" covered="{covered}"/>'
        for kind, (missed, covered) in counters.items()
        if missed or covered
    )
