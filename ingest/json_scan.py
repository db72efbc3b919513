"""A JSON document read from a file, token by token, in constant memory: long strings stay where they are, as spans of the file. PURE.

For bodies of foreign protocols that carry whole reports inside JSON. What is skipped is only skipped, not judged; whatever is read is
checked by whoever reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import msgspec

from ingest.parsing import ParseError

BLOCK = 1024 * 1024
MAX_TEXT = 64 * 1024
"""Bytes of a string that is read as text: a name, a path."""

_SPACE = re.compile(rb"[ \t\r\n]*")
_STRING_END = re.compile(rb'["\\]')
_MARK = re.compile(rb'["\[\]{}]')
_PLAIN = re.compile(rb"[-+.0-9A-Za-z]*")
_text = msgspec.json.Decoder(str)


@dataclass(frozen=True, slots=True)
class Span:
    """A string of the document, without its quotes: where it begins and ends in the file, and how many backslashes it has."""

    start: int
    end: int
    escapes: int


class Scanner:
    """Stands at one place of the document and goes only forward. Every method raises `ParseError` malformed with the place."""

    def __init__(self, file: IO[bytes]) -> None:
        """`file` is read from its beginning; it may be read elsewhere between two calls."""
        self._file = file
        self._window = b""
        self._base = 0
        self._at = 0

    def kind(self) -> str:
        """Return the first character of the next value, or of what stands in its place; "" at the end."""
        while True:
            self._at = _SPACE.match(self._window, self._at).end()  # type: ignore[union-attr]  # it matches nothing, too
            if self._at < len(self._window):
                return chr(self._window[self._at])
            if not self._more():
                return ""

    def members(self) -> Iterator[str]:
        """Yield the keys of the object that comes next; whoever is given a key reads or skips its value."""
        self._take("{")
        if self.kind() == "}":
            self._take("}")
            return
        while True:
            key = self.text()
            self._take(":")
            yield key
            if self.kind() != ",":
                break
            self._take(",")
        self._take("}")

    def elements(self) -> Iterator[None]:
        """Yield once for each element of the array that comes next; whoever is told reads or skips it."""
        self._take("[")
        if self.kind() == "]":
            self._take("]")
            return
        while True:
            yield None
            if self.kind() != ",":
                break
            self._take(",")
        self._take("]")

    def text(self) -> str:
        """Return the string that comes next; it may have `MAX_TEXT` bytes."""
        self._take('"', stay=True)
        start = self._at
        at = start + 1
        while True:
            found = _STRING_END.search(self._window, at)
            if found is None or (found[0] == b"\\" and found.end() == len(self._window)):
                at = len(self._window) if found is None else found.start()
                if at - start > MAX_TEXT or not self._more(keep=start):
                    raise self._wrong("a string is too long or does not end")
                at, start = at - start, 0
            elif found[0] == b"\\":
                at = found.end() + 1
            else:
                self._at = found.end()
                break
        raw = self._window[start : self._at]
        if len(raw) > MAX_TEXT:
            raise self._wrong("a string is too long")
        try:
            return _text.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._wrong(f"a string cannot be read ({error})") from error

    def span(self) -> Span:
        """Pass over the string that comes next, however long, and return where it is."""
        self._take('"')
        start, escapes = self._base + self._at, 0
        while True:
            found = _STRING_END.search(self._window, self._at)
            if found is None:
                self._at = len(self._window)
                if not self._more():
                    raise self._wrong("a string does not end")
            elif found[0] == b"\\":
                escapes += 1
                self._at = found.end()
                if self._at == len(self._window) and not self._more():
                    raise self._wrong("a string does not end")
                self._at += 1
            else:
                self._at = found.end()
                return Span(start, self._base + found.start(), escapes)

    def skip(self) -> None:
        """Pass over the value that comes next, whatever it is."""
        kind = self.kind()
        if kind == '"':
            self.span()
        elif kind in "{[" and kind:
            self._skip_nested()
        else:
            start = self._base + self._at
            while True:
                self._at = _PLAIN.match(self._window, self._at).end()  # type: ignore[union-attr]
                if self._at < len(self._window) or not self._more():
                    break
            if self._base + self._at == start:
                raise self._wrong("a value is missing")

    def _skip_nested(self) -> None:
        depth = 0
        while True:
            found = _MARK.search(self._window, self._at)
            if found is None:
                self._at = len(self._window)
                if not self._more():
                    raise self._wrong("the document ends in the middle")
                continue
            if found[0] == b'"':
                self._at = found.start()
                self.span()
                continue
            self._at = found.end()
            depth += 1 if found[0] in b"{[" else -1
            if not depth:
                return

    def _take(self, mark: str, *, stay: bool = False) -> None:
        found = self.kind()
        if found != mark:
            said = (
                f"{found!r} stands where {mark!r} should be" if found else "the document ends in the middle"
            )
            raise self._wrong(said)
        if not stay:
            self._at += 1

    def _more(self, keep: int | None = None) -> bool:
        """Read on; what lies before `keep` (else before the place where we stand) is forgotten. Says whether there was more."""
        start = self._at if keep is None else keep
        self._file.seek(self._base + len(self._window))
        block = self._file.read(BLOCK)
        self._window = self._window[start:] + block
        self._base += start
        self._at -= start
        return bool(block)

    def _wrong(self, said: str) -> ParseError:
        return ParseError("malformed", said, f"byte {self._base + self._at}")
