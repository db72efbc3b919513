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

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from covdash.coverage.lines import MAX_LINE, Column
from covdash.coverage.sheets import FunctionSheet, ItemSheet, Listed, Sheet, narrowed
from ingest.octets import DoubtError, Octets, numbers_after, numbers_before

CLOSE = b"\nend_of_record\n"
SCANNED = 2 * 1024 * 1024
"""Bytes that are read at once."""
_DA, _BRDA, _BRF, _BRH, _FN, _FNDA, _FNF, _FNH, _LF, _LH, _SF, _TN, _END = _HEADS = tuple(
    int.from_bytes(name, "little") for name in b"DA: BRD BRF BRH FN: FND FNF FNH LF: LH: SF: TN: end".split()
)
"""The first three signs of each record, as they stand in a word."""
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
    """Records of a block: where each begins, and the place behind its line end."""

    text: Octets
    begins: Column
    ends: Column

    def of(self, some: Column) -> _Records:
        """Return some of them by their numbers."""
        return _Records(self.text, self.begins[some], self.ends[some])

    def signs(self, place: int) -> Column:
        """Return one sign of each; places are counted from 0."""
        return self.text.near(self.begins, place)

    def expect(self, right: Column) -> None:
        """Raise `InDoubtError` unless `right` holds for all."""
        if np.count_nonzero(right) < len(right):  # sooner done than `all`
            raise InDoubtError(self.begins[~right])

    def stand(self, place: int, signs: bytes) -> None:
        """Raise `InDoubtError` unless these signs stand at `place` of all."""
        for number, sign in enumerate(signs, place):
            self.expect(self.signs(number) == sign)

    def bytes(self) -> list[bytes]:
        """Return them as they stand."""
        return self.text.pieces(self.begins, self.ends)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of records that begin with the same three signs (`heads`): the first record of each, and how many they are.

    `closes` are the rows that end a section, each of one record.
    """

    records: _Records
    heads: Column
    firsts: Column
    sizes: Column
    closes: Column

    def every(self, head: int) -> tuple[_Records, Column]:
        """Return the records with this head, where those of each section begin among them, and where the last ones end."""
        has = self.heads == head
        which = np.flatnonzero(has)
        firsts, sizes = self.firsts[which], self.sizes[which]
        starts = np.zeros(len(which) + 1, np.int64)
        np.cumsum(sizes, out=starts[1:])
        if 2 * starts[-1] > len(self.records.begins):
            some = np.repeat(has, self.sizes)
        else:
            some = np.repeat(firsts - starts[:-1], sizes)
            some += np.arange(len(some))
        ends = self.records.ends[some]
        begins = np.empty_like(ends)
        begins[1:] = ends[:-1]
        begins[starts[:-1]] = self.records.begins[firsts]
        cuts = np.zeros(len(self.closes) + 1, np.int64)
        cuts[1:] = starts[np.searchsorted(which, self.closes)]
        return _Records(self.records.text, begins, ends), cuts

    def length(self, head: int) -> int:
        """Return how long the records with this head are in all, in bytes."""
        some = self.heads == head
        firsts = self.firsts[some]
        lasts = firsts + self.sizes[some] - 1
        return int((self.records.ends[lasts] - self.records.begins[firsts]).sum())

    def holders(self, head: int, cuts: Column) -> Column:
        """Tell which sections hold a record with this head, or one of those that `cuts` counts."""
        has: Column = cuts[1:] > cuts[:-1]
        has[np.searchsorted(self.closes, np.flatnonzero(self.heads == head))] = True
        return has

    def alone(self, *heads: int) -> _Records:
        """Return the records with these heads. Raises `InDoubtError` where one stands right behind its like."""
        some = np.flatnonzero(_among(self.heads, heads))
        found = self.records.of(self.firsts[some])
        found.expect(self.sizes[some] == 1)
        return found


def scan(text: Octets) -> Sheet:
    """Read whole sections. Raises `InDoubtError`."""
    lines = text.lines()
    if len(lines) < 2:
        raise InDoubtError
    records = _Records(text, lines[:-1], lines[1:])
    rows = _rows(records)
    paths = _paths(rows)
    _totals(rows)
    numbers, hits, cuts = _lines(rows)
    branches = _arms(rows)
    functions = _functions(rows)
    return Sheet(
        paths,
        cuts,
        narrowed(numbers),
        narrowed(hits),
        None,
        {} if branches is None else {"branches": branches},
        functions,
    )


def after_sections(data: bytes, at: int) -> int:
    """Return where the last section ends that ends within `SCANNED` bytes from `at`, or else the first one; 0 without any."""
    end = data.rfind(CLOSE, at, at + SCANNED)
    if end < 0:
        end = data.find(CLOSE, at)
    return end + len(CLOSE) if end >= 0 else 0


def around(data: bytes, at: Column | None) -> list[tuple[int, int]]:
    """Return first and last place of the sections of `data` that `InDoubtError` points at, those side by side as one."""
    if at is None or not len(at):
        return [(0, len(data))]
    found: list[tuple[int, int]] = []
    for place in np.unique(at).tolist():
        if found and place < found[-1][1]:
            continue
        begin = data.rfind(CLOSE, 0, place)
        end = data.find(CLOSE, place)
        first = begin + len(CLOSE) if begin >= 0 else 0
        last = end + len(CLOSE) if end >= 0 else len(data)
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], last
        else:
            found.append((first, last))
    return found


def _among(heads: Column, some: Iterable[int]) -> Column:
    found = np.zeros(len(heads), np.bool_)
    for head in some:
        found |= heads == head
    return found


def _rows(records: _Records) -> _Rows:
    """Return the rows of the records. Raises `InDoubtError` where one begins with other signs than those of `_HEADS`."""
    count = len(records.begins)
    signs = [records.signs(place) for place in range(3)]
    changes = np.ones(count + 1, np.bool_)
    changes[1:-1] = False
    for column in signs:
        changes[1:-1] |= column[1:] != column[:-1]
    cuts = np.flatnonzero(changes)
    firsts = cuts[:-1]
    heads = np.zeros(len(firsts), np.uint32)
    for place, column in enumerate(signs):
        heads |= column[firsts].astype(np.uint32) << np.uint32(8 * place)
    records.of(firsts).expect(_among(heads, _HEADS))
    return _Rows(records, heads, firsts, cuts[1:] - firsts, np.flatnonzero(heads == _END))


def _paths(rows: _Rows) -> list[str]:
    """Return the paths; each section starts with its SF record, perhaps after one TN record."""
    heads, closes = rows.heads, rows.closes
    ends = rows.alone(_END)
    ends.expect(ends.text.stands(b"end_of_record\n", ends.begins))
    if not len(closes) or closes[-1] != len(heads) - 1:
        raise InDoubtError
    starts = np.append(0, closes[:-1] + 1)
    starts += (heads[starts] == _TN) & (rows.sizes[starts] == 1)
    files = np.flatnonzero(heads == _SF)
    if len(files) != len(starts):
        raise InDoubtError
    rows.records.of(rows.firsts[files]).expect(files == starts)
    try:
        b"".join(rows.alone(_TN).bytes()).decode()
        return list(map(str.rstrip, b"".join(rows.alone(_SF).bytes()).decode()[3:].split("\nSF:")))
    except UnicodeDecodeError as error:
        raise InDoubtError from error


def _totals(rows: _Rows) -> None:
    """Look at the totals of a section, which say nothing that its records do not say."""
    totals = rows.alone(_LF, _LH, _BRF, _BRH, _FNF, _FNH)
    _, size, right = numbers_before(totals.text, totals.ends, ord(":"))
    longer = totals.signs(0) != ord("L")
    totals.expect(right & (totals.ends - totals.begins == size + longer + len("LF:\n")))


def _lines(rows: _Rows) -> tuple[Column, Column, Column]:
    """Return lines and hits of `DA` records, and where each section begins."""
    lines, cuts = rows.every(_DA)
    hits, tail, right = numbers_before(lines.text, lines.ends, ord(","))
    lines.expect(right)
    others = len("DA:,\n")
    # What the hits and all other signs leave of the records is for the lines: no more digits are looked for.
    room = rows.length(_DA) - int(tail.sum(dtype=np.uint32)) - others * len(tail)
    numbers, size, left = numbers_after(lines.text, lines.begins, len("DA:"), room)
    if left or not size.all():
        lines.expect((size > 0) & (lines.ends - lines.begins == size + tail + others))
    lines.expect(_rises(numbers, cuts) & (numbers <= MAX_LINE))
    return numbers, hits, cuts


def _rises(numbers: Column, cuts: Column) -> Column:
    """Tell where numbers are greater than the one before, and than 0 at the start of a section."""
    rises = np.empty(len(numbers), np.bool_)
    np.greater(numbers[1:], numbers[:-1], out=rises[1:])
    starts = cuts[:-1][cuts[1:] > cuts[:-1]]
    rises[starts] = numbers[starts] > 0
    return rises


def _arms(rows: _Rows) -> ItemSheet | None:
    """Return the arms of `BRDA` records."""
    arms, cuts = rows.every(_BRDA)
    has = rows.holders(_BRF, cuts)
    if not has.any():
        return None
    arms.stand(3, b"A")
    text = arms.text
    taken, size, right = numbers_before(text, arms.ends, ord(","))
    never = (text.near(arms.ends, -2) == ord("-")) & (text.near(arms.ends, -3) == ord(","))
    taken *= ~never
    arms.expect(right | never)
    numbers, at = [], arms.ends - (size | never) - 1
    for sign in b",,:":
        number, size, right = numbers_before(text, at, sign)
        arms.expect(right)
        numbers.append(number)
        at -= size
        at -= 1
    branch, block, line = numbers
    right = at == arms.begins + len("BRDA:")
    arms.expect(right & (line <= MAX_LINE) & (block < _WAYS) & (branch < _WAYS))
    keys = Listed(_NAMES, _ORDER, block.astype(np.uint16) * np.uint16(_WAYS) + branch.astype(np.uint16))
    return ItemSheet(cuts, has, narrowed(line), keys, narrowed(taken))


def _functions(rows: _Rows) -> FunctionSheet | None:
    """Return the functions of `FN` and `FNDA` records that name the same in the same order."""
    places, cuts = rows.every(_FN)
    calls, others = rows.every(_FNDA)
    has = rows.holders(_FNF, cuts)
    if (cuts != others).any():
        rows.alone(_SF).expect(np.diff(cuts) == np.diff(others))
    if not has.any():
        return None
    text = places.text
    calls.stand(3, b"A:")
    start, size, _ = numbers_after(text, places.begins, len("FN:"))
    names = places.begins + size + len("FN:")
    hits, width, _ = numbers_after(text, calls.begins, len("FNDA:"))
    others = calls.begins + width + len("FNDA:")
    fine = (size > 0) & (width > 0) & (text.near(names, 0) == ord(",")) & (text.near(others, 0) == ord(","))
    size = places.ends - names
    fine &= (calls.ends - others == size) & (size > 1) & (size < _LONGEST) & (start <= MAX_LINE)
    places.expect(fine & _rises(start, cuts))
    places.expect(text.alike(names, others, size))
    listed = np.flatnonzero(rows.heads == _FN)
    firsts, sections = rows.firsts[listed], np.searchsorted(rows.closes, listed)
    rows.records.of(firsts[1:]).expect(sections[1:] > sections[:-1])
    begins, ends = rows.records.begins[firsts], rows.records.ends[firsts + rows.sizes[listed] - 1]
    written = b"".join(text.pieces(begins, ends))
    signs = np.frombuffer(written, np.uint8)
    as_many = all(np.count_nonzero(signs == ord(sign)) == len(start) for sign in ",:")
    if not as_many or b";" in written or b"\r" in written or not written.isascii():
        raise InDoubtError
    return FunctionSheet(cuts, has, partial(_names, written), narrowed(start), narrowed(hits))


@lru_cache(maxsize=2)
def _names(rows: bytes) -> list[str]:
    """Return the names of functions in FN records; only those of the sheet at hand are kept."""
    signs = np.frombuffer(rows, np.uint8)
    # From each comma on, up to the line end.
    names = signs[np.logical_xor.accumulate((signs == ord(",")) | (signs == ord("\n")))]
    return names.tobytes().decode()[1:].split(",")
