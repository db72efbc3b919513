"""Rows in XML: runs of small empty elements like `<line number="7" hits="1"/>`, read by columns, not by a callback each. PURE.

`scan` gets a block of whole tags from the content of an element and returns the runs of rows in it; their bytes need not go through
expat. It takes out only what it understands to the last byte, and what is well-formed by itself, so that leaving it out changes
nothing for the rest. In case of doubt it returns nothing, and the block goes through expat as it is: other tags than rows always do.
That both ways give the same is the law of `tests/ingest/test_xml_rows.py`; what it gains stands in `docs/performance.md`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from covdash.coverage.lines import Column
from ingest.octets import DoubtError, Octets

MAX_QUOTES = 16
_FEWEST = 8
"""Fewer rows of a name in a block are not worth the look."""
_LONGEST_GAP = 32
_HEAD = re.compile(rb"<[\w.-]+([ \t\n]+[A-Za-z_][\w.-]*=)")
_NAME = re.compile(rb"[ \t\n]+([A-Za-z_][\w.-]*)=")
_TAIL = re.compile(rb"[ \t\n]*/>")

Values = Column | list[str]
OnRows = Callable[[tuple[str, ...], Sequence[Values]], object]
"""Called with the names of the attributes and a column for each: int64 of those that are numbers, else texts."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What a format wants of the rows of one name: which attributes are numbers, and whom to tell."""

    handler: OnRows
    numbers: frozenset[str]


def flattened(names: Sequence[str], columns: Sequence[Values]) -> Iterator[list[str]]:
    """Yield rows as expat gives them: name, value, name, value, ..."""
    for values in zip(*(map(str, column) for column in columns), strict=True):
        yield [word for pair in zip(names, values, strict=True) for word in pair]


@dataclass(frozen=True, slots=True)
class Run:
    """Rows that follow each other in the bytes `start` to `end` of a block, and what they say: one part for each set of attributes."""

    start: int
    end: int
    parts: list[tuple[OnRows, tuple[str, ...], list[Values]]]


@dataclass(frozen=True, slots=True)
class _Shape:
    """Rows of a block with the same attributes: which rows of the block they are, and a column for each attribute."""

    handler: OnRows
    names: tuple[str, ...]
    rows: Column
    columns: list[Values]


class _Block(Octets):
    """A block, where its tags begin and end, and where its quotes stand."""

    def __init__(self, data: bytes) -> None:
        if b"<!" in data or b"<?" in data:
            raise DoubtError
        super().__init__(data)
        self.opens, self.closes = self.places("<"), self.places(">")
        if len(self.opens) != len(self.closes) or (self.opens > self.closes).any():
            raise DoubtError
        if (self.closes[:-1] > self.opens[1:]).any():
            raise DoubtError

    @cached_property
    def text(self) -> str:
        return self.data.decode("latin-1")

    @cached_property
    def quotes(self) -> Column:
        return self.places('"')


def scan(data: bytes, wanted: Mapping[str, Rows]) -> list[Run]:
    """Return the runs of the `wanted` rows of `data` in order; none in case of doubt."""
    try:
        return _runs(_Block(data), wanted)
    except DoubtError:
        return []


def _runs(block: _Block, wanted: Mapping[str, Rows]) -> list[Run]:
    empty = block.octets[block.closes - 1] == ord("/")
    found = {name: empty & block.stands(f"<{name} ".encode(), block.opens) for name in wanted}
    is_row = np.logical_or.reduce(list(found.values()))
    tags = np.flatnonzero(is_row)
    if len(tags) < _FEWEST:
        return []
    opens, closes = block.opens[tags], block.closes[tags]
    shapes = [
        shape
        for name, mask in found.items()
        for shape in _shapes(block, np.flatnonzero(mask[tags]), opens, closes, wanted[name])
    ]
    begins = np.ones(len(tags), np.bool_)
    begins[1:] = (np.diff(tags) != 1) | ~_blank(block, closes[:-1] + 1, opens[1:])
    bounds = np.append(np.flatnonzero(begins), len(tags))
    cuts = [np.searchsorted(shape.rows, bounds).tolist() for shape in shapes]
    firsts, lasts = opens[bounds[:-1]].tolist(), (closes[bounds[1:] - 1] + 1).tolist()
    return [
        Run(
            first,
            last,
            [
                (shape.handler, shape.names, [column[cut[n] : cut[n + 1]] for column in shape.columns])
                for shape, cut in zip(shapes, cuts, strict=True)
                if cut[n] < cut[n + 1]
            ],
        )
        for n, (first, last) in enumerate(zip(firsts, lasts, strict=True))
    ]


