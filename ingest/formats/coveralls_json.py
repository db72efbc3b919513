"""Coveralls JSON: what coveralls clients, excoveralls, gcovr and grcov write. PURE. Source: the Coveralls API reference.

`coverage` has a value for each line, index 0 is line 1. `branches` are flat quadruples (line, block, arm, hits). `source` is the text
of the file, which is kept; with `source_digest` alone (its MD5) there is none. `repo_token` is a secret: it is not decoded at all.
A job may have a hundred megabytes, most of it source text: its files are read one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
import numpy as np

from covdash.coverage.building import FileBuilder
from covdash.coverage.report import ReportBuilder
from ingest.json_stream import elements
from ingest.json_text import decode_part
from ingest.numbers import hits_of
from ingest.parsing import MIB, Format, Peek, Source

MAX_ENTRY = 64 * MIB
"""Bytes of one entry of `source_files`: its lines, and its text with escapes."""
Cell = bool | int | float | str | None


class _Function(msgspec.Struct):
    name: str = ""
    start: int = 0
    exec: bool | int = False


class _File(msgspec.Struct):
    name: str
    source: str | None = None
    coverage: list[Cell] | None = None
    branches: list[int | None] | None = None
    functions: list[_Function] | None = None


_file = msgspec.json.Decoder(_File)
_WORDS = 4
_PLAIN = {int, type(None)}


def _matches(peek: Peek) -> str | None:
    return "top-level key `source_files`" if "source_files" in peek.json_keys else None


def parse(source: Source, report: ReportBuilder) -> None:
    """Read the source files of a job. Raises `ParseError`."""
    for number, text in elements(source.chunks(), "source_files", longest=MAX_ENTRY):
        where = f"$.source_files[{number}]"
        content = decode_part(_file, msgspec.Raw(text), where)
        _read(content, report.file(content.name), where)
        if content.source:
            source.keep_text(content.name, content.source.encode("utf-8", "replace"))


def _read(content: _File, file: FileBuilder, where: str) -> None:
    cells = content.coverage or []
    if content.source is not None:
        cells = _within(content.source, cells, file, where)
    if set(map(type, cells)) <= _PLAIN:
        _read_plain(cells, file)
    else:
        _read_each(cells, file, where)
    if content.branches is not None:
        _read_arms([word or 0 for word in content.branches], file, where)
    if content.functions is not None:
        file.measures("functions")
        for function in content.functions:
            file.function(function.name, function.start, 0, int(function.exec))


def _within(text: str, cells: list[Cell], file: FileBuilder, where: str) -> list[Cell]:
    """Return the cells of lines that exist. Clients that split at line ends write one more than there are, as null."""
    lines = text.count("\n") + 1
    beyond = sum(cell is not None for cell in cells[lines:])
    if beyond:
        file.warnings.add("bad_line_number", f"{where}: {beyond} lines behind the last one, {lines}", beyond)
    return cells[:lines]


def _read_plain(cells: Sequence[Cell], file: FileBuilder) -> None:
    counts = [cell for cell in cells if cell is not None]
    try:
        hits = np.array(counts, np.int64)
    except OverflowError:
        _read_each(cells, file, "coverage")
        return
    numbers = np.array([number for number, cell in enumerate(cells, 1) if cell is not None], np.int64)
    file.lines(numbers, hits)


def _read_each(cells: Sequence[Cell], file: FileBuilder, where: str) -> None:
    for number, cell in enumerate(cells, start=1):
        if (hits := hits_of(cell, file.warnings, f"{where}.coverage[{number - 1}]")) is not None:
            file.line(number, hits)


def _read_arms(words: list[int], file: FileBuilder, where: str) -> None:
    file.measures("branches")
    if len(words) % _WORDS:
        file.warnings.add("bad_record", f"{where}.branches: {len(words)} numbers are no quadruples")
        words = words[: -(len(words) % _WORDS)]
    lines, blocks, arms, hits = (words[at::_WORDS] for at in range(_WORDS))
    if len(set(zip(lines, blocks, arms, strict=True))) < len(lines):
        arms = _told_apart(lines, blocks, arms)
    keys = [f"{block},{arm}" for block, arm in zip(blocks, arms, strict=True)]
    file.many_named("branches", lines, keys, hits)


def _told_apart(lines: list[int], blocks: list[int], arms: list[int]) -> list[int]:
    """Number the arms of decisions whose arms have one number: clients in JavaScript write 0 for a name, as lcov 2 gives them."""
    places = list(zip(lines, blocks, strict=True))
    seen = Counter(zip(places, arms, strict=True))
    nameless = {place for (place, _), count in seen.items() if count > 1}
    following: Counter[tuple[int, int]] = Counter()
    numbered: list[int] = []
    for place, arm in zip(places, arms, strict=True):
        numbered.append(following[place] if place in nameless else arm)
        following[place] += 1
    return numbered


FORMAT = Format("coveralls-json", "Coveralls JSON", _matches, parse)
