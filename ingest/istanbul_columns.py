"""Istanbul's files by columns: those that are written as istanbul-lib-coverage writes them, many at once, as a `Sheet`. PURE.

A file is plain when all numbers are whole and within range, `s` counts the statements in the order of `statementMap`, every branch has
a place, and no two statements, or arms, of one line have the same key. What is not plain is refused, and read by
`ingest/formats/istanbul_json.py`, whose meaning of lines, keys and counts this is.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
import numpy as np

from covdash.coverage.columns import LINE_BITS, cuts, line_of
from covdash.coverage.lines import MAX_HITS, MAX_LINE, Column
from covdash.coverage.sheets import FunctionSheet, ItemSheet, Sheet, Written, narrowed

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


class _File(
    msgspec.Struct,
    gc=False,
    rename={"statements": "statementMap", "functions": "fnMap", "branches": "branchMap"},
):
    statements: dict[str, _Span]
    s: dict[str, int]
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


_file = msgspec.json.Decoder(_File)


class UnusualError(Exception):
    """A file that is not plain."""


@dataclass(slots=True)
class _Items:
    """Items as they come: numbers are lists first, since they come one by one out of the JSON."""

    sizes: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    hits: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Batch:
    """Files that become a sheet together."""

    paths: list[str] = field(default_factory=list)
    raws: list[tuple[str, msgspec.Raw]] = field(default_factory=list)
    statements: _Items = field(default_factory=_Items)
    arms: _Items = field(default_factory=_Items)
    ways: list[int] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    known: dict[tuple[str, int], tuple[int, ...]] = field(default_factory=dict)
    functions: list[list[tuple[int, str, int, int]]] = field(default_factory=list)

    def add(self, name: str, raw: msgspec.Raw) -> None:
        """Add a file by its name. Raises `UnusualError`."""
        try:
            content = _file.decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise UnusualError from error
        same_order = (
            [*content.s] == [*content.statements]
            and [*content.b] == [*content.branches]
            and [*content.f] == [*content.functions]
        )
        starts = [branch.loc.start for branch in content.branches.values()]
        if content.data is not None or not same_order or min([start.line for start in starts], default=1) < 1:
            raise UnusualError
        functions = [*map(_row, content.functions.values(), content.f.values())]
        ways = [
            self._ways(branch.type, len(ran))
            for branch, ran in zip(content.branches.values(), content.b.values(), strict=True)
        ]
        self.functions.append(_told_apart(functions))
        spans = [span.start for span in content.statements.values()]
        mine = self.statements
        mine.sizes.append(len(spans))
        mine.lines += [start.line for start in spans]
        mine.columns += [start.column for start in spans]
        mine.hits += content.s.values()
        mine = self.arms
        before = len(mine.hits)
        for start, branch, here, ran in zip(
            starts, content.branches.values(), ways, content.b.values(), strict=True
        ):
            mine.lines += (branch.line or start.line,) * len(ran)
            mine.columns += (start.column,) * len(ran)
            mine.hits += ran
            self.ways += here
        mine.sizes.append(len(mine.hits) - before)
        self.paths.append(clean(content.path or name))
        self.raws.append((name, raw))

    def _ways(self, kind: str, many: int) -> tuple[int, ...]:
        """Return the numbers in `words` of the ways of a branch with so many arms."""
        found = self.known.get((kind, many))
        if found is None:
            if not kind.replace("-", "").isalnum() or len(kind) > _LONGEST or many > _LONGEST:
                raise UnusualError
            names = ARMS.get(kind, ())
            numbered = ("",) if many == 1 else tuple(map(str, range(1, many + 1)))
            first = len(self.words)
            self.words += [f"{kind}:{way}@" for way in (names if len(names) == many else numbered)]
            found = self.known[kind, many] = tuple(range(first, len(self.words)))
        return found

    def sheet(self) -> tuple[Sheet, list[tuple[str, msgspec.Raw]]]:
        """Return the files, and those left out of the sheet because they are not plain after all."""
        count = len(self.paths)
        try:
            statements, odd = _sorted(self.statements, None)
            ranks = np.argsort(np.argsort(np.array(self.words, np.object_))).astype(np.int64)
            ways = np.array(self.ways, np.int64)
            arms, others = _sorted(self.arms, ranks[ways])
            odd = np.union1d(odd, others)
        except OverflowError:
            odd = np.arange(count)
        if len(odd):
            left = set(odd.tolist())
            plain = Batch()
            for number, (name, raw) in enumerate(self.raws):
                if number not in left:
                    plain.add(name, raw)
            return plain.sheet()[0], [self.raws[number] for number in sorted(left)]
        code, column, hits, _, rank = statements
        at = np.array(cuts(code, count))
        has = np.ones(count, np.bool_)
        lines = line_of(code)
        items = {"statements": ItemSheet(at, has, lines, Written(str, (column,), rank), narrowed(hits))}
        first = np.flatnonzero(np.diff(code, prepend=-1))
        most = np.maximum.reduceat(hits, first) if len(first) else hits
        arm_code, arm_column, taken, order, arm_rank = arms
        arm_lines = line_of(arm_code)
        keys = Written(_Arm(tuple(self.words)), (ways[order], arm_lines, arm_column), arm_rank)
        items["branches"] = ItemSheet(np.array(cuts(arm_code, count)), has, arm_lines, keys, narrowed(taken))
        return (
            Sheet(
                self.paths,
                np.array(cuts(code[first], count)),
                narrowed(lines[first]),
                narrowed(most),
                None,
                items,
                self._functions(has),
            ),
            [],
        )

    def _functions(self, has: Column) -> FunctionSheet:
        rows = [row for rows in self.functions for row in sorted(rows)]
        starts, names, ends, hits = zip(*rows, strict=True) if rows else ((), (), (), ())
        at = np.append(0, np.cumsum([len(rows) for rows in self.functions]))
        columns = (np.array(each, np.int64) for each in (starts, hits, ends))
        return FunctionSheet(at, has, lambda: list(names), *columns)


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
    lines, columns, hits = (
        np.fromiter(each, np.int64, len(each)) for each in (items.lines, items.columns, items.hits)
    )
    files = np.repeat(np.arange(len(items.sizes)), items.sizes)
    wrong = (lines < 1) | (lines > MAX_LINE) | (columns < 0) | (columns >= _WIDE) | (hits < 0)
    code = (files << LINE_BITS) | (lines & ((1 << LINE_BITS) - 1))
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
