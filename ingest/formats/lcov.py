"""LCOV tracefiles (.info): geninfo(1) of lcov 1.x and 2.x, and what other tools write in that form, see `docs/formats.md`.

Sections (`SF` ... `end_of_record`) of one file add up: they are other tests or other translation units.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import orjson

from covdash.coverage.building import FileBuilder
from covdash.coverage.report import ReportBuilder
from ingest import text_lines
from ingest.numbers import count
from ingest.parsing import Format, ParseError, Peek, Source

_START = re.compile(r"^(TN|SF):", re.MULTILINE)
_BLOCK_ID = re.compile(r"([a-z]*)(\d+)\Z")
_MD5_SIZE = 22  # base64 without padding
_INSTANCE = re.compile(r"_{1,2}[ZR]|[^:;/<>() ]+\.[A-Za-z+]{1,4}[:;]")
_OF_A_FILE = re.compile(r"[^:;/<>() ]+\.[A-Za-z+]{1,4}[:;](?!:)")
_BULK_FROM = 8
_NEVER_REACHED = "-"


def _matches(peek: Peek) -> str | None:
    if peek.kind != "text":
        return None
    found = _START.search(peek.text)
    return f"text with a line that starts with {found[1]}:" if found else None


@dataclass(slots=True)
class _Section:
    """What one section says, before it is added to its file."""

    path: str
    file: FileBuilder
    numbers: dict[str, int] = field(default_factory=dict)
    arms: list[tuple[int, str, str, int]] = field(default_factory=list)
    functions: list[tuple[str, int, int]] = field(default_factory=list)
    calls: dict[str, list[int]] = field(default_factory=dict)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    aliases: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    texts: set[tuple[int, str, str]] = field(default_factory=set)
    checksums: bool = False


class _Reader:
    """Reads records into the open section; `SF` opens one, `end_of_record` or the next `SF` closes it."""

    def __init__(self, report: ReportBuilder) -> None:
        self.report = report
        self.warnings = report.warnings
        self.section: _Section | None = None
        self.records = {
            "SF": self.on_file, "DA": self.on_line, "BRDA": self.on_arm, "MCDC": self.on_condition,
            "FN": self.on_function, "FNDA": self.on_calls, "FNL": self.on_place, "FNA": self.on_alias,
            "BRF": self.on_number, "BRH": self.on_number, "FNF": self.on_number, "MCF": self.on_number,
        }  # fmt: skip

    def block(self, data: bytes) -> None:
        """Read a block of whole lines. Long runs of plain `DA` records are read at once, everything else line by line."""
        at = 0
        for start, end in _runs(data):
            self.lines(data[at:start])
            if self.section is None or not self.run(self.section, data[start:end]):
                self.lines(data[start:end])
            at = end
        self.lines(data[at:])

    def run(self, section: _Section, data: bytes) -> bool:
        """Read `DA:` lines that hold nothing but two plain integers each; False if they hold anything else."""
        try:
            values = orjson.loads(
                b"[%b]" % data.replace(b"\r", b"").rstrip(b"\n")[3:].replace(b"\nDA:", b",")
            )
            column = np.array(values)
        except (orjson.JSONDecodeError, ValueError):
            return False
        if column.dtype != np.int64 or len(column) != 2 * data.count(b"DA:"):
            return False
        section.file.lines(column[::2], column[1::2])
        return True

    def lines(self, data: bytes) -> None:
        """Read records one by one."""
        if not data:
            return
        for raw in data.split(b"\n"):
            if not raw.strip():
                continue
            record = text_lines.decode(raw.rstrip(b"\r"), self.warnings)
            if record == "end_of_record":
                self.close()
                continue
            name, colon, rest = record.partition(":")
            handler = self.records.get(name)
            if handler is None or not colon:
                continue  # comments and records of other versions
            if name != "SF" and self.section is None:
                self.warnings.add("bad_record", f"{record[:80]!r} before any SF record")
            else:
                handler(name, rest)

    def on_file(self, _name: str, rest: str) -> None:
        self.close()
        path = rest.rstrip()
        if "\0" in path:
            raise ParseError(
                "binary", "a file name holds a NUL character, so this is no text report", f"SF:{path[:80]!r}"
            )
        file = self.report.file(path)
        self.section = _Section(path, file)

    def on_line(self, _name: str, rest: str) -> None:
        section = self._open()
        number_text, comma, hits_text = rest.partition(",")
        hits_text, _, checksum = hits_text.partition(",")
        section.checksums = section.checksums or len(checksum) == _MD5_SIZE
        where = f"{section.path}: DA:{rest[:60]}"
        if not comma:
            self.warnings.add("bad_record", where)
            return
        number = count(number_text, self.warnings, where)
        hits = count(hits_text, self.warnings, where) if number is not None else None
        if number is not None and hits is not None:
            section.file.line(number, hits)

    def on_arm(self, _name: str, rest: str) -> None:
        section = self._open()
        head, _, taken_text = rest.rpartition(",")
        parts = head.split(",", 2)
        block = _BLOCK_ID.match(parts[1]) if len(parts) == 3 else None
        if block is None or not parts[0].isdigit() or len(parts[0]) > 9:
            self.warnings.add("bad_record", f"{section.path}: BRDA:{rest[:80]}")
            return
        line, text = int(parts[0]), parts[2]
        taken = 0
        if taken_text != _NEVER_REACHED:
            counted = count(taken_text, self.warnings, f"{section.path}: BRDA:{rest[:60]}")
            taken = counted or 0
        if not text.isdigit():
            text = self._distinct(section, line, block[2], text)
        section.arms.append((line, block[2], text, taken))

    def _distinct(self, section: _Section, line: int, block: str, text: str) -> str:
        """Tell arms apart whose texts are alike within one section: two ways out of one line may both be called `exit`."""
        plain, times = text, 1
        while (line, block, text) in section.texts:
            times += 1
            text = f"{plain} ({times})"
        section.texts.add((line, block, text))
        return text

    def on_condition(self, _name: str, rest: str) -> None:
        section = self._open()
        parts = rest.split(",", 5)
        if len(parts) < 5 or not parts[0].isdigit() or len(parts[0]) > 9:
            self.warnings.add("bad_record", f"{section.path}: MCDC:{rest[:80]}")
            return
        line, size, sense, taken_text, index = int(parts[0]), *parts[1:5]
        expression = parts[5] if len(parts) == 6 else ""
        taken = (
            0 if taken_text == _NEVER_REACHED else count(taken_text, self.warnings, f"MCDC:{rest[:60]}") or 0
        )
        section.file.named("conditions", line, f"{size},{index},{sense},{expression}", taken)

    def on_function(self, _name: str, rest: str) -> None:
        section = self._open()
        first, comma, name = rest.partition(",")
        start = count(first, self.warnings, f"{section.path}: FN:{rest[:60]}") if comma else None
        if start is None:
            self.warnings.add("bad_record", f"{section.path}: FN:{rest[:80]}")
            return
        end = 0
        second, comma, tail = name.partition(",")
        if comma and second.isdigit():
            end, name = int(second[:9]), tail
        section.functions.append((name, start, end))

    def on_calls(self, _name: str, rest: str) -> None:
        section = self._open()
        calls_text, comma, name = rest.partition(",")
        calls = count(calls_text, self.warnings, f"{section.path}: FNDA:{rest[:60]}") if comma else None
        if calls is None:
            self.warnings.add("bad_record", f"{section.path}: FNDA:{rest[:80]}")
        else:
            section.calls.setdefault(name, []).append(max(calls, 0))

    def on_place(self, _name: str, rest: str) -> None:
        section = self._open()
        parts = rest.split(",")
        if len(parts) < 2 or not all(part.isdigit() and len(part) < 10 for part in parts[:3]):
            self.warnings.add("bad_record", f"{section.path}: FNL:{rest[:80]}")
            return
        section.places[parts[0]] = (int(parts[1]), int(parts[2]) if len(parts) > 2 else 0)

    def on_alias(self, _name: str, rest: str) -> None:
        section = self._open()
        parts = rest.split(",", 2)
        calls = (
            count(parts[1], self.warnings, f"{section.path}: FNA:{rest[:60]}") if len(parts) == 3 else None
        )
        if calls is None:
            self.warnings.add("bad_record", f"{section.path}: FNA:{rest[:80]}")
        else:
            section.aliases.setdefault(parts[0], []).append((parts[2], calls))

    def on_number(self, name: str, rest: str) -> None:
        if rest.strip().isdigit():
            self._open().numbers[name] = int(rest[:12])

    def close(self) -> None:
        """Add the open section to its file."""
        section, self.section = self.section, None
        if section is None:
            return
        self._close_arms(section)
        self._close_functions(section)
        if "MCF" in section.numbers:
            section.file.measures("conditions")

    def _close_arms(self, section: _Section) -> None:
        file, numbers = section.file, section.numbers
        if "BRF" in numbers:
            file.measures("branches")
        if _stands_at_destinations(section):
            # coverage.py before 7.6 puts an arm on the line it jumps to: only the counts are of use.
            file.tally("branches", 0, min(numbers.get("BRH", 0), numbers["BRF"]), numbers["BRF"])
            self.warnings.add(
                "unplaced_arms",
                f"{section.path}: coverage.py before 7.6 writes arms on the wrong lines; only counted",
            )
            return
        for line, block, text, taken in section.arms:
            file.named("branches", line, f"{block},{text}", taken)

    def _close_functions(self, section: _Section) -> None:
        file = section.file
        if "FNF" in section.numbers:
            file.measures("functions")
        alike = Counter(name for name, _, _ in section.functions)
        instances: dict[int, tuple[str, int, int]] = {}
        for name, start, end in section.functions:
            calls = section.calls.get(name, [])
            # As many FNDA as FN of one name stand in the same order; else the calls cannot be told apart.
            hits = calls.pop(0) if len(calls) == alike[name] > 1 else sum(calls)
            alike[name] -= len(calls) < alike[name]
            if _INSTANCE.match(name):
                # One place in the source is one function, however often it is instantiated.
                plain = _OF_A_FILE.sub("", name, count=1)
                known, old_end, old_hits = instances.get(start, (plain, 0, 0))
                instances[start] = (min(known, plain), max(old_end, end), old_hits + hits)
            else:
                file.function(name, start, end, hits)
        for start, (name, end, hits) in instances.items():
            file.function(name, start, end, hits)
        placed = {name for name, _, _ in section.functions}
        for name, calls in section.calls.items():
            if name not in placed:
                file.function(name, 0, 0, sum(calls))
        for index, (start, end) in section.places.items():
            aliases = section.aliases.pop(index, [])
            # The same holds here; the first alias names the function.
            name = min((name for name, _ in aliases), default="")
            file.function(name, start, end, sum(max(calls, 0) for _, calls in aliases))
        for index, aliases in section.aliases.items():
            self.warnings.add("bad_record", f"{section.path}: FNA:{index} without FNL", len(aliases))

    def _open(self) -> _Section:
        if self.section is None:
            raise AssertionError("records outside of a section do not get here")
        return self.section


def _stands_at_destinations(section: _Section) -> bool:
    """Tell the arms of coverage.py before 7.6: checksums, no functions, ids that never repeat, and blocks that span lines."""
    if (
        not section.checksums
        or "BRF" not in section.numbers
        or section.functions
        or section.places
        or not section.arms
    ):
        return False
    pairs = {(block, text) for _, block, text, _ in section.arms}
    places = {(block, line) for line, block, _, _ in section.arms}
    return len(pairs) == len(section.arms) and len(places) > len({block for block, _ in places})


def _runs(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of long runs of consecutive `DA:` lines."""
    at = 0
    while (start := data.find(b"DA:", at)) >= 0:
        if start and data[start - 1 : start] != b"\n":
            at = start + 3
            continue
        end = _end_of_run(data, start)
        if data.count(b"\n", start, end) >= _BULK_FROM:
            yield start, end
        at = end


def _end_of_run(data: bytes, start: int) -> int:
    """Return where the lines that start with `DA:` end: at the first line that starts otherwise."""
    found = _OTHER_LINE.search(data, start)
    return found.start() + 1 if found else len(data)


_OTHER_LINE = re.compile(rb"\n(?!DA:)")


def parse(source: Source, report: ReportBuilder) -> None:
    """Read an LCOV tracefile. Raises `ParseError`."""
    reader = _Reader(report)
    complete = True
    for block in text_lines.blocks(source.chunks(), report.warnings):
        if b"\0" in block:
            raise ParseError("binary", "the file holds NUL bytes, so it is not a text report")
        complete = block.endswith(b"\n")
        reader.block(block)
    if not complete or reader.section is not None:
        report.warnings.add(
            "truncated", "the file ends inside a section, without end_of_record; what was there is kept"
        )
    reader.close()


FORMAT = Format(name="lcov", title="LCOV tracefile", matches=_matches, parse=parse)