def _blank(block: _Block, start: Column, end: Column) -> Column:
    """Tell between which tags nothing but white space stands, in a way that others share."""
    size = end - start
    found: Column = size == 0
    for length in np.flatnonzero(np.bincount(np.minimum(size, _LONGEST_GAP + 1))).tolist():
        if 0 < length <= _LONGEST_GAP:
            alike = np.flatnonzero(size == length)
            first = int(start[alike[0]])
            text = block.data[first : first + length]
            if not text.replace(b"\r\n", b"\n").strip(b" \t\n"):
                found[alike] = block.stands(text, start[alike])
    return found


def _shapes(block: _Block, rows: Column, opens: Column, closes: Column, wanted: Rows) -> list[_Shape]:
    """Return the rows by their number of quotes; those that have as many must write the same attributes in the same way."""
    opens, closes = opens[rows], closes[rows]
    first = np.searchsorted(block.quotes, opens)
    count = np.searchsorted(block.quotes, closes) - first
    shapes = []
    for quotes in np.flatnonzero(np.bincount(count)).tolist():
        if not 2 <= quotes <= MAX_QUOTES or quotes % 2:
            raise DoubtError
        alike = np.flatnonzero(count == quotes)
        at = block.quotes[first[alike] + np.arange(quotes)[:, None]]
        names = _names(block, [opens[alike] - 1, *at, closes[alike] + 1])
        columns = [
            block.numbers(start + 1, end) if name in wanted.numbers else _texts(block, start + 1, end)
            for name, start, end in zip(names, at[::2], at[1::2], strict=True)
        ]
        shapes.append(_Shape(wanted.handler, names, rows[alike], columns))
    return shapes


def _names(block: _Block, edges: list[Column]) -> tuple[str, ...]:
    """Return the names of the attributes. What stands around the values of the first row must stand there in every row.

    `edges` are the place before the tag, its quotes, and the place behind it.
    """
    pieces = []
    for before, after in zip(edges[::2], edges[1::2], strict=True):
        piece = block.data[before[0] + 1 : after[0]]
        if (after - before != len(piece) + 1).any() or not block.stands(piece, before + 1).all():
            raise DoubtError
        pieces.append(piece)
    found = [
        pattern.fullmatch(piece)
        for pattern, piece in zip([_HEAD, *[_NAME] * len(pieces)], pieces[:-1], strict=False)
    ]
    names = tuple(match[1].strip(b" \t\n=").decode() for match in found if match)
    if len(names) != len(pieces) - 1 or len(set(names)) != len(names) or not _TAIL.fullmatch(pieces[-1]):
        raise DoubtError
    return names


def _texts(block: _Block, start: Column, end: Column) -> list[str]:
    """Return the texts between `start` and `end`, if they mean themselves."""
    text = block.text
    first = text[start[0] : end[0]]
    size = len(first)
    if size and (end - start == size).all() and block.stands(first.encode("latin-1"), start).all():
        found = [first] * len(start)
    else:
        found = [text[a:z] for a, z in zip(start.tolist(), end.tolist(), strict=True)]
    joined = "".join(found)
    if not joined.isascii() or not joined.isprintable() or "&" in joined:
        raise DoubtError
    return found
