"""A JSON document as a stream: the members of its top-level object, and the elements of one array among them, one by one. PURE.

Only the structure is looked at: quotes, escapes, brackets. A value is decoded by whoever wants it, so a document of any size costs the
memory of its greatest wanted value. What is wrong with the structure is an error with its place in the document.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from ingest.json_head import MAX_DEPTH
from ingest.parsing import ParseError

MAX_MEMBERS = 10_000
"""Keys of the top-level object; no report has more than a few dozen."""
_BLOCK = 256 * 1024
_MAX_KEY = 64 * 1024
_KEY = re.compile(rb'\s*("(?:[^"\\]|\\.){0,4096}")\s*:\s*', re.DOTALL)
_SPACE = b" \t\r\n"
_QUOTE, _BACKSLASH, _COMMA = b'"\\,'
_OPENERS, _CLOSERS = b"{[", b"}]"

_IS_MARK = np.zeros(256, np.bool_)
_IS_MARK[list(b"{}[],")] = True
_STEP = np.zeros(256, np.int8)
_STEP[list(_OPENERS)], _STEP[list(_CLOSERS)] = 1, -1


@dataclass(frozen=True, slots=True)
class Part:
    """A member of the top-level object, or (`index` from 0 on) an element of the array that is its value.

    `value` is its text, None when that is longer than was asked for; `start` and `end` are its place in the document in bytes.
    """

    key: str
    value: bytes | None
    start: int
    end: int
    index: int = -1


class Scanner:
    """Takes a document block by block and gives its parts as they end. Raises `ParseError` malformed, too_deep, too_large."""

    def __init__(self, *, longest: int, split: str = "") -> None:
        """A value above `longest` bytes is left out; an element of the array `split` may not be longer at all."""
        self._longest, self._split = longest, split
        self._piece = bytearray()
        self._piece_at = self._offset = 0
        self._is_cut = False
        self._in_string = 0
        self._is_escaped = False
        self._depth = self._members = 0
        self._index = -1  # of the element, while inside the array
        self._ended_array = ""  # the key of the array that just ended
        self._begun = self._ended = False
        self.had_split = False
        """Whether there was an array `split`, perhaps an empty one."""

    def feed(self, block: bytes) -> Iterator[Part]:
        """Yield the parts that end within the next block."""
        for at in range(0, len(block), _BLOCK):
            yield from self._feed(block[at : at + _BLOCK])

    def close(self) -> None:
        """Say that the document ends here."""
        if not self._begun:
            raise ParseError("malformed", "this is not a JSON object", "byte 0")
        if not self._ended:
            raise ParseError(
                "malformed",
                "the JSON ends in the middle: the file was cut off; send it again whole",
                f"byte {self._offset}",
            )

    def _feed(self, block: bytes) -> Iterator[Part]:
        block = block if self._begun else self._begin(block)
        cursor = 0
        for at, mark, depth in self._events(block):
            if self._ended:
                raise self._error("something follows the end of the JSON document", at)
            if mark in _OPENERS:
                if depth == 1:  # the document itself
                    cursor = self._next_piece(at)
                elif mark == _OPENERS[1] and self._opens_array(block[cursor:at]):
                    self._index, self.had_split = 0, True
                    cursor = self._next_piece(at)
                continue
            is_comma = mark == _COMMA
            if self._index >= 0:  # a comma between elements, or the end of the array
                self._extend(block[cursor:at])
                yield from self._element(is_last=not is_comma)
            elif depth == (1 if is_comma else 0):
                self._extend(block[cursor:at])
                yield from self._member(self._offset + at, is_last=not is_comma)
                self._ended = not is_comma
            else:
                continue  # a comma inside of a value, or its end
            cursor = self._next_piece(at)
        if self._ended and block[cursor:].strip(_SPACE):
            raise self._error("something follows the end of the JSON document", cursor)
        self._extend(block[cursor:])
        self._offset += len(block)

    def _begin(self, block: bytes) -> bytes:
        """Skip what may stand before the document; returns the rest."""
        if not self._offset and block.startswith(codecs.BOM_UTF8):
            block, self._offset = block[3:], 3
        rest = block.lstrip(_SPACE)
        self._offset += len(block) - len(rest)
        self._piece_at = self._offset
        if rest and rest[0] != _OPENERS[0]:
            raise self._error("this is not a JSON object", 0)
        self._begun = bool(rest)
        return rest

    def _events(self, block: bytes) -> Iterator[tuple[int, int, int]]:
        """Yield (place, sign, depth behind it) of the brackets and commas that part members and elements."""
        octets = np.frombuffer(block, np.uint8)
        quotes = np.flatnonzero(octets == _QUOTE)
        if self._is_escaped or b"\\" in block:
            free = np.ones(len(block) + 1, np.bool_)
            free[self._escaped_places(octets)] = False
            quotes = quotes[free[quotes]]
        marks = np.flatnonzero(_IS_MARK[octets])
        inside = (np.searchsorted(quotes, marks) + self._in_string) & 1
        marks = marks[inside == 0]
        self._in_string = (self._in_string + len(quotes)) & 1
        if not len(marks):
            return
        signs = octets[marks]
        steps = _STEP[signs]
        depths = self._depth + np.cumsum(steps, dtype=np.int64)
        self._depth = int(depths[-1])
        if depths.max() > MAX_DEPTH:
            place = self._offset + int(marks[np.argmax(depths > MAX_DEPTH)])
            raise ParseError(
                "too_deep", f"the JSON is nested more than {MAX_DEPTH} deep; no report is", f"byte {place}"
            )
        if depths.min() < 0:
            raise self._error("a bracket closes nothing", int(marks[np.argmax(depths < 0)]))
        parting = np.where(steps > 0, depths <= 2, depths <= 1)
        if self._split:
            parting |= (steps == 0) & (depths == 2)
        yield from zip(
            marks[parting].tolist(), signs[parting].tolist(), depths[parting].tolist(), strict=True
        )

    def _escaped_places(self, octets: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> list[int]:
        """Return the places behind an odd number of backslashes; notes whether the next block begins with one."""
        places = np.flatnonzero(octets == _BACKSLASH)
        first = self._is_escaped
        self._is_escaped = False
        if not len(places):
            return [0] if first else []
        gaps = np.flatnonzero(np.diff(places) != 1) + 1
        starts = places[np.concatenate(([0], gaps))]
        ends = places[np.concatenate((gaps - 1, [-1]))] + 1
        is_odd = ((ends - starts) & 1).astype(np.bool_)
        found: list[int] = []
        if first:
            if starts[0] == 0:  # the first backslash is itself escaped
                is_odd[0] = not is_odd[0]
            else:
                found.append(0)
        found += ends[is_odd].tolist()
        self._is_escaped = bool(is_odd[-1]) and int(ends[-1]) == len(octets)
        return found

    def _extend(self, text: bytes) -> None:
        room = self._longest + _MAX_KEY - len(self._piece)
        if len(text) > room:
            self._is_cut, text = True, text[: max(room, 0)]
        self._piece += text

    def _next_piece(self, at: int) -> int:
        """Begin the next piece behind the sign at `at` of this block; returns that place."""
        self._piece.clear()
        self._is_cut = False
        self._piece_at = self._offset + at + 1
        return at + 1

    def _opens_array(self, rest: bytes) -> bool:
        """Say whether the bracket behind `rest` opens the array that is to be split."""
        head = _KEY.fullmatch(bytes(self._piece) + rest) if self._split and not self._ended_array else None
        return head is not None and _text(head[1]) == self._split

    def _element(self, *, is_last: bool) -> Iterator[Part]:
        text = bytes(self._piece)
        value = text.strip(_SPACE)
        start = self._piece_at + len(text) - len(text.lstrip(_SPACE))
        if self._is_cut or len(value) > self._longest:
            raise ParseError(
                "too_large",
                f"an entry of {self._split!r} is larger than {self._longest} bytes, the most that is held in memory at once",
                f"byte {start}",
            )
        if value or not is_last or self._index:
            yield Part(self._split, value, start, start + len(value), self._index)
        self._index += 1
        if is_last:
            self._index, self._ended_array = -1, self._split

    def _member(self, stop: int, *, is_last: bool) -> Iterator[Part]:
        text = bytes(self._piece)
        if self._ended_array:
            if text.strip(_SPACE):
                raise self._malformed(f"something follows the array {self._ended_array!r}")
            self._ended_array = ""
            return
        if is_last and not self._members and not text.strip(_SPACE):
            return  # an empty object
        head = _KEY.match(text)
        if head is None:
            raise self._malformed("a member of the JSON object has no key")
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise ParseError("too_large", f"the JSON object has more than {MAX_MEMBERS} keys; no report has")
        key, start = _text(head[1]), self._piece_at + head.end()
        value = text[head.end() :].rstrip(_SPACE)
        if self._is_cut or len(value) > self._longest:
            yield Part(key, None, start, stop)
        elif value:
            yield Part(key, value, start, start + len(value))
        else:
            raise self._malformed(f"the key {key[:100]!r} has no value")

    def _error(self, message: str, at: int) -> ParseError:
        return ParseError("malformed", message, f"byte {self._offset + at}")

    def _malformed(self, message: str) -> ParseError:
        return ParseError("malformed", message, f"byte {self._piece_at}")


def elements(blocks: Iterable[bytes], key: str, *, longest: int) -> Iterator[tuple[int, bytes]]:
    """Yield (number, text) of the entries of the array at the top-level `key`. UTF-16 is read, too.

    Raises `ParseError` when the document is broken, or has no such array.
    """
    scanner = Scanner(longest=longest, split=key)
    for block in utf8(blocks):
        for part in scanner.feed(block):
            if part.index >= 0 and part.value is not None:
                yield part.index, part.value
            elif part.key == key:
                raise ParseError("malformed", f"{key!r} is no array", f"byte {part.start}")
    scanner.close()
    if not scanner.had_split:
        raise ParseError("malformed", f"the JSON has no key {key!r}", "$")


def utf8(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a text in UTF-8 that is UTF-8 or, by its first bytes, UTF-16."""
    stream = iter(blocks)
    first = next(stream, b"")
    if not first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield first
        yield from stream
        return
    decoder = codecs.getincrementaldecoder("utf-16")("replace")
    for block in chain([first], stream):
        yield decoder.decode(block).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _text(quoted: bytes) -> str:
    """Return a key as text; one that is no JSON text is taken as it is."""
    try:
        return str(json.loads(quoted, strict=False))
    except ValueError:
        return quoted[1:-1].decode("utf-8", "replace")
