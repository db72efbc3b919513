"""coverage.py's JSON by columns: the files of usual reports, many at once, as a `Sheet`. PURE.

A file is plain when its lines and arms are each listed once, are within range and not excluded, no line has two exits, and the summary
counts what is listed. What is not plain is refused, and read by `ingest/formats/coverage_py_json.py`, whose meaning of the lists this
is. Lines, and arms, are packed into one number each that sorts as they should, so that sorting is all there is to do:

    file | line | taken                          a line
    file | line | rank of the key | taken        an arm; keys sort as texts: `-> 10` before `-> 9`, `exit` behind all
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, islice
from operator import lt

import msgspec
import numpy as np

from covdash.coverage.arms import jump, leave
from covdash.coverage.building import MAX_NAME
from covdash.coverage.lines import Column
from covdash.coverage.sheets import FunctionSheet, ItemSheet, Sheet, Written, narrowed

_LINE_BITS = 20
_RANK_BITS = 4 + 20
_DIGITS = 6
_LAST = (1 << _RANK_BITS) - 1
_TENS = 10 ** np.arange(1, _DIGITS)
_SCALE = 10 ** np.arange(_DIGITS - 1, -1, -1)
MAX_FILES = 4096
"""Files of a batch; with the other bits their number fits into a word."""


class _Summary(msgspec.Struct, gc=False):
    covered_lines: int | None = None
    num_branches: int = 0
    covered_branches: int = 0


class _Region(msgspec.Struct, gc=False):
    executed_lines: list[int] = []
    missing_lines: list[int] = []
    start_line: int = 0


class _File(msgspec.Struct, gc=False):
    executed_lines: list[int]
    missing_lines: list[int]
    summary: _Summary
    excluded_lines: list[int] = []
    executed_branches: list[tuple[int, int]] = []
    missing_branches: list[tuple[int, int]] = []
    functions: dict[str, _Region] | None = None


_file = msgspec.json.Decoder(_File)


class UnusualError(Exception):
    """A file that is not plain."""


@dataclass(slots=True)
class _Numbers:
    """Numbers of one sort: those that ran of a file, then those that did not, then the next file."""

    sizes: list[int] = field(default_factory=list)
    values: list[int] = field(default_factory=list)

    def add(self, ran: list[int], missed: list[int], each: int = 1) -> None:
        self.sizes += (len(ran) // each, len(missed) // each)
        self.values += ran
        self.values += missed

    def places(self) -> tuple[Column, Column]:
        """Return the number of the file, and whether it ran, of each."""
        halves = np.repeat(np.arange(len(self.sizes)), self.sizes)
        return halves >> 1, (halves & 1) ^ 1


@dataclass(slots=True)
class Batch:
    """Files that become a sheet together."""

    arms: bool
    paths: list[str] = field(default_factory=list)
    raws: list[msgspec.Raw] = field(default_factory=list)
    lines: _Numbers = field(default_factory=_Numbers)
    ways: _Numbers = field(default_factory=_Numbers)
    functions: list[int | None] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    bodies: _Numbers = field(default_factory=_Numbers)

    def add(self, path: str, raw: msgspec.Raw) -> None:
        """Add a file. Raises `UnusualError`."""
        try:
            file = _file.decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise UnusualError from error
        ran, missed, summary = file.executed_lines, file.missing_lines, file.summary
        if file.excluded_lines or (summary.covered_lines is not None and len(ran) > summary.covered_lines):
            raise UnusualError
        if self.arms:
            taken, other = file.executed_branches, file.missing_branches
            if len(taken) != summary.covered_branches or len(taken) + len(other) != summary.num_branches:
                raise UnusualError
            self.ways.add([*chain.from_iterable(taken)], [*chain.from_iterable(other)], 2)
        self.paths.append(path)
        self.raws.append(raw)
        self.lines.add(ran, missed)
        if file.functions is None:
            self.functions.append(None)
            return
        before = len(self.names)
        for name, region in file.functions.items():
            ran, missed = region.executed_lines, region.missing_lines
            if name and (ran or missed):
                self.names.append(name)
                self.starts.append(region.start_line)
                self.bodies.add(ran, missed)
        self.functions.append(len(self.names) - before)

    def sheet(self) -> tuple[Sheet, list[tuple[str, msgspec.Raw]]]:
        """Return the files, and those left out of the sheet because they are not plain after all."""
        count = len(self.paths)
        try:
            lines, odd = self._lines()
            arms, others = self._arms() if self.arms else (None, odd[:0])
            functions, more = self._functions()
            odd = np.unique(np.concatenate((odd, others, more)))
        except OverflowError:
            odd = np.arange(count)
        if len(odd):
            left = set(odd.tolist())
            plain = Batch(self.arms)
            for number, (path, raw) in enumerate(zip(self.paths, self.raws, strict=True)):
                if number not in left:
                    plain.add(path, raw)
            return plain.sheet()[0], [(self.paths[number], self.raws[number]) for number in sorted(left)]
        packed = lines >> 1
        at = np.searchsorted(packed >> _LINE_BITS, np.arange(count + 1))
        items = {} if arms is None else {"branches": arms}
        numbers = narrowed(packed & ((1 << _LINE_BITS) - 1))
        return Sheet(
            self.paths, at, numbers, (lines & 1).astype(np.uint8), None, items, functions, counted=False
        ), []

    def _lines(self) -> tuple[Column, Column]:
        """Return the packed lines, sorted, and the files that are not plain."""
        values = _column(self.lines.values)
        files, taken = self.lines.places()
        packed = (((files << _LINE_BITS) | values) << 1) | taken
        packed.sort()
        return packed, np.append(
            files[(values < 1) | (values >> _LINE_BITS != 0)], _twice(packed, 1, _LINE_BITS + 1)
        )

    def _arms(self) -> tuple[ItemSheet, Column]:
        starts, ends = _column(self.ways.values).reshape(-1, 2).T
        files, taken = self.ways.places()
        wrong = (starts < 1) | (starts >> _LINE_BITS != 0) | (ends == starts) | (ends >= 10**_DIGITS)
        digits = np.searchsorted(_TENS, ends, side="right")
        rank = np.where(ends > 0, ((ends * _SCALE[digits]) << 4) | digits, _LAST)
        packed = (((((files << _LINE_BITS) | starts) << _RANK_BITS) | rank) << 1) | taken
        packed.sort()
        odd = np.append(files[wrong], _twice(packed, 1, 1 + _RANK_BITS + _LINE_BITS))
        rank = (packed >> 1) & _LAST
        digits = np.minimum(rank & 15, _DIGITS - 1)
        ends = np.where(rank == _LAST, 0, (rank >> 4) // _SCALE[digits])
        starts = packed >> (1 + _RANK_BITS)
        count = len(self.paths)
        at = np.searchsorted(starts >> _LINE_BITS, np.arange(count + 1))
        lines = narrowed(starts & ((1 << _LINE_BITS) - 1))
        hits = (packed & 1).astype(np.uint8)
        return ItemSheet(at, np.ones(count, np.bool_), lines, Written(_key, (ends,), rank), hits), odd

    def _functions(self) -> tuple[FunctionSheet | None, Column]:
        """Return the functions, and the files that are not plain."""
        sizes = [size or 0 for size in self.functions]
        files = np.repeat(np.arange(len(sizes)), sizes)
        has = np.array([size is not None for size in self.functions], np.bool_)
        if not has.any():
            return None, files[:0]
        names = self.names
        parts, body = np.array(self.bodies.sizes, np.int64).reshape(-1, 2), _column(self.bodies.values)
        if not len(names):
            none = _column([])
            return FunctionSheet(np.zeros(len(sizes) + 1, np.int64), has, list, none, none, none), none
        begins = np.cumsum(parts.sum(1)) - parts.sum(1)
        least, ends = np.minimum.reduceat(body, begins), np.maximum.reduceat(body, begins)
        starts = _column(self.starts)
        starts = np.where(starts == 0, least, starts)
        odd = files[(np.minimum(starts, least) < 1) | (np.maximum(starts, ends) >> _LINE_BITS != 0)]
        if max(map(len, names)) > MAX_NAME:
            odd = np.append(odd, files)
        code = ((files << _LINE_BITS) | starts).tolist()
        order: slice | list[int] = slice(None)
        if not all(map(lt, code, islice(code, 1, None))):
            order = [number for *_, number in sorted(zip(code, names, range(len(names)), strict=True))]
            names = [names[number] for number in order]
        at = np.append(0, np.cumsum(sizes))
        return FunctionSheet(
            at, has, lambda: names, starts[order], (parts[:, 0] > 0)[order], ends[order]
        ), odd


def _key(end: int) -> str:
    return jump(end) if end else leave()


def _column(values: list[int]) -> Column:
    return np.fromiter(values, np.int64, len(values))


def _twice(packed: Column, low: int, high: int) -> Column:
    """Return the files (above `high` bits) of numbers that are, but for their `low` bits, the same as the one before."""
    alike = np.flatnonzero(packed[1:] >> low == packed[:-1] >> low)
    files: Column = packed[alike] >> high
    return files
