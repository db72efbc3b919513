"""coverage.py's JSON by columns: the files of usual reports, many at once, as a `Sheet`. PURE.

A file is plain when its lines and arms are each listed once, are within range and not excluded, no line has two exits, and the summary
counts what is listed. What is not plain is refused, and read by `ingest/formats/coverage_py_json.py`, whose meaning of the lists this
is. Lines, and arms, are packed into one number each that sorts as they should, so that sorting is all there is to do:

    file | line | taken                          a line
    file | line | rank of the key | taken        an arm; keys sort as texts: `-> 10` before `-> 9`, `exit` behind all
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, compress

import msgspec
import numpy as np

from covdash.coverage.arms import jump, leave
from covdash.coverage.lines import MAX_NAME, Column
from covdash.coverage.sheets import FunctionSheet, ItemSheet, Sheet, Written, narrowed
from ingest.json_lists import read_lists, read_pairs
from ingest.octets import DoubtError

_LINE_BITS = 20
_LAST_LINE = (1 << _LINE_BITS) - 1
_RANK_BITS = 4 + 20
_DIGITS = 6
_LAST = (1 << _RANK_BITS) - 1
_TENS = 10 ** np.arange(1, _DIGITS)
_SCALE = 10 ** np.arange(_DIGITS - 1, -1, -1)
_ANY = 2**62
_TOGETHER = 512
"""Files of a batch. With a line and one bit their number fits into half a word, as that of 2,047 would."""
_NONE = msgspec.Raw(b"[]")


class UnusualError(Exception):
    """A file that is not plain."""


class _Summary(msgspec.Struct, gc=False):
    covered_lines: int | None = None
    num_branches: int = 0
    covered_branches: int = 0


class _Region(msgspec.Struct, gc=False):
    executed_lines: msgspec.Raw
    missing_lines: msgspec.Raw
    start_line: int = 0


class _File(msgspec.Struct, gc=False):
    executed_lines: msgspec.Raw
    missing_lines: msgspec.Raw
    summary: _Summary
    excluded_lines: list[int] = []
    executed_branches: msgspec.Raw = _NONE
    missing_branches: msgspec.Raw = _NONE
    functions: dict[str, _Region] | None = None


class _Meta(msgspec.Struct, gc=False):
    version: str = ""
    software: str = "coverage.py"
    branch_coverage: bool = False


class _Report(msgspec.Struct, gc=False):
    meta: _Meta
    files: dict[str, _File]


_report = msgspec.json.Decoder(_Report)


def decode(data: memoryview) -> tuple[str, bool, dict[str, _File]]:
    """Return producer, whether arms are measured, and the files, which `batches` takes. Raises `UnusualError`."""
    try:
        report = _report.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnusualError from error
    return f"{report.meta.software} {report.meta.version}".strip(), report.meta.branch_coverage, report.files


def batches(files: dict[str, _File], measures_arms: bool, unusual: list[str]) -> Iterator[Batch]:  # noqa: FBT001
    """Yield the files in batches; the paths of those that are not plain at first sight become `unusual`."""
    paths, plain = [], []
    for path, file in files.items():
        arms = file.executed_branches, file.missing_branches
        if file.excluded_lines or not (measures_arms or arms == (_NONE, _NONE)):
            unusual.append(path)
        else:
            paths.append(path)
            plain.append(file)
    for first in range(0, len(paths), _TOGETHER):
        yield Batch(measures_arms, paths[first : first + _TOGETHER], plain[first : first + _TOGETHER])


@dataclass(slots=True)
class Batch:
    """Files that become a sheet together."""

    measures_arms: bool
    paths: list[str]
    files: list[_File]

    def sheet(self) -> tuple[Sheet, list[str]]:
        """Return the files, and the paths of those left out of the sheet because they are not plain after all."""
        count = len(self.paths)
        try:
            lines, odd = self._lines()
            arms, others = self._arms() if self.measures_arms else (None, odd[:0])
            functions, more = self._functions()
            odd = np.unique(np.concatenate((odd, others, more)))
        except (OverflowError, DoubtError):
            odd = np.arange(count)
        if len(odd):
            left = set(odd.tolist())
            rest = [number for number in range(count) if number not in left]
            plain = Batch(
                self.measures_arms, [self.paths[at] for at in rest], [self.files[at] for at in rest]
            )
            return plain.sheet()[0], [self.paths[number] for number in sorted(left)]
        at = np.searchsorted(lines, np.arange(count + 1, dtype=np.uint32) << (_LINE_BITS + 1))
        items = {} if arms is None else {"branches": arms}
        numbers = narrowed((lines >> 1) & _LAST_LINE)
        return Sheet(
            self.paths, at, numbers, (lines & 1).astype(np.uint8), None, items, functions, counted=False
        ), []

    def _lines(self) -> tuple[Column, Column]:
        """Return the packed lines, sorted, and the files that are not plain."""
        sizes, values = read_lists(
            [*chain.from_iterable((file.executed_lines, file.missing_lines) for file in self.files)]
        )
        covered = [file.summary.covered_lines for file in self.files]
        short = np.flatnonzero(sizes[::2] > _column([_ANY if said is None else said for said in covered]))
        files, taken = _places(sizes)
        packed = ((files << (_LINE_BITS + 1)) | taken).astype(np.uint32).repeat(sizes)
        packed |= (values.astype(np.uint32) & _LAST_LINE) << 1
        packed.sort()
        wrong = np.flatnonzero((values < 1) | (values > _LAST_LINE))
        return packed, np.concatenate((short, files.repeat(sizes)[wrong], _twice(packed, 1, _LINE_BITS + 1)))

    def _arms(self) -> tuple[ItemSheet, Column]:
        """Return the arms, and the files that are not plain."""
        sizes, starts, ends = read_pairs(
            [*chain.from_iterable((file.executed_branches, file.missing_branches) for file in self.files)]
        )
        taken, missed = sizes[::2], sizes[1::2]
        uncounted = (taken != _column([file.summary.covered_branches for file in self.files])) | (
            taken + missed != _column([file.summary.num_branches for file in self.files])
        )
        halves, ran = _places(sizes)
        files = halves.repeat(sizes)
        wrong = (starts < 1) | (starts > _LAST_LINE) | (ends == starts) | (ends >= 10**_DIGITS)
        starts, ends = (each.astype(np.int64) * ~wrong for each in (starts, ends))
        digits = np.searchsorted(_TENS, ends, side="right")
        rank = np.where(ends > 0, ((ends * _SCALE[digits]) << 4) | digits, _LAST)
        packed = (((((files << _LINE_BITS) | starts) << _RANK_BITS) | rank) << 1) | ran.repeat(sizes)
        packed.sort()
        twice = _twice(packed, 1, 1 + _RANK_BITS + _LINE_BITS)
        odd = np.concatenate((np.flatnonzero(uncounted), files[wrong], twice))
        rank = (packed >> 1) & _LAST
        digits = np.minimum(rank & 15, _DIGITS - 1)
        ends = np.where(rank == _LAST, 0, (rank >> 4) // _SCALE[digits])
        starts = packed >> (1 + _RANK_BITS)
        count = len(self.paths)
        at = np.searchsorted(starts >> _LINE_BITS, np.arange(count + 1))
        lines = narrowed(starts & _LAST_LINE)
        hits = (packed & 1).astype(np.uint8)
        return ItemSheet(at, np.ones(count, np.bool_), lines, Written(_key, (ends,), rank), hits), odd

    def _functions(self) -> tuple[FunctionSheet | None, Column]:
        """Return the functions, and the files that are not plain."""
        named = [file.functions for file in self.files]
        has = np.array([each is not None for each in named], np.bool_)
        sizes = np.array([len(each or ()) for each in named], np.int64)
        files = np.repeat(np.arange(len(sizes)), sizes)
        if not has.any():
            return None, files
        regions = [*chain.from_iterable(each.values() for each in named if each)]
        names = [*chain.from_iterable(each for each in named if each)]
        parts, body = read_lists(
            [each.executed_lines for each in regions] + [each.missing_lines for each in regions]
        )
        full = np.flatnonzero(parts)
        least, ends = np.full(len(parts), _ANY), np.zeros(len(parts), np.int64)
        least[full], ends[full] = _extremes(body, np.cumsum(parts)[full])
        ran, missed = np.split(parts, 2)
        # The region without a name is the code outside of all functions; and some have no code.
        lengths = _column([*map(len, names)])
        kept = (ran + missed > 0) & (lengths > 0)
        names = [*compress(names, kept.tolist())]
        files, ran = files[kept], ran[kept] > 0
        least, ends = np.minimum(*np.split(least, 2))[kept], np.maximum(*np.split(ends, 2))[kept]
        starts = _column([each.start_line for each in regions])[kept]
        starts = np.where(starts == 0, least, starts)
        odd = files[(np.minimum(starts, least) < 1) | (np.maximum(starts, ends) > _LAST_LINE)]
        odd = np.append(odd, files[lengths[kept] > MAX_NAME])
        code = (files << _LINE_BITS) | starts
        if not (code[1:] > code[:-1]).all():
            rows = sorted(zip(code.tolist(), names, range(len(names)), strict=True))
            order = _column([number for *_, number in rows])
            names = [name for _, name, _ in rows]
            starts, ran, ends = starts[order], ran[order], ends[order]
        at = np.searchsorted(files, np.arange(len(sizes) + 1))
        return FunctionSheet(at, has, lambda: names, starts, ran.astype(np.uint8), ends), odd


def _places(sizes: Column) -> tuple[Column, Column]:
    """Return the number of the file of each list, and whether it is what ran: of each file the first of two."""
    halves = np.arange(len(sizes))
    return halves >> 1, (halves & 1) ^ 1


def _extremes(values: Column, ends: Column) -> tuple[Column, Column]:
    """Return the least and the greatest number of each list, none of which is empty, by where the lists end."""
    starts = np.append(0, ends)[:-1]
    rises = values[1:] > values[:-1]
    rises[ends[:-1] - 1] = True
    if rises.all():
        return values[starts], values[ends - 1]
    return np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)


def _key(end: int) -> str:
    return jump(end) if end else leave()


def _column(values: list[int]) -> Column:
    return np.fromiter(values, np.int64, len(values))


def _twice(packed: Column, low: int, high: int) -> Column:
    """Return the files (above `high` bits) of numbers that are, but for their `low` bits, the same as the one before."""
    alike = np.flatnonzero(packed[1:] >> low == packed[:-1] >> low)
    files: Column = packed[alike] >> high
    return files
