"""The bytes of `codec.encode` and `codec.encode_counts` for all files of a report; those on sheets at once, not file by file.

The law: what comes out is what `codec` would give for each file, byte for byte.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice, pairwise, repeat
from typing import Any

import numpy as np

from covdash.coverage.codec import COUNTED, WIDTHS, encode, encode_counts, to_bytes
from covdash.coverage.lines import MAX_HITS, Column, FileCoverage, State
from covdash.coverage.sheets import Entry, Files, Holder, ItemSheet, Sheet, TallySheet, states_of_hits
from covdash.coverage.totals import KINDS

_SEVERAL = 8
"""Files of one width among so many: their columns are made one by one."""
Packed = tuple[bytes, bytes]


def encoded(files: Mapping[str, FileCoverage]) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield path, coverage object and counts of each file, in order."""
    entries: Mapping[str, Entry] = files.entries if isinstance(files, Files) else files
    last: Holder | None = None
    packed: list[Packed] = []
    for path, entry in entries.items():
        if isinstance(entry, tuple):
            holder, number = entry
            if holder is not last:
                with _without_cycles():
                    last, packed = holder, _of_sheet(holder.sheet())
            data, counts = packed[number]
            yield path, data, counts
        else:
            yield path, encode(entry), encode_counts(entry)


@contextmanager
def _without_cycles() -> Iterator[None]:
    """Pause the cycle collector: a sheet becomes rows by the ten thousand, none of which holds another."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _of_sheet(sheet: Sheet) -> list[Packed]:
    count = len(sheet.paths)
    kinds = [kind for kind in KINDS if kind in sheet.items or kind in sheet.tallies]
    said = [_outcomes(sheet.items.get(kind), sheet.tallies.get(kind), count) for kind in kinds]
    outcomes = _by_kind(kinds, [rows for rows, _ in said], count)
    taken = _by_kind(kinds, [hits for _, hits in said], count)
    flag = COUNTED * sheet.counted
    listed, calls = _functions(sheet)
    lines, states = _rising(sheet.lines, sheet.at), _states(sheet)
    objects = map(to_bytes, zip(repeat(flag), lines, states, outcomes, listed, repeat(0), strict=False))
    if not sheet.counted:
        return list(zip(objects, repeat(b""), strict=False))
    counts = map(to_bytes, zip(_columns(sheet.hits, sheet.at), taken, calls, strict=True))
    return list(zip(objects, counts, strict=True))


def _columns(values: Column, at: Column) -> list[bytes]:
    """Return the bytes of each file's part of a column of numbers: see `codec`."""
    if values.max(initial=0) < 256:  # one byte each, in every file
        data = values.astype(np.uint8, copy=False).tobytes()
        return [b"\1" + data[a:z] if a < z else b"" for a, z in pairwise(at.tolist())]
    found = [b""] * (len(at) - 1)
    some = np.flatnonzero(at[1:] > at[:-1])
    most = np.maximum.reduceat(values, at[:-1][some])
    least = 0
    for width, kind in WIDTHS:
        greatest = (1 << 8 * width) - 1
        here = some[(most >= least) & (most <= min(greatest, MAX_HITS))]
        least = greatest + 1
        first, last, head = at[here].tolist(), at[here + 1].tolist(), bytes((width,))
        spans = zip(first, last, strict=True)
        if len(here) * _SEVERAL < len(some):
            parts = [head + values[a:z].astype(kind).tobytes() for a, z in spans]
        else:
            data = values.astype(kind).tobytes()
            parts = [head + data[width * a : width * z] for a, z in spans]
        for number, part in zip(here.tolist(), parts, strict=True):
            found[number] = part
        if most.max() < least:
            break
    return found


def _rising(values: Column, at: Column) -> list[bytes]:
    """Return the bytes of each file's part of a sorted column: those of its steps."""
    steps = np.empty_like(values)
    np.subtract(values[1:], values[:-1], out=steps[1:])
    starts = at[:-1][at[1:] > at[:-1]]
    steps[starts] = values[starts]
    return _columns(steps, at)


