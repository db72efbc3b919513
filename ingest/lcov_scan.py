"""LCOV by columns: sections in which every record is plain, many at once, as a `Sheet`. PURE.

What is taken for plain, and everything else is doubt (`InDoubtError`), which goes record by record through `ingest/formats/lcov.py`:

    section   = [TN:text] SF:path *record "end_of_record"            whole lines, no carriage returns, UTF-8
    record    = DA:line,hits | BRDA:line,block,branch,(taken|-) | FN:line,name | FNDA:calls,name
              | (BRF|BRH|FNF|FNH|LF|LH):number | TN:text
    numbers     at most seven digits and nothing else; lines of `DA` rise inside a section, those of `FN` too
    names       ASCII without `,` `:` `;`, those of the FNDA records in the order of the FN records

Every byte of a record is looked at, those of totals too. No two records of such a section add up, so nothing is to be joined; sections
of one file are joined by `ReportBuilder.sheet`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from covdash.coverage.lines import MAX_LINE, Column
from covdash.coverage.sheets import FunctionSheet, ItemSheet, Listed, Sheet, narrowed
from ingest.octets import DoubtError, Octets, digits, numbers_before

_END = b"end_of_record"
_CLOSE = b"\n" + _END + b"\n"
_SCANNED = 2 * 1024 * 1024
"""Bytes that are read at once."""
_WAYS = 64
_NAMES = np.array([f"{block},{branch}" for block in range(_WAYS) for branch in range(_WAYS)], np.object_)
_ORDER = np.argsort(np.argsort(_NAMES)).astype(np.uint16)
_LONGEST = 1000


class InDoubtError(DoubtError):
    """Sections that hold something else; `at` are places in them, None when it is not known which they are."""

    def __init__(self, at: Column | None = None) -> None:
        """Remember the places."""
        super().__init__()
        self.at = at


@dataclass(frozen=True, slots=True)
class _Records:
    """The records of a block: first and last place of each, and those of one kind by their numbers."""

    text: Octets
    begins: Column
    ends: Column
    closes: Column

    def expect(self, right: Column, which: Column) -> None:
        """Raise `InDoubtError` unless `right` holds for all records of `which`."""
        if not right.all():
            raise InDoubtError(self.begins[which[~right]])

    def split(self, which: Column, *names: bytes) -> list[Column]:
        """Return those of `which` that start with each of the names; each must start with one of them."""
        head = self.text.words[self.begins[which]]
        found, rest = [], np.ones(len(which), np.bool_)
        for name in names:
            mask, start = np.uint64((1 << 8 * len(name)) - 1), np.uint64(int.from_bytes(name, "little"))
            mine = (head & mask) == start
            found.append(which[mine])
            rest &= ~mine
        self.expect(~rest, which)
        return found

    def bytes_of(self, which: Column) -> list[bytes]:
        """Return records as they stand."""
        data = self.text.data
        return [
            data[a:z] for a, z in zip(self.begins[which].tolist(), self.ends[which].tolist(), strict=True)
        ]

    def holders(self, which: Column) -> Column:
        """Tell which sections hold one of these records."""
        cuts = self.cuts(which)
        has: Column = cuts[1:] > cuts[:-1]
        return has

    def cuts(self, which: Column) -> Column:
        """Return where the records of each section begin among those of `which`, and where the last ones end."""
        return np.append(0, np.searchsorted(which, self.closes))


def scan(data: bytes) -> Sheet:
    """Read a block of whole sections. Raises `InDoubtError`."""
    text = Octets(data)
    ends = text.places("\n")
    begins = np.empty_like(ends)
    begins[:1] = 0
    np.add(ends[:-1], 1, out=begins[1:])
    first = text.octets.take(begins)
    is_line = first == ord("D")
    lines, rest = np.flatnonzero(is_line), np.flatnonzero(~is_line)
    first = first[rest]
    arms, places, closes, files, tests, others = (rest[first == sign] for sign in b"BFeSTL")
    records = _Records(text, begins, ends, closes)
    if sum(map(len, (arms, places, closes, files, tests, others))) < len(rest):
        raise InDoubtError(begins[rest[~np.isin(first, np.frombuffer(b"BFeSTL", np.uint8))]])
    paths = _sections(records, files, tests)
    records.split(others, b"LF:", b"LH:")
    arms, has_arms, arms_hit = records.split(arms, b"BRDA:", b"BRF:", b"BRH:")
    places, calls, has_functions, called = records.split(places, b"FN:", b"FNDA:", b"FNF:", b"FNH:")
    for totals, size in ((others, 3), (has_arms, 4), (arms_hit, 4), (has_functions, 4), (called, 4)):
        text.numbers(begins[totals] + size, ends[totals])
    numbers, hits = _lines(records, lines)
    branches = _arms(records, arms, records.holders(has_arms))
    functions = _functions(records, places, calls, records.holders(has_functions))
    return Sheet(
        paths,
        records.cuts(lines),
        narrowed(numbers),
        narrowed(hits),
        None,
        {} if branches is None else {"branches": branches},
        functions,
    )


def after_sections(data: bytes, at: int) -> int:
    """Return where the last section ends that ends within `_SCANNED` bytes from `at`, or else the first one; 0 without any."""
    end = data.rfind(_CLOSE, at, at + _SCANNED)
    if end < 0:
        end = data.find(_CLOSE, at)
    return end + len(_CLOSE) if end >= 0 else 0


def around(data: bytes, at: Column | None) -> list[tuple[int, int]]:
    """Return first and last place of the sections of `data` that `InDoubtError` points at, those side by side as one."""
    if at is None or not len(at):
        return [(0, len(data))]
    found: list[tuple[int, int]] = []
    for place in np.unique(at).tolist():
        if found and place < found[-1][1]:
            continue
        begin = data.rfind(_CLOSE, 0, place)
        end = data.find(_CLOSE, place)
        first = begin + len(_CLOSE) if begin >= 0 else 0
        last = end + len(_CLOSE) if end >= 0 else len(data)
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], last
        else:
            found.append((first, last))
    return found


def _sections(records: _Records, files: Column, tests: Column) -> list[str]:
    """Return the paths; each section starts with its SF record, perhaps after one TN record."""
    text, begins, ends, closes = records.text, records.begins, records.ends, records.closes
    size = len(_END)
    records.expect((ends[closes] - begins[closes] == size) & text.stands(_END, begins[closes]), closes)
    if not len(closes) or closes[-1] != len(ends) - 1 or len(files) != len(closes):
        raise InDoubtError
    starts = np.append(0, closes[:-1] + 1)
    records.expect(files == starts + np.isin(starts, tests), files)
    records.split(files, b"SF:")
    records.split(tests, b"TN:")
    try:
        b"".join(records.bytes_of(tests)).decode()
        return [record[3:].rstrip() for record in b"\n".join(records.bytes_of(files)).decode().split("\n")]
    except UnicodeDecodeError as error:
        raise InDoubtError from error


def _lines(records: _Records, which: Column) -> tuple[Column, Column]:
    """Return lines and hits of `DA` records."""
    text = records.text
    hits, at, right = numbers_before(text, records.ends.take(which))
    right &= text.before(at, 1) == ord(",")
    lines, at, fine = numbers_before(text, np.maximum(at - 1, 0))
    right &= fine
    for distance, sign in enumerate(b":AD\n", 1):
        right &= text.before(at, distance) == sign
    records.expect(right, which)
    records.expect(_rises(lines, records.cuts(which)), which)
    if lines.max(initial=0) > MAX_LINE:
        raise InDoubtError(records.begins[which[lines > MAX_LINE]])
    return lines, hits


def _rises(numbers: Column, cuts: Column) -> Column:
    """Tell where numbers are greater than the one before, and than 0 at the start of a section."""
    rises = np.empty(len(numbers), np.bool_)
    np.greater(numbers[1:], numbers[:-1], out=rises[1:])
    starts = cuts[:-1][cuts[1:] > cuts[:-1]]
    rises[starts] = numbers[starts] > 0
    return rises


def _arms(records: _Records, which: Column, has: Column) -> ItemSheet | None:
    """Return the arms of `BRDA` records. `has` says which sections have a BRF record."""
    cuts = records.cuts(which)
    has = has | (cuts[1:] > cuts[:-1])
    if not has.any():
        return None
    text, ends = records.text, records.ends[which]
    taken, at, right = numbers_before(text, ends)
    never = text.before(ends, 1) == ord("-")
    taken[never] = 0
    at[never] -= 1
    right |= never
    numbers = []
    for _ in range(3):
        right &= text.before(at, 1) == ord(",")
        number, at, fine = numbers_before(text, np.maximum(at - 1, 0))
        numbers.append(number)
        right &= fine
    branch, block, line = numbers
    right &= at == records.begins[which] + len("BRDA:")
    records.expect(right & (line <= MAX_LINE) & (block < _WAYS) & (branch < _WAYS), which)
    keys = Listed(_NAMES, _ORDER, block.astype(np.uint16) * np.uint16(_WAYS) + branch.astype(np.uint16))
    return ItemSheet(cuts, has, narrowed(line), keys, narrowed(taken))


def _functions(records: _Records, places: Column, calls: Column, has: Column) -> FunctionSheet | None:
    """Return the functions of `FN` and `FNDA` records that name the same in the same order."""
    text = records.text
    cuts = records.cuts(places)
    has = has | (cuts[1:] > cuts[:-1])
    if not has.any() and not len(calls):
        return None
    if len(places) != len(calls) or (cuts != records.cuts(calls)).any():
        raise InDoubtError
    start, comma, fine = digits(text, records.begins[places] + 3)
    hits, other, also = digits(text, records.begins[calls] + 5)
    octets, ends = text.octets, records.ends[places]
    size = ends - comma
    fine &= also & (octets[comma] == ord(",")) & (octets[other] == ord(","))
    fine &= (records.ends[calls] - other == size) & (size > 0) & (size < _LONGEST) & (start <= MAX_LINE)
    records.expect(fine & _rises(start, cuts), places)
    records.expect(text.alike(comma, other, size), places)
    some = np.flatnonzero(cuts[1:] > cuts[:-1])
    low, high = cuts[:-1][some], cuts[1:][some] - 1
    records.expect(places[high] - places[low] == high - low, places[low])
    runs = zip(records.begins[places[low]].tolist(), ends[high].tolist(), strict=True)
    rows = b"\n".join([text.data[a:z] for a, z in runs])
    as_many = rows.count(b",") == rows.count(b":") == len(places)
    if not as_many or b";" in rows or b"\r" in rows or not rows.isascii():
        raise InDoubtError
    return FunctionSheet(cuts, has, partial(_names, rows), narrowed(start), narrowed(hits))


@lru_cache(maxsize=2)
def _names(rows: bytes) -> list[str]:
    """Return the names of functions in FN records; only those of the sheet at hand are kept."""
    return rows[3:].decode().replace("\nFN:", ",").split(",")[1::2]
