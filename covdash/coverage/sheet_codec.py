"""The bytes of `codec.encode` and `codec.encode_counts` for all files of a report; those on sheets at once, not file by file.

The law: what comes out is what `codec` would give for each file, byte for byte.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise, repeat

import numpy as np

from covdash.coverage.codec import COUNTED, WIDTHS, encode, encode_counts, to_bytes
from covdash.coverage.lines import MAX_HITS, Column, FileCoverage, State
from covdash.coverage.sheets import Entry, Files, ItemSheet, Sheet, WholeSheet, states_of_hits
from covdash.coverage.totals import KINDS

_SEVERAL = 8
"""Files of one width among so many: their columns are made one by one."""
_NO_ITEMS: tuple[object, ...] = b"", [], b"", b""
_NO_TALLIES = b"", b"", b""
Packed = tuple[bytes, bytes]


def encoded(files: Mapping[str, FileCoverage]) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield path, coverage object and counts of each file, in order."""
    entries: Mapping[str, Entry] = files.entries if isinstance(files, Files) else files
    last: Sheet | None = None
    packed: list[Packed] = []
    for path, entry in entries.items():
        if isinstance(entry, tuple):
            sheet, number = entry
            if sheet is not last:
                with _without_cycles():
                    last, packed = sheet, _of_sheet(sheet)
            yield path, *packed[number]
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
    kinds = [kind for kind in KINDS if kind in sheet.items or kind in sheet.wholes]
    outcomes: list[dict[str, object]] = [{} for _ in range(count)]
    taken: list[dict[str, bytes]] = [{} for _ in range(count)]
    for kind in kinds:
        hits = _columns(sheet.items[kind].hits, sheet.items[kind].at) if kind in sheet.items else []
        named = dict(_items(sheet.items[kind])) if kind in sheet.items else {}
        wholes = dict(_wholes(sheet.wholes[kind])) if kind in sheet.wholes else {}
        for number in named.keys() | wholes.keys():
            outcomes[number][kind] = (*named.get(number, _NO_ITEMS), *wholes.get(number, _NO_TALLIES))
            if number in named and hits[number]:
                taken[number][kind] = hits[number]
    flag = COUNTED * sheet.counted
    listed, calls = _functions(sheet)
    rows = zip(
        repeat(flag),
        _rising(sheet.lines, sheet.at),
        _states(sheet),
        outcomes,
        listed,
        repeat(0),
        strict=False,
    )
    objects = map(to_bytes, rows)
    if not sheet.counted:
        return list(zip(objects, repeat(b""), strict=False))
    counts = map(to_bytes, zip(_columns(sheet.hits, sheet.at), taken, calls, strict=True))
    return list(zip(objects, counts, strict=True))


def _columns(values: Column, at: Column) -> list[bytes]:
    """Return the bytes of each file's part of a column of numbers: see `codec`."""
    found = [b""] * (len(at) - 1)
    some = np.flatnonzero(at[1:] > at[:-1])
    if not len(some):
        return found
    most = np.maximum.reduceat(values, at[:-1][some])
    least = 0
    for width, kind in WIDTHS:
        greatest = (1 << 8 * width) - 1
        here = some[(most >= least) & (most <= min(greatest, MAX_HITS))]
        least = greatest + 1
        first, last, head = at[here].tolist(), at[here + 1].tolist(), bytes((width,))
        if len(here) * _SEVERAL < len(some):
            for number, a, z in zip(here.tolist(), first, last, strict=True):
                found[number] = head + values[a:z].astype(kind).tobytes()
        else:
            data = values.astype(kind).tobytes()
            for number, a, z in zip(here.tolist(), first, last, strict=True):
                found[number] = head + data[width * a : width * z]
        if most.max() < least:
            break
    return found


def _rising(values: Column, at: Column) -> list[bytes]:
    """Return the bytes of each file's part of a sorted column: those of its steps."""
    steps = np.empty(len(values), np.uint32)
    np.subtract(values[1:], values[:-1], out=steps[1:], casting="unsafe", dtype=np.int64)
    starts = at[:-1][at[1:] > at[:-1]]
    steps[starts] = values[starts]
    return _columns(steps, at)


def _bits(at: Column, *rows: Column | None) -> list[bytes]:
    """Return, packed, the bits of each file in all `rows`, one row after the other; None is a row of zeros."""
    sizes = at[1:] - at[:-1]
    begins = np.append(0, np.cumsum((len(rows) * sizes + 7) >> 3))
    bits = np.zeros(int(begins[-1]) * 8, np.bool_)
    shift = begins[:-1] * 8 - at[:-1]
    for row in rows:
        if row is not None:
            bits[np.arange(len(row)) + np.repeat(shift, sizes)] = row
        shift += sizes
    data = np.packbits(bits).tobytes()
    return [data[a:z] for a, z in pairwise(begins.tolist())]


def _states(sheet: Sheet) -> list[bytes]:
    if sheet.states is None:
        return _bits(sheet.at, sheet.hits > 0, None)
    return _bits(sheet.at, sheet.states > 0, sheet.states == State.PARTIAL)


def _items(items: ItemSheet) -> Iterator[tuple[int, tuple[object, ...]]]:
    """Yield the number of each file that carries the kind, and what the coverage object says."""
    at, has, keys = items.at, items.has.tolist(), items.keys.cut(0, len(items.lines))
    weights = np.ones(len(items.lines), np.uint8) if items.weights is None else items.weights
    columns = zip(
        _rising(items.lines, at),
        _columns(weights, at),
        _bits(at, items.hits > 0),
        pairwise(at.tolist()),
        strict=True,
    )
    for number, (lines, weight, taken, (first, last)) in enumerate(columns):
        if has[number]:
            yield number, (lines, keys[first:last], weight, taken)


def _wholes(whole: WholeSheet) -> Iterator[tuple[int, tuple[bytes, bytes, bytes]]]:
    """Yield the number of each file that has a tally of the whole, and the bytes of its columns."""
    count = len(whole.has)
    alone = np.arange(count + 1)
    line = _columns(np.zeros(count, np.uint8), alone)
    columns = zip(line, _columns(whole.covered, alone), _columns(whole.total, alone), strict=True)
    return (
        (number, each)
        for number, (each, has) in enumerate(zip(columns, whole.has.tolist(), strict=True))
        if has
    )


def _functions(sheet: Sheet) -> tuple[list[object], list[bytes]]:
    """Return the functions of each file, None where it has none, and the bytes of their hits."""
    functions = sheet.functions
    if functions is None:
        return [None] * len(sheet.paths), [b""] * len(sheet.paths)
    states = states_of_hits(functions.hits).tolist()
    ends = repeat(0) if functions.ends is None else functions.ends.tolist()
    rows = list(zip(functions.names(), functions.starts.tolist(), ends, states, strict=False))
    spans = zip(pairwise(functions.at.tolist()), functions.has.tolist(), strict=True)
    listed: list[object] = [rows[a:z] if has else None for (a, z), has in spans]
    return listed, _columns(functions.hits, functions.at)
