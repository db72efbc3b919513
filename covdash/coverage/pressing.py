"""Sheets of finished files, pressed: what a large report keeps while the rest of it is read.

A file under construction takes some hundred bytes a line, a finished one thirty, and one on a pressed sheet two or three, so that a
report of any size needs little more memory than one of `LARGE` lines. Smaller reports are left alone, and so are the sheets that
scanners make: those are nearly as small, and reading them takes hardly longer than pressing.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from itertools import accumulate, chain
from typing import Any

import msgspec
import numpy as np

from covdash.coverage.lines import Column, FileCoverage, Outcomes
from covdash.coverage.sheets import FunctionSheet, ItemSheet, Listed, Sheet, TallySheet, narrowed
from covdash.coverage.totals import KINDS

LARGE = 250_000
"""So many lines and items may be under construction before they are finished and pressed."""
_FAST = 1
"""Level of zlib: most of what there is are zeros, ones and small steps, which it finds at once."""
_RISING = frozenset(("at", "lines", "starts", "ends"))
"""Columns that are kept as steps from one number to the next."""
_NOTHING = Outcomes()


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of functions, as a `FunctionSheet` wants them."""

    words: Column

    def __call__(self) -> Sequence[str]:
        words: list[str] = self.words.tolist()
        return words


def sheet_of(paths: list[str], files: Sequence[FileCoverage], *, stated: bool) -> Sheet:
    """Return finished files as a sheet. `stated`: the format knows the states of lines.

    They are all counted or all not, and none has a partial function or more to it than a sheet can tell.
    """
    carried = [kind for kind in KINDS if any(kind in file.outcomes for file in files)]
    outcomes = {kind: [file.outcomes.get(kind) for file in files] for kind in carried}
    found = {kind: [each or _NOTHING for each in listed] for kind, listed in outcomes.items()}
    return Sheet(
        paths,
        _ends([file.lines for file in files]),
        narrowed(np.concatenate([file.lines for file in files])),
        narrowed(np.concatenate([file.hits for file in files])),
        np.concatenate([file.states for file in files]) if stated else None,
        {
            kind: _items(listed, np.array([each is not None for each in outcomes[kind]], np.bool_))
            for kind, listed in found.items()
        },
        _functions(files),
        files[0].counted,
        {kind: sheet for kind, listed in found.items() if (sheet := _tallies(listed)) is not None},
    )


def _items(found: Sequence[Outcomes], has: Column) -> ItemSheet:
    keys = list(chain.from_iterable(each.key for each in found))
    words = sorted(set(keys))
    rank = {word: number for number, word in enumerate(words)}
    ids = narrowed(np.fromiter(map(rank.__getitem__, keys), np.int64, len(keys)))
    weights = np.concatenate([each.weight for each in found])
    return ItemSheet(
        _ends([each.line for each in found]),
        has,
        narrowed(np.concatenate([each.line for each in found])),
        Listed(np.array(words, np.object_), np.arange(len(words)), ids),
        narrowed(np.concatenate([each.hits for each in found])),
        None if (weights == 1).all() else narrowed(weights),
    )


def _tallies(found: Sequence[Outcomes]) -> TallySheet | None:
    lines = np.concatenate([each.tally_line for each in found])
    if not len(lines):
        return None
    columns = (
        np.concatenate([each.tally_covered for each in found]),
        np.concatenate([each.tally_total for each in found]),
    )
    return TallySheet(_ends([each.tally_line for each in found]), *map(narrowed, (lines, *columns)))


def _functions(files: Sequence[FileCoverage]) -> FunctionSheet | None:
    has = np.array([file.functions is not None for file in files], np.bool_)
    if not has.any():
        return None
    rows = list(chain.from_iterable(file.functions or () for file in files))
    starts, ends, hits = (
        narrowed(np.array([getattr(row, name) for row in rows], np.int64))
        for name in ("start", "end", "hits")
    )
    names = np.array([row.name for row in rows], np.object_)
    return FunctionSheet(
        _ends([file.functions or () for file in files]), has, _Names(names), starts, hits, ends
    )


def _ends(parts: Sequence[Sequence[Any] | Column]) -> Column:
    return np.array([0, *accumulate(map(len, parts))], np.int64)


class Pressed:
    """A sheet of which only compressed columns are kept."""

    __slots__ = ("_kept", "_open")

    def __init__(self, sheet: Sheet) -> None:
        """Press a sheet."""
        self._kept = _pressed(sheet)
        self._open: Sheet | None = None

    def sheet(self) -> Sheet:
        """Return the sheet as it was."""
        if self._open is not None:
            return self._open
        sheet: Sheet = _whole(self._kept)
        return sheet

    def open(self) -> Sheet:
        """Return the sheet, which stays open: whoever comes back for one file, in any order, may come back for the others."""
        self._open = self.sheet()
        return self._open


@dataclass(frozen=True, slots=True)
class _Small:
    """A column, compressed; of texts as msgpack."""

    kind: str
    is_rising: bool
    data: bytes

    @classmethod
    def of(cls, values: Column, *, is_rising: bool) -> _Small:
        if values.dtype == np.object_:
            return cls("O", False, zlib.compress(msgspec.msgpack.encode(values.tolist()), _FAST))
        column = np.diff(values, prepend=values.dtype.type(0)) if is_rising else values
        return cls(values.dtype.str, is_rising, zlib.compress(column.tobytes(), _FAST))

    def column(self) -> Column:
        data = zlib.decompress(self.data)
        if self.kind == "O":
            return np.array(msgspec.msgpack.decode(data), np.object_)
        column: Column = np.frombuffer(data, self.kind)
        return np.cumsum(column, dtype=self.kind) if self.is_rising else column


def _pressed(value: Any, name: str = "") -> Any:
    """Return a sheet, or a part of one, with its columns compressed."""
    if isinstance(value, np.ndarray):
        return _Small.of(value, is_rising=name in _RISING)
    if isinstance(value, Mapping):
        return {key: _pressed(each) for key, each in value.items()}
    if is_dataclass(value):
        parts = {field.name: _pressed(getattr(value, field.name), field.name) for field in fields(value)}
        return type(value)(**parts)  # type: ignore[misc]
    return value


def _whole(value: Any) -> Any:
    """Undo `_pressed`."""
    if isinstance(value, _Small):
        return value.column()
    if isinstance(value, Mapping):
        return {key: _whole(each) for key, each in value.items()}
    if is_dataclass(value):
        return type(value)(**{field.name: _whole(getattr(value, field.name)) for field in fields(value)})  # type: ignore[misc]
    return value
