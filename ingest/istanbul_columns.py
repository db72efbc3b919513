"""Istanbul's files by columns: those that are written as istanbul-lib-coverage writes them, many at once, as a `Sheet`. PURE.

A file is plain when all numbers are whole and within range, `s` counts the statements of `statementMap`, both in the order of their
numbers, every branch has a place, and no two statements, or arms, of one line have the same key. What is not plain is refused, and
read by `ingest/formats/istanbul_json.py`, whose meaning of lines, keys and counts this is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TypeVar

import msgspec
import numpy as np

from covdash.coverage.columns import LINE_BITS, cuts, line_of
from covdash.coverage.lines import MAX_HITS, MAX_LINE, Column
from covdash.coverage.sheets import FunctionSheet, ItemSheet, Sheet, Written, narrowed
from ingest.istanbul_text import COUNT, PLACE, digits_of, numbers
from ingest.octets import DoubtError

Shape = TypeVar("Shape")
ARMS = {"if": ("then", "else"), "cond-expr": ("then", "else")}
_DIGITS = 6
_WIDE = 10**_DIGITS
"""No line is as long as this."""
_TENS = 10 ** np.arange(1, _DIGITS)
_SCALE = 10 ** np.arange(_DIGITS, -1, -1)
_RANK_BITS = 24 + 3
_LONGEST = 200


class _Point(msgspec.Struct, gc=False):
    line: int
    column: int


class _Span(msgspec.Struct, gc=False):
    start: _Point


class _Branch(msgspec.Struct, gc=False):
    loc: _Span
    type: str = "branch"
    line: int = 0


class PlainFile(
    msgspec.Struct,
    gc=False,
    rename={"statements": "statementMap", "functions": "fnMap", "branches": "branchMap"},
):
    """What a `Batch` looks at of a file."""

    statements: msgspec.Raw
    s: msgspec.Raw
    branches: dict[str, _Branch]
    b: dict[str, list[int]]
    functions: dict[str, _Function]
    f: dict[str, int]
    path: str = ""
    data: msgspec.Raw | None = None


class _End(msgspec.Struct, gc=False):
    line: int = 0


class _Extent(msgspec.Struct, gc=False):
    start: _Point
    end: _End


class _Function(msgspec.Struct, gc=False):
    decl: _Span
    loc: _Extent
    name: str = "(anonymous)"
    line: int | float | None = None
    """Not asked where `decl` has a place; but judged."""


_files = msgspec.json.Decoder(dict[str, PlainFile])
_file = msgspec.json.Decoder(PlainFile)


class UnusualError(Exception):
    """A file that is not plain."""


def decode(data: bytes | memoryview) -> dict[str, PlainFile]:
    """Return all files by name, to give to a `Batch`. Raises `UnusualError`."""
    return _decoded(_files, data)


def decode_one(raw: msgspec.Raw) -> PlainFile:
    """Return one file. Raises `UnusualError`."""
    return _decoded(_file, raw)


def _decoded(decoder: msgspec.json.Decoder[Shape], data: bytes | memoryview | msgspec.Raw) -> Shape:
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnusualError from error


@dataclass(frozen=True, slots=True)
class _Items:
    """Items in the order of the report: of how many files, and columns."""

    sizes: Column
    lines: Column
    columns: Column
    hits: Column


@dataclass(slots=True)
class Batch:
    """Files that become a sheet together."""

    names: list[str] = field(default_factory=list)
    files: list[PlainFile] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    """How many statements each file has."""
    places: list[bytes] = field(default_factory=list)
    counts: list[bytes] = field(default_factory=list)
    functions: list[list[tuple[int, str, int, int]]] = field(default_factory=list)

    def add(self, name: str, file: PlainFile) -> None:
        """Add a file by its name. Raises `UnusualError`."""
        same_order = [*file.b] == [*file.branches] and [*file.f] == [*file.functions]
        if file.data is not None or not same_order:
            raise UnusualError
        try:
            many, places = digits_of(file.statements, PLACE)
            counted, counts = digits_of(file.s, COUNT)
        except (DoubtError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise UnusualError from error
        if many != counted:
            raise UnusualError
        kinds = {branch.type for branch in file.branches.values()}
        if not all(map(_is_word, kinds)) or max(map(len, file.b.values()), default=0) > _LONGEST:
            raise UnusualError
        functions = _told_apart([*map(_row, file.functions.values(), file.f.values())])
        self.names.append(name)
        self.files.append(file)
        self.sizes.append(many)
        self.functions.append(functions)
        if many:
            self.places.append(places)
            self.counts.append(counts)

    def sheet(self) -> tuple[Sheet, list[str]]:
        """Return the files, and the names of those left out of the sheet because they are not plain after all."""
        count = len(self.names)
        try:
            statements, odd = self._statements()
            arms, ways, words, others = self._arms()
            odd = np.union1d(odd, others)
        except (OverflowError, DoubtError):
            odd = np.arange(count)
        if len(odd):
            left = set(odd.tolist())
            plain = Batch()
            for number, (name, file) in enumerate(zip(self.names, self.files, strict=True)):
                if number not in left:
                    plain.add(name, file)
            return plain.sheet()[0], [self.names[number] for number in sorted(left)]
        code, column, hits, _, rank = statements
        at = np.array(cuts(code, count))
        has = np.ones(count, np.bool_)
        lines = line_of(code)
        items = {"statements": ItemSheet(at, has, lines, Written(str, (column,), rank), narrowed(hits))}
        first = np.flatnonzero(np.diff(code, prepend=-1))
        most = np.maximum.reduceat(hits, first) if len(first) else hits
        arm_code, arm_column, taken, order, arm_rank = arms
        arm_lines = line_of(arm_code)
        keys = Written(_Arm(words), (ways[order], arm_lines, arm_column), arm_rank)
        items["branches"] = ItemSheet(np.array(cuts(arm_code, count)), has, arm_lines, keys, narrowed(taken))
        return (
            Sheet(
                [clean(file.path or name) for name, file in zip(self.names, self.files, strict=True)],
                np.array(cuts(code[first], count)),
                narrowed(lines[first]),
                narrowed(most),
                None,
                items,
                self._functions(has),
            ),
            [],
        )

    def _statements(self) -> tuple[tuple[Column, ...], Column]:
        """Return the statements as `_sorted` does."""
        sizes = np.array(self.sizes, np.int64)
        (keys, lines, columns), (widths, *_) = numbers(self.places, PLACE, 3)
        (counted, hits), (counted_widths, _) = numbers(self.counts, COUNT, 2)
        files = np.repeat(np.arange(len(sizes)), sizes)
        # The same keys in the same order, none of them twice.
        wrong = (keys != counted) | (widths != counted_widths)
        wrong[1:] |= (keys[1:] <= keys[:-1]) & (files[1:] == files[:-1])
        found, odd = _sorted(_Items(sizes, lines, columns, hits), None)
        return found, np.append(odd, files[wrong])

    def _arms(self) -> tuple[tuple[Column, ...], Column, tuple[str, ...], Column]:
        """Return the arms as `_sorted` does, the way of each as a place in the words that follow, and the files that are not plain."""
        branches = [*chain.from_iterable(file.branches.values() for file in self.files)]
        counts = [*chain.from_iterable(file.b.values() for file in self.files)]
        files = np.repeat(np.arange(len(self.files)), [len(file.b) for file in self.files])
        sizes = _column([*map(len, counts)])
        known: dict[tuple[str, int], int] = {}
        kinds = _column(
            [
                known.setdefault((branch.type, len(ran)), len(known))
                for branch, ran in zip(branches, counts, strict=True)
            ]
        )
        begins = np.cumsum([0, *(many for _, many in known)])[kinds]
        words = tuple(chain.from_iterable(_words(*each) for each in known))
        ways = np.arange(sizes.sum()) + np.repeat(begins - np.cumsum(sizes) + sizes, sizes)
        ranks = np.argsort(np.argsort(np.array(words, np.object_))).astype(np.int64)
        starts = [branch.loc.start for branch in branches]
        at, said = _column([start.line for start in starts]), _column([branch.line for branch in branches])
        arms = _Items(
            np.bincount(files, sizes, len(self.files)).astype(np.int64),
            np.where(said == 0, at, said).repeat(sizes),
            _column([start.column for start in starts]).repeat(sizes),
            _column([*chain.from_iterable(counts)]),
        )
        found, odd = _sorted(arms, ranks[ways])
        return found, ways, words, np.append(odd, files[at < 1])

    def _functions(self, has: Column) -> FunctionSheet:
        rows = [row for rows in self.functions for row in sorted(rows)]
        starts, names, ends, hits = zip(*rows, strict=True) if rows else ((), (), (), ())
        at = np.append(0, np.cumsum([len(rows) for rows in self.functions]))
        columns = (np.array(each, np.int64) for each in (starts, hits, ends))
        return FunctionSheet(at, has, lambda: list(names), *columns)


def _is_word(kind: str) -> bool:
    return kind.replace("-", "").isalnum() and len(kind) <= _LONGEST


def _words(kind: str, many: int) -> list[str]:
    """Return what the keys of the arms of a branch begin with."""
    names = ARMS.get(kind, ())
    numbered = ("",) if many == 1 else tuple(map(str, range(1, many + 1)))
    return [f"{kind}:{way}@" for way in (names if len(names) == many else numbered)]


def _column(values: list[int]) -> Column:
    return np.fromiter(values, np.int64, len(values))


@dataclass(frozen=True, slots=True)
class _Arm:
    words: tuple[str, ...]

    def __call__(self, way: int, line: int, column: int) -> str:
        """Return the key of an arm."""
        return f"{self.words[way]}{line}:{column}"


def _row(function: _Function, hits: int) -> tuple[int, str, int, int]:
    start, end = function.decl.start.line, function.loc.end.line
    if not (
        0 < start <= MAX_LINE
        and 0 <= end <= MAX_LINE
        and 0 <= hits <= MAX_HITS
        and len(function.name) <= _LONGEST
    ):
        raise UnusualError
    return start, function.name or "(anonymous)", end, hits


def _told_apart(rows: list[tuple[int, str, int, int]]) -> list[tuple[int, str, int, int]]:
    """Number what starts on one line under one name, in the order of the map."""
    if len({row[:2] for row in rows}) == len(rows):
        return rows
    raise UnusualError


def _sorted(items: _Items, first_rank: Column | None) -> tuple[tuple[Column, ...], Column]:
    """Return code (`columns.coded`), column, hits, order and rank of items sorted as their keys are, and the files that are not plain.

    Keys are sorted as texts: `10` comes before `2`. `first_rank` is the rank of what comes before the column.
    """
    lines, columns, hits = items.lines, items.columns, items.hits
    files = np.repeat(np.arange(len(items.sizes)), items.sizes)
    wrong = (lines < 1) | (lines > MAX_LINE) | (columns < 0) | (columns >= _WIDE) | (hits < 0)
    code = (files << LINE_BITS) | (lines.astype(np.int64) & ((1 << LINE_BITS) - 1))
    digits = np.searchsorted(_TENS, columns, side="right")
    rank = (columns * _SCALE[np.minimum(digits, _DIGITS)] << 3) | digits
    if first_rank is not None:
        rank |= first_rank << _RANK_BITS
    order = np.arange(len(code))
    rises = (code[1:] > code[:-1]) | ((code[1:] == code[:-1]) & (rank[1:] > rank[:-1]))
    odd = files[wrong]
    if not rises.all():
        order = np.lexsort((rank, code))
        code, rank = code[order], rank[order]
        columns, hits = columns[order], hits[order]
        alike = np.flatnonzero((code[1:] == code[:-1]) & (rank[1:] == rank[:-1]))
        odd = np.append(odd, code[alike] >> LINE_BITS)
    return (code, columns, hits, order, rank), np.unique(odd)


def clean(path: str) -> str:
    """Undo what bundlers put around a path: scheme, query, loader prefixes."""
    if "!" in path:
        path = path.rpartition("!")[2]
    if path.startswith("webpack:"):
        path = path.removeprefix("webpack:").lstrip("/").partition("?")[0].removeprefix("./")
    return path