def _bits(at: Column, *rows: Column | None) -> list[bytes]:
    """Return, packed, the bits of each file in all `rows`, one row after the other; None is a row of zeros."""
    sizes = at[1:] - at[:-1]
    begins = np.append(0, np.cumsum((len(rows) * sizes + 7) >> 3))
    # Of each file, the bits of each row, and those that fill up the last byte.
    runs = np.repeat(sizes[:, None], len(rows) + 1, axis=1)
    runs[:, -1] = 8 * np.diff(begins) - len(rows) * sizes
    bits = np.zeros(int(begins[-1]) * 8, np.bool_)
    for number, row in enumerate(rows):
        if row is not None:
            mine = np.arange(runs.size) % (len(rows) + 1) == number
            bits[np.repeat(mine, runs.ravel())] = row
    data = np.packbits(bits).tobytes()
    return [data[a:z] for a, z in pairwise(begins.tolist())]


def _states(sheet: Sheet) -> list[bytes]:
    if sheet.states is None:
        return _bits(sheet.at, sheet.hits > 0, None)
    return _bits(sheet.at, sheet.states > 0, sheet.states == State.PARTIAL)


def _outcomes(
    items: ItemSheet | None, counted: TallySheet | None, count: int
) -> tuple[list[tuple[object, ...] | None], list[bytes]]:
    """Return what the coverage object of each file says of one kind, None where it does not carry it, and the bytes of the hits."""
    has = np.zeros(count, np.bool_)
    named: list[list[Any]] = [[b""] * count, [()] * count, [b""] * count, [b""] * count]
    tallies, hits = [[b""] * count] * 3, [b""] * count
    if items is not None:
        at, keys = items.at, items.keys.cut(0, len(items.lines))
        ones = [b"\1" * (size + 1) if size else b"" for size in np.diff(at).tolist()]
        named = [
            _rising(items.lines, at),
            [keys[a:z] for a, z in pairwise(at.tolist())],
            ones if items.weights is None else _columns(items.weights, at),
            _bits(at, items.hits > 0),
        ]
        hits = _columns(items.hits, at)
        has |= items.has
    if counted is not None:
        at = counted.at
        tallies = [_rising(counted.lines, at), _columns(counted.covered, at), _columns(counted.total, at)]
        has |= at[1:] > at[:-1]
    rows = zip(*named, *tallies, strict=True)
    return [row if carries else None for row, carries in zip(rows, has.tolist(), strict=True)], hits


def _by_kind(kinds: list[str], columns: list[list[Any]], count: int) -> list[dict[str, Any]]:
    """Return what the columns say of each file, without what is empty."""
    if len(kinds) == 1:  # as of most sheets
        return [{kinds[0]: each} if each else {} for each in columns[0]]
    rows = zip(*columns, strict=True) if kinds else repeat((), count)
    return [{kind: each for kind, each in zip(kinds, row, strict=True) if each} for row in rows]


def _functions(sheet: Sheet) -> tuple[Iterable[object], list[bytes]]:
    """Return the functions of each file, None where it has none, and the bytes of their hits."""
    functions = sheet.functions
    if functions is None:
        return [None] * len(sheet.paths), [b""] * len(sheet.paths)
    states = states_of_hits(functions.hits).tolist()
    ends = repeat(0) if functions.ends is None else functions.ends.tolist()
    rows = zip(functions.names(), functions.starts.tolist(), ends, states, strict=False)
    # One file after the other, when it is written: so the rows of all of them are never there at once.
    of_files = map(list, map(islice, repeat(rows), np.diff(functions.at).tolist()))
    listed = (each if has else None for each, has in zip(of_files, functions.has.tolist(), strict=True))
    return listed, _columns(functions.hits, functions.at)
