"""SimpleCov's `.resultset.json`: the raw results of each test command, before SimpleCov filters anything. PURE.

Source: SimpleCov's documentation and Ruby's `Coverage`. Results of several commands add up. Keys of arms and methods are Ruby arrays
as text. Lines between `# :nocov:` marks are still counted here, since SimpleCov leaves them out when it reports, from the sources:
so does covdash when the sources came along, else it says so.
"""

from __future__ import annotations

import re
from collections import Counter

import msgspec

from covdash.coverage.building import FileBuilder
from covdash.coverage.report import ReportBuilder
from ingest.json_text import decode_json, decode_part
from ingest.numbers import hits_of
from ingest.parsing import Format, Peek, Source

Cell = bool | int | float | str | None
_ARM = re.compile(r'\[:"?([^",\]]+?)"?, \d+, (\d+), \d+, \d+, \d+\]\Z')
_METHOD = re.compile(r'\[(.+), :"?(.+?)"?, (\d+), \d+, (\d+), \d+\]\Z', re.DOTALL)
_MARK = re.compile(rb"^\s*#\s*:nocov:")


class _File(msgspec.Struct):
    lines: list[Cell] | None = None
    oneshot_lines: list[int] | None = None
    branches: dict[str, dict[str, Cell]] | None = None
    methods: dict[str, Cell] | None = None


class _Command(msgspec.Struct):
    coverage: dict[str, msgspec.Raw]


_report = msgspec.json.Decoder(dict[str, _Command])
_file = msgspec.json.Decoder(_File)
_old_file = msgspec.json.Decoder(list[Cell])


def _matches(peek: Peek) -> str | None:
    if (
        "coverage" in peek.json_first_keys
        and "coverage" not in peek.json_keys
        and "timestamp" in peek.json_first_keys
    ):
        return "values with `coverage` and `timestamp`"
    # A large result puts the time behind the first 64 KiB.
    if peek.json_first_keys == ("coverage",) and "coverage" not in peek.json_keys:
        return "a first value with `coverage`"
    return None


def parse(source: Source, report: ReportBuilder) -> None:
    """Read the results of all commands. Raises `ParseError`."""
    commands = decode_json(_report, source.read())
    report.producer = "simplecov"
    for command, result in commands.items():
        for path, raw in result.coverage.items():
            where = f"$[{command[:80]!r}].coverage[{path[:200]!r}]"
            old = bytes(raw).lstrip()[:1] == b"["
            content = (
                _File(lines=decode_part(_old_file, raw, where)) if old else decode_part(_file, raw, where)
            )
            _read(content, report.file(path), _left_out(source.source_text(path)), where)


def _left_out(text: bytes | None) -> set[int]:
    """Return the lines from each odd `# :nocov:` to the next one, both included."""
    found: set[int] = set()
    inside = False
    for number, line in enumerate((text or b"").split(b"\n"), start=1):
        mark = _MARK.match(line) is not None
        if mark or inside:
            found.add(number)
        inside ^= mark
    return found


def _read(content: _File, file: FileBuilder, left_out: set[int], where: str) -> None:
    for number, cell in enumerate(content.lines or (), start=1):
        if cell is None or cell == "ignored" or number in left_out:
            continue
        hits = hits_of(cell, file.warnings, f"{where}.lines[{number - 1}]")
        if hits is not None:
            file.line(number, hits)
    if content.lines is None and content.oneshot_lines is not None:
        file.executed_only = True
        for number in content.oneshot_lines:
            file.line(number, 1)
    if content.branches is not None:
        file.measures("branches")
        _arms(content.branches, file, left_out, where)
    if content.methods is not None:
        file.measures("functions")
        for key, cell in content.methods.items():
            found = _METHOD.match(key)
            calls = hits_of(cell, file.warnings, f"{where}.methods")
            if found and calls is not None and int(found[3]) not in left_out:
                file.function(f"{found[1].strip(chr(34))}#{found[2]}", int(found[3]), int(found[4]), calls)


def _arms(decisions: dict[str, dict[str, Cell]], file: FileBuilder, left_out: set[int], where: str) -> None:
    """Place each arm on the line where it begins, as SimpleCov reports it; arms alike on a line are told apart by order."""
    alike: Counter[tuple[int, str]] = Counter()
    for arms in decisions.values():
        for key, cell in arms.items():
            found = _ARM.match(key)
            hits = hits_of(cell, file.warnings, f"{where}.branches")
            if not found or hits is None:
                file.warnings.add("bad_record", f"{where}.branches: {key[:80]}")
                continue
            line = int(found[2][:9])
            alike[line, found[1]] += 1
            if line not in left_out:
                nth = alike[line, found[1]]
                file.named("branches", line, found[1] if nth == 1 else f"{found[1]} ({nth})", hits)


FORMAT = Format("simplecov-resultset", "SimpleCov .resultset.json", _matches, parse)
