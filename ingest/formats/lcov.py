"""LCOV tracefiles (.info): geninfo(1) of lcov 1.x and 2.x, and what other tools write in that form, see `docs/formats.md`.

Sections (`SF` ... `end_of_record`) of one file add up: they are other tests or other translation units.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from covdash.coverage.arms import jump, leave, target_of
from covdash.coverage.building import FileBuilder
from covdash.coverage.lines import MAX_LINE, Column
from covdash.coverage.report import ReportBuilder
from ingest import text_lines
from ingest.lcov_functions import Functions
from ingest.lcov_runs import RUN, arms_of, lines_of, stand_at_destinations
from ingest.lcov_scan import CLOSE, SCANNED, InDoubtError, after_sections, around, scan
from ingest.numbers import count, is_digits
from ingest.octets import DoubtError, Octets
from ingest.parsing import Format, ParseError, Peek, Source

_START = re.compile(r"^(TN|SF):", re.MULTILINE)
_BLOCK_ID = re.compile(r"([a-z]*)(\d+)\Z")
_MD5_SIZE = 22  # base64 without padding
_NEVER_REACHED = "-"
_DIGITS = 9
_MAX_KEPT = 10_000
_LONGEST_SECTION = 8 * 1024 * 1024
_WORTH_A_SCAN = 32 * 1024
"""A scan takes as long as some hundred records, whatever it reads."""
_NO_ARMS = np.zeros((0, 4), np.int64)


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
    arms: list[tuple[int, str, int]] = field(default_factory=list)
    functions: Functions = field(default_factory=Functions)
    texts: dict[tuple[int, str], int] = field(default_factory=dict)
    numbered: list[tuple[int, int, int, int]] = field(default_factory=list)
    plain_arms: list[Column] = field(default_factory=list)
    checksums: bool = False
    listed: int = 0


class _Reader:
    """Reads records into the open section; `SF` opens one, `end_of_record` or the next `SF` closes it."""

    def __init__(self, report: ReportBuilder) -> None:
        self.report = report
        self.warnings = report.warnings
        self.section: _Section | None = None
        self.names: dict[tuple[int, int], str] = {}
        self.rest = b""
        self.records = {
            "SF": self.on_file, "DA": self.on_line, "BRDA": self.on_arm, "MCDC": self.on_condition,
            "FN": self.on_function, "FNDA": self.on_calls, "FNL": self.on_place, "FNA": self.on_alias,
            "LF": self.on_number, "BRF": self.on_number, "BRH": self.on_number, "FNF": self.on_number, "MCF": self.on_number,
        }  # fmt: skip

    def block(self, data: bytes) -> None:
        """Read a block of whole lines: whole sections by columns (as a rule nearly all, copied once), everything else by runs."""
        cut = data.rfind(CLOSE) + len(CLOSE) if CLOSE in data else 0
        if cut and self.section is None and len(self.rest) + cut <= SCANNED:
            text = Octets(self.rest, memoryview(data)[:cut])
            self.rest = data[cut:]
            self.sections(text)
            return
        data, self.rest = self.rest + data, b""
        at = 0
        if self.section is not None and (at := after_sections(data, 0)):
            self.runs(data[:at])
        while at < len(data):
            end = after_sections(data, at)
            if not end:
                break
            self.sections(Octets(data[at:end]))
            at = end
        if len(data) - at <= _LONGEST_SECTION and self.section is None:
            self.rest = data[at:]
        else:
            self.runs(data[at:])

    def sections(self, text: Octets) -> None:
        """Read whole sections: at once, but for those that are doubtful, which go by runs."""
        if not (doubtful := self._scan(text)):
            return
        data, at = text.data, 0
        for begin, end in [*doubtful, (text.size, text.size)]:
            if begin - at < _WORTH_A_SCAN or self._scan(Octets(data[at:begin])):
                self.runs(data[at:begin])
            self.runs(data[begin:end])
            at = end

    def _scan(self, text: Octets) -> list[tuple[int, int]]:
        """Read whole sections at once; when there is a doubt nothing is read, and the places of the doubtful ones are returned."""
        try:
            sheet = scan(text)
        except InDoubtError as doubt:
            return around(text.data, doubt.at)
        except DoubtError:
            return [(0, text.size)]
        self.report.sheet(sheet)
        return []

    def finish(self) -> None:
        """Read what is left, and close."""
        self.runs(self.rest)
        self.rest = b""

    def runs(self, data: bytes) -> None:
        """Read whole lines. Long runs of plain `DA` or `BRDA` records are read at once, everything else line by line."""
        at = 0
        for run in RUN.finditer(data):
            self.lines(data[at : run.start()])
            at = run.end()
            if self.section is None:
                self.lines(run[0])
            elif run[0].startswith(b"DA"):
                numbers, with_checksums = lines_of(run[0])
                self.section.file.lines(numbers[::2], numbers[1::2])
                self.section.listed += len(numbers) // 2
                self.section.checksums |= with_checksums
            elif run[0].startswith(b"BRDA"):
                self.section.plain_arms.append(arms_of(run[0]))
            else:
                self.section.functions.read(run[0].decode("ascii"))
        self.lines(data[at:])

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
            section.listed += 1

    def on_arm(self, _name: str, rest: str) -> None:
        section = self._open()
        head, _, taken_text = rest.rpartition(",")
        parts = head.split(",", 2)
        block = _BLOCK_ID.match(parts[1]) if len(parts) == 3 else None
        if block is None or not is_digits(parts[0]) or len(parts[0]) > _DIGITS:
            self.warnings.add("bad_record", f"{section.path}: BRDA:{rest[:80]}")
            return
        line, text = int(parts[0]), parts[2]
        where = f"{section.path}: BRDA:{rest[:60]}"
        taken = (count(taken_text, self.warnings, where) or 0) if taken_text != _NEVER_REACHED else 0
        if is_digits(text) and len(text) <= _DIGITS and len(block[2]) <= _DIGITS:
            section.numbered.append((line, int(block[2]), int(text), max(taken, 0)))
        else:
            section.arms.append((line, self._key(section, line, block[2], text), taken))

    def _key(self, section: _Section, line: int, block: str, text: str) -> str:
        """Return the key of an arm: that of coverage.py for its words, else block and text.

        Words that repeat on a line of one section are different arms (two exits may be called alike).
        """
        target = target_of(text)
        if target:
            return jump(target)
        alike = (line, text if target is None else "")
        nth = section.texts[alike] = section.texts.get(alike, 0) + 1
        if target == 0:
            return leave(nth)
        return f"{block},{text}" if nth == 1 else f"{block},{text} ({nth})"

    def on_condition(self, _name: str, rest: str) -> None:
        section = self._open()
        parts = rest.split(",", 5)
        if len(parts) < 5 or not is_digits(parts[0]) or len(parts[0]) > _DIGITS:
            self.warnings.add("bad_record", f"{section.path}: MCDC:{rest[:80]}")
            return
        line, size, sense, taken_text, index = int(parts[0]), *parts[1:5]
        expression = parts[5] if len(parts) == 6 else ""
        reached = taken_text != _NEVER_REACHED
        taken = (count(taken_text, self.warnings, f"MCDC:{rest[:60]}") or 0) if reached else 0
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
        if comma and is_digits(second):
            end, name = int(second[:9]), tail
        section.functions.listed.append((name, start, end))

    def on_calls(self, _name: str, rest: str) -> None:
        section = self._open()
        calls_text, comma, name = rest.partition(",")
        calls = count(calls_text, self.warnings, f"{section.path}: FNDA:{rest[:60]}") if comma else None
        if calls is None:
            self.warnings.add("bad_record", f"{section.path}: FNDA:{rest[:80]}")
        else:
            section.functions.calls.setdefault(name, []).append(max(calls, 0))

    def on_place(self, _name: str, rest: str) -> None:
        section = self._open()
        parts = rest.split(",")
        if len(parts) < 2 or not all(is_digits(part) and len(part) <= _DIGITS for part in parts[:3]):
            self.warnings.add("bad_record", f"{section.path}: FNL:{rest[:80]}")
            return
        section.functions.places[parts[0]] = (int(parts[1]), int(parts[2]) if len(parts) > 2 else 0)

    def on_alias(self, _name: str, rest: str) -> None:
        section = self._open()
        parts = rest.split(",", 2)
        where = f"{section.path}: FNA:{rest[:60]}"
        calls = count(parts[1], self.warnings, where) if len(parts) == 3 else None
        if calls is None:
            self.warnings.add("bad_record", where)
        else:
            section.functions.aliases.setdefault(parts[0], []).append((parts[2], calls))

    def on_number(self, name: str, rest: str) -> None:
        if is_digits(number := rest.strip(" \t")):
            self._open().numbers[name] = int(number[:12])

    def close(self) -> None:
        """Add the open section to its file."""
        section, self.section = self.section, None
        if section is None:
            return
        self._close_arms(section)
        if "FNF" in section.numbers:
            section.file.measures("functions")
        section.functions.add_to(section.file, section.path)
        if "MCF" in section.numbers:
            section.file.measures("conditions")

    def _close_arms(self, section: _Section) -> None:
        file, numbers = section.file, section.numbers
        if "BRF" in numbers:
            file.measures("branches")
        if section.numbered:
            section.plain_arms.append(np.array(section.numbered, np.int64))
        arms = np.concatenate(section.plain_arms) if section.plain_arms else _NO_ARMS
        if section.checksums and not section.functions:
            # coverage.py before 7.6: executed docstrings are listed and not counted, arms stand on the lines they jump to.
            file.uncounted = max(file.uncounted, section.listed - numbers.get("LF", section.listed))
            if "BRF" in numbers and not section.arms and stand_at_destinations(arms):
                file.tally("branches", 0, min(numbers.get("BRH", 0), numbers["BRF"]), numbers["BRF"])
                self.warnings.add(
                    "unplaced_arms", f"{section.path}: coverage.py before 7.6 misplaces arms; only counted"
                )
                return
        for line, key, taken in section.arms:
            file.named("branches", line, key, taken)
        if not len(arms):
            return
        wrong = arms[:, 0] > MAX_LINE
        if wrong.any():
            self.warnings.add(
                "bad_line_number", f"{section.path}: BRDA:{arms[wrong][0, 0]}", int(np.count_nonzero(wrong))
            )
            arms = arms[~wrong]
        names = self.names
        keys = [
            names.get(pair) or self._name(pair)
            for pair in zip(arms[:, 1].tolist(), arms[:, 2].tolist(), strict=True)
        ]
        file.many_named("branches", arms[:, 0], keys, arms[:, 3])

    def _name(self, pair: tuple[int, int]) -> str:
        """Return the key of an arm; the usual ones are kept, since they repeat over a report."""
        name = f"{pair[0]},{pair[1]}"
        if len(self.names) < _MAX_KEPT:
            self.names[pair] = name
        return name

    def _open(self) -> _Section:
        if self.section is None:
            raise AssertionError("records outside of a section do not get here")
        return self.section


def parse(source: Source, report: ReportBuilder) -> None:
    """Read an LCOV tracefile. Raises `ParseError`."""
    reader = _Reader(report)
    complete = True
    for block in text_lines.blocks(source.chunks(), report.warnings):
        if b"\0" in block:
            raise ParseError("binary", "the file holds NUL bytes, so it is not a text report")
        complete = block.endswith(b"\n")
        reader.block(block)
    reader.finish()
    if not complete or reader.section is not None:
        report.warnings.add(
            "truncated", "the file ends inside a section, without end_of_record; what was there is kept"
        )
    reader.close()


FORMAT = Format(name="lcov", title="LCOV tracefile", matches=_matches, parse=parse)
