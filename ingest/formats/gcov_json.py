"""gcov's JSON (`gcov --json-format`, GCC 9 to 16), with conditions (GCC 14) and prime paths (GCC 15). PURE.

Source: GCC manual, "Invoking Gcov". A document describes one translation unit; several may follow each other, one on a line. A line
appears once for each function that contains it (template instances): their counts add up, and so do the arms of one position, since
an arm of the source is one arm however often it is instantiated. Paths are relative to the folder of the compiler, a source root.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from covdash.coverage.building import FileBuilder
from covdash.coverage.lines import State
from covdash.coverage.report import ReportBuilder
from ingest.gcc import Paths, add_condition
from ingest.json_text import decode_json, decode_part
from ingest.parsing import Format, Peek, Source


class _Arm(msgspec.Struct):
    count: float = 0


class _Decision(msgspec.Struct):
    count: int = 0
    covered: int = 0
    not_covered_true: list[int] = []
    not_covered_false: list[int] = []


class _Line(msgspec.Struct):
    line_number: int
    count: float = 0
    unexecuted_block: bool = False
    branches: list[_Arm] = []
    conditions: list[_Decision] = []


class _Function(msgspec.Struct):
    name: str = ""
    demangled_name: str = ""
    start_line: int = 0
    end_line: int = 0
    execution_count: float = 0
    total_prime_paths: int | None = None
    covered_prime_paths: int = 0


class _File(msgspec.Struct):
    file: str
    lines: list[_Line] = []
    functions: list[_Function] = []


class _Report(msgspec.Struct):
    files: list[msgspec.Raw] = []
    gcc_version: str = ""
    current_working_directory: str = ""


_report = msgspec.json.Decoder(_Report)
_file = msgspec.json.Decoder(_File)


def _matches(peek: Peek) -> str | None:
    if "gcc_version" in peek.json_keys or {"current_working_directory", "data_file"} <= set(peek.json_keys):
        return (
            "top-level key `gcc_version`" if "gcc_version" in peek.json_keys else "top-level key `data_file`"
        )
    return None


def _documents(data: bytes) -> Iterator[bytes]:
    """Yield the documents: `gcov --stdout` writes one a line."""
    lines = [line for line in data.split(b"\n") if line.strip()]
    alone = all(line.lstrip()[:1] == b"{" and line.rstrip()[-1:] == b"}" for line in lines)
    yield from lines if alone else [data]


def parse(source: Source, report: ReportBuilder) -> None:
    """Read the translation units of a report. Raises `ParseError`."""
    for document in _documents(source.read()):
        unit = decode_json(_report, document)
        report.producer = f"gcov {unit.gcc_version}".strip()
        if unit.current_working_directory and unit.current_working_directory not in report.roots:
            report.roots.append(unit.current_working_directory)
        for number, raw in enumerate(unit.files):
            content = decode_part(_file, raw, f"$.files[{number}]")
            _read(content, report.file(content.file))


def _read(content: _File, file: FileBuilder) -> None:
    paths = Paths(file)
    for function in content.functions:
        name = function.demangled_name or function.name
        file.function(name, function.start_line, function.end_line, int(function.execution_count))
        if function.total_prime_paths is not None:
            paths.add(function.start_line, function.covered_prime_paths, function.total_prime_paths)
    paths.close()
    for line in content.lines:
        partial = line.unexecuted_block and line.count > 0
        file.line(line.line_number, int(line.count), State.PARTIAL if partial else None)
        for at, arm in enumerate(line.branches):
            file.named("branches", line.line_number, f"0,{at}", int(arm.count))
        for nth, decision in enumerate(line.conditions):
            missed = [(term, "t") for term in decision.not_covered_true]
            missed += [(term, "f") for term in decision.not_covered_false]
            add_condition(file, line.line_number, nth, decision.covered, decision.count, missed)


FORMAT = Format("gcov-json", "gcov JSON", _matches, parse)
