"""coverage.py's JSON by columns: the files of usual reports, many at once, as a `Sheet`. PURE.

A file is plain when its lines and arms are each listed once, are within range and not excluded, no line has two exits, and the summary
counts what is listed. What is not plain is refused, and read by `ingest/formats/coverage_py_json.py`, whose meaning of the lists this
is. Lines, and arms, are packed into one number each that sorts as they should, so that sorting is all there is to do:

    file | line | taken                          a line
    file | line | rank of the key | taken        an arm; keys sort as texts: `-> 10` before `-> 9`, `exit` behind all
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain

import msgspec
import numpy as np

from covdash.coverage.arms import jump, leave
from covdash.coverage.building import MAX_NAME
from covdash.coverage.lines import Column
from covdash.coverage.sheets import FunctionSheet, ItemSheet, Sheet, Written, narrowed
from ingest.json_lists import read_lists
from ingest.octets import DoubtError

_LINE_BITS = 20
_RANK_BITS = 4 + 20
_DIGITS = 6
_LAST = (1 << _RANK_BITS) - 1
_TENS = 10 ** np.arange(1, _DIGITS)
_SCALE = 10 ** np.arange(_DIGITS - 1, -1, -1)
_ANY = 2**62
MAX_FILES = 4096
"""Files of a batch; with the other bits their number fits into a word."""


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
    executed_branches: list[tuple[int, int]] = []
    missing_branches: list[tuple[int, int]] = []
    functions: dict[str, _Region] | None = None


class _Meta(msgspec.Struct, gc=False):
    version: str = ""
    software: str = "coverage.py"
    branch_coverage: bool = False


class _Report(msgspec.Struct, gc=False):
    meta: _Meta
    files: dict[str, _File]


_report = msgspec.json.Decoder(_Report)


def decode(data: bytes | memoryview) -> tuple[str, bool, dict[str, _File]]:
    """Return producer, whether arms are measured, and the files to give to a `Batch`. Raises `UnusualError`."""
    try:
        report = _report.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnusualError from error
    return f"{report.meta.software} {report.meta.version}".strip(), report.meta.branch_coverage, report.files


@dataclass(slots=True)
class Batch:
    """Files that become a sheet together."""

    measures_arms: bool
    paths: list[str] = field(default_factory=list)
    files: list[_File] = field(default_factory=list)
    lines: list[msgspec.Raw] = field(default_factory=list)
    """What ran of the first file, what did not; then the next file."""
    covered: list[int] = field(default_factory=list)
    arm_sizes: list[int] = field(default_factory=list)
    arms: list[int] = field(default_factory=list)
    functions: list[int | None] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    bodies: list[msgspec.Raw] = field(default_factory=list)

    def add(self, path: str, file: _File) -> None:
        """Add a file. Raises `UnusualError`."""
        summary = file.summary
        if file.excluded_lines:
            raise UnusualError
        if self.measures_arms:
            taken, missed = file.executed_branches, file.missing_branches
            if (len(taken), len(taken) + len(missed)) != (summary.covered_branches, summary.num_branches):
                raise UnusualError
            self.arm_sizes += (len(taken), len(missed))
            self.arms += chain.from_iterable(taken)
            self.arms += chain.from_iterable(missed)
        self.paths.append(path)
        self.files.append(file)
        self.lines += (file.executed_lines, file.missing_lines)
        self.covered.append(_ANY if summary.covered_lines is None else summary.covered_lines)
        functions = file.functions
        if functions is None:
            self.functions.append(None)
            return
        self.functions.append(len(functions))
        self.names += functions
        for region in functions.values():
            self.bodies += (region.executed_lines, region.missing_lines)
            self.starts.append(region.start_line)

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
            plain = Batch(self.measures_arms)
            for number, (path, file) in enumerate(zip(self.paths, self.files, strict=True)):
                if number not in left:
                    plain.add(path, file)
            return plain.sheet()[0], [self.paths[number] for number in sorted(left)]
        packed = lines >> 1
        at = np.searchsorted(packed >> _LINE_BITS, np.arange(count + 1))
        items = {} if arms is None else {"branches": arms}
        numbers = narrowed(packed & ((1 << _LINE_BITS) - 1))
        return Sheet(
            self.paths, at, numbers, (lines & 1).astype(np.uint8), None, items, functions, counted=False
        ), []

    def _lines(self) -> tuple[Column, Column]:
        """Return the packed lines, sorted, and the files that are not plain."""
        sizes, values = read_lists(self.lines)
        files, taken = _places(sizes)
        short = np.flatnonzero(sizes[::2] > _column(self.covered))
        packed = (((files << _LINE_BITS) | values) << 1) | taken
        packed.sort()
        wrong = files[(values < 1) | (values >> _LINE_BITS != 0)]
        return packed, np.concatenate((short, wrong, _twice(packed, 1, _LINE_BITS + 1)))

    def _arms(self) -> tuple[ItemSheet, Column]:
        starts, ends = _column(self.arms).reshape(-1, 2).T
        files, taken = _places(np.array(self.arm_sizes, np.int64))
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
        has = np.array([size is not None for size in self.functions], np.bool_)
        sizes = np.array([size or 0 for size in self.functions], np.int64)
        files = np.repeat(np.arange(len(sizes)), sizes)
        if not has.any():
            return None, files
        parts, body = read_lists(self.bodies)
        parts = parts.reshape(-1, 2)
        whole = parts.sum(1)
        # The region without a name is the code outside of all functions; and some have no code.
        kept = np.flatnonzero((whole > 0) & np.fromiter(map(bool, self.names), np.bool_, len(self.names)))
        begins = (np.cumsum(whole) - whole)[whole > 0]
        least, ends = (np.zeros(len(whole), np.int64) for _ in range(2))
        if len(begins):
            least[whole > 0], ends[whole > 0] = (
                np.minimum.reduceat(body, begins),
                np.maximum.reduceat(body, begins),
            )
        starts = _column(self.starts)
        starts = np.where(starts == 0, least, starts)[kept]
        files, least, ends = files[kept], least[kept], ends[kept]
        odd = files[(np.minimum(starts, least) < 1) | (np.maximum(starts, ends) >> _LINE_BITS != 0)]
        names = list(map(self.names.__getitem__, kept.tolist()))
        if max(map(len, names), default=0) > MAX_NAME:
            odd = np.append(odd, files)
        code = (files << _LINE_BITS) | starts
        order = np.arange(len(code))
        if not (code[1:] > code[:-1]).all():
            order = np.array(
                [number for *_, number in sorted(zip(code.tolist(), names, order.tolist(), strict=True))]
            )
            names = list(map(names.__getitem__, order.tolist()))
        at = np.searchsorted(files, np.arange(len(sizes) + 1))
        return FunctionSheet(
            at, has, lambda: names, starts[order], (parts[kept, 0] > 0)[order], ends[order]
        ), odd


def _places(sizes: Column) -> tuple[Column, Column]:
    """Return the number of the file of each, and whether it ran; of each file those that ran come first, then those that did not."""
    halves = np.repeat(np.arange(len(sizes)), sizes)
    return halves >> 1, (halves & 1) ^ 1


def _key(end: int) -> str:
    return jump(end) if end else leave()


def _column(values: list[int]) -> Column:
    return np.fromiter(values, np.int64, len(values))


def _twice(packed: Column, low: int, high: int) -> Column:
    """Return the files (above `high` bits) of numbers that are, but for their `low` bits, the same as the one before."""
    alike = np.flatnonzero(packed[1:] >> low == packed[:-1] >> low)
    files: Column = packed[alike] >> high
    return files
