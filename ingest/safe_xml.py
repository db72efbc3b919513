"""XML from outside, streamed through expat without DTDs, entities or unbounded tokens. PURE; knows no format.

A format gives tables of handlers by element name; what it does not name costs next to nothing. expat holds one token at a time,
so memory is bounded by the longest token, which is bounded here. Rows (`xml_rows`) are taken out before expat sees them.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import NoReturn, cast
from xml.parsers import expat

from covdash.coverage.report_warnings import Warnings
from ingest.parsing import ParseError
from ingest.xml_rows import Rows, scan

MAX_DEPTH = 200
MAX_ATTRIBUTES = 256
MAX_ATTRIBUTE = 64 * 1024
MAX_TEXT = 1024 * 1024
MAX_LAG = 1024 * 1024
"""Bytes of one unfinished token. Old versions of expat scan an unfinished token again for every block they are fed."""
_FEED = 64 * 1024
_SCANNED = 1024 * 1024
"""Bytes that are searched for rows at a time."""
_ASCII_BASED = {"utf-8", "us-ascii", "ascii", "iso-8859-1", "latin-1", "windows-1252"}
_BAD_BYTES = "the text is not in the encoding that the file declares; write the report as UTF-8"

Start = Callable[[list[str]], object]
"""Called with the attributes of an element as a flat list: name, value, name, value, ..."""
End = Callable[[], object]
Text = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Handlers:
    """What to call at the start and the end of an element, and with the whole text of an element that holds no others."""

    starts: Mapping[str, Start]
    ends: Mapping[str, End] = field(default_factory=dict)
    texts: Mapping[str, Text] = field(default_factory=dict)
    rows: Mapping[str, Rows] = field(default_factory=dict)
    """Elements of `starts` that may also come by columns, where they stand in long runs."""


def attributes(flat: list[str]) -> dict[str, str]:
    """Return the flat attribute list of a `Start` handler as a dictionary. Raises `ParseError` for a value over 64 KiB."""
    found = dict(zip(flat[::2], flat[1::2], strict=True))
    for name, value in found.items():
        if len(value) > MAX_ATTRIBUTE:
            raise ParseError(
                "too_large",
                f"the value of the attribute {name[:100]!r} is longer than {MAX_ATTRIBUTE} characters",
            )
    return found


def parse(chunks: Iterable[bytes], handlers: Handlers, warnings: Warnings) -> None:
    """Feed a whole document to `handlers`. Raises `ParseError`: forbidden_xml, too_deep, too_large, bad_encoding, malformed."""
    skipped = 0

    def skip(_name: str, _is_parameter: bool) -> None:  # noqa: FBT001 - expat's signature
        nonlocal skipped
        skipped += 1

    feed = _Feed(handlers)
    feed.parser.SkippedEntityHandler = skip
    try:
        for block in _blocks(chunks, _SCANNED if handlers.rows else _FEED):
            feed.block(block)
        feed.end()
    except expat.ExpatError as error:
        raise _refusal(error, feed.parser, feed.last, feed.fed, feed.place(error)) from error
    except (LookupError, UnicodeError) as error:
        raise ParseError("bad_encoding", f"{_BAD_BYTES} ({error})", feed.place()) from error
    except ParseError as error:
        raise ParseError(error.code, error.message, error.where or feed.place()) from error
    if skipped:
        warnings.add("bad_record", "entities that only the external DTD defines were left out", skipped)


def peek(head: bytes) -> tuple[str, dict[str, str], str]:
    """Return the root element, its attributes, and the first child ("" if none), from the first bytes of a document."""
    seen: list[str] = []
    root: dict[str, str] = {}
    parser, _ = _parser(Handlers({}))
    count = cast("Callable[[str, list[str]], None]", parser.StartElementHandler)

    def start(name: str, flat: list[str]) -> None:
        count(name, flat)
        if not seen:
            root.update(attributes(flat))
        if len(seen) < 2:
            seen.append(name)

    parser.StartElementHandler = start
    try:
        parser.Parse(head, False)
    except expat.ExpatError as error:
        if not seen:  # else the format that reads the document will say what is wrong
            where = f"line {error.lineno}, column {error.offset + 1}"
            raise _refusal(error, parser, head, 0, where) from error
    except (LookupError, UnicodeError) as error:
        raise ParseError("bad_encoding", f"{_BAD_BYTES} ({error})", _place(parser)) from error
    except ParseError as error:
        raise ParseError(error.code, error.message, error.where or _place(parser)) from error
    return (seen[0] if seen else ""), root, (seen[1] if len(seen) > 1 else "")


class _Feed:
    """Feeds expat, and the runs of rows to their handlers instead; `last` is what expat got last, after `fed` bytes."""

    def __init__(self, handlers: Handlers) -> None:
        self.parser, self.depth = _parser(handlers)
        self.rows = handlers.rows
        self.fed, self.last, self.rest = 0, b"", b""
        self.plain = bool(handlers.rows)
        self.in_cdata = False
        self.lines, self.column = 0, 0
        self.hidden = 0
        self.hole: tuple[int, bytes, int, int, int] | None = None
        if handlers.rows:
            self.parser.StartCdataSectionHandler = partial(setattr, self, "in_cdata", True)
            self.parser.EndCdataSectionHandler = partial(setattr, self, "in_cdata", False)
            self.parser.XmlDeclHandler = self._declared

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        self.plain = encoding is None or encoding.lower() in _ASCII_BASED

    def block(self, data: bytes) -> None:
        """Read the next bytes of the document."""
        if not self.plain:
            self._plain(data)
            return
        data = self.rest + data
        end = data.rfind(b">") + 1
        self.rest = data[end:]
        if len(self.rest) > MAX_LAG:
            end, self.rest = len(data), b""
        at = 0
        if self._in_content():
            for run in scan(data[:end], self.rows):
                self._plain(data[at : run.start])
                if not self._in_content():
                    at = run.start
                    continue
                at = run.end
                self.hidden += data.count(b"\n", run.start, at)
                self.hole = self.fed, data, at, self.lines, self.column
                for handler, names, columns in run.parts:
                    handler(names, columns)
        self._plain(data[at:end])
        self.lines += data.count(b"\n", 0, end)
        self.column = _column(data, end, self.column)

    def end(self) -> None:
        """Read the end of the document."""
        self._plain(self.rest)
        self.parser.Parse(b"", True)

    def place(self, error: expat.ExpatError | None = None) -> str:
        """Say where expat is, or the error; what was hidden from it counts."""
        parser = self.parser
        line, column, at = parser.CurrentLineNumber, parser.CurrentColumnNumber, parser.CurrentByteIndex
        if error is not None:
            line, column, at = error.lineno, error.offset, parser.ErrorByteIndex
        if self.hole is not None:
            fed, data, end, lines, before = self.hole
            if line == lines + data.count(b"\n", 0, end) - self.hidden + 1:
                between = data[end : end + at - fed].decode(errors="replace")
                column = _column(data, end, before) + len(between)
        return f"line {line + self.hidden}, column {column + 1}"

    def _in_content(self) -> bool:
        """Tell whether expat has read all it got and stands between the tags of an element whose text nobody wants."""
        return (
            self.plain
            and 0 < self.depth() < MAX_DEPTH
            and not self.in_cdata
            and self.parser.CharacterDataHandler is None
            and self.parser.CurrentByteIndex == self.fed
        )

    def _plain(self, data: bytes) -> None:
        for at in range(0, len(data), _FEED):
            self.last = data[at : at + _FEED]
            self.parser.Parse(self.last, False)
            self.fed += len(self.last)
        if self.fed - max(self.parser.CurrentByteIndex, 0) > MAX_LAG:
            _too_long(self.fed)


def _column(data: bytes, end: int, before: int) -> int:
    """Return how many bytes of its line stand before `end`, given how many stand before `data`."""
    newline = data.rfind(b"\n", 0, end)
    return end - newline - 1 if newline >= 0 else before + end


def _parser(handlers: Handlers) -> tuple[expat.XMLParserType, Callable[[], int]]:
    """Return a parser, and a function that tells how deep it is."""
    parser = expat.ParserCreate(namespace_separator=None)
    parser.buffer_text = True
    parser.ordered_attributes = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    for event in (
        "EntityDecl",
        "UnparsedEntityDecl",
        "ExternalEntityRef",
        "NotationDecl",
        "ElementDecl",
        "AttlistDecl",
    ):
        setattr(parser, f"{event}Handler", _forbid)
    starts: dict[str, Start] = dict(handlers.starts)
    ends: dict[str, End] = dict(handlers.ends)
    for name, handler in handlers.texts.items():
        _collect(parser, name, handler, starts, ends)
    before, after = starts.get, ends.get
    depth, deepest, longest = 0, MAX_DEPTH, 2 * MAX_ATTRIBUTES

    def start(name: str, flat: list[str]) -> None:
        nonlocal depth
        depth += 1
        if depth > deepest or len(flat) > longest:
            _too_much(depth)
        handler = before(name)
        if handler is not None:
            handler(flat)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        handler = after(name)
        if handler is not None:
            handler()

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    return parser, lambda: depth


def _collect(
    parser: expat.XMLParserType, name: str, done: Text, starts: dict[str, Start], ends: dict[str, End]
) -> None:
    """Make the handlers of an element `name` whose text is wanted."""
    parts: list[str] = []

    def collect(data: str) -> None:
        parts.append(data)
        if sum(map(len, parts)) > MAX_TEXT:
            raise ParseError("too_large", f"the text of an element is longer than {MAX_TEXT} characters")

    def start(_flat: list[str]) -> None:
        parts.clear()
        parser.CharacterDataHandler = collect

    def end() -> None:
        parser.CharacterDataHandler = None
        done("".join(parts))

    starts[name], ends[name] = start, end


def _too_much(depth: int) -> NoReturn:
    if depth > MAX_DEPTH:
        raise ParseError("too_deep", f"elements are nested more than {MAX_DEPTH} deep; no coverage report is")
    raise ParseError("too_large", f"an element has more than {MAX_ATTRIBUTES} attributes")


def _too_long(fed: int) -> NoReturn:
    raise ParseError("too_large", f"a single tag or comment is longer than {MAX_LAG} bytes", f"byte {fed}")


def _forbid(*_details: object) -> NoReturn:
    raise ParseError(
        "forbidden_xml",
        "the document declares entities, elements or attributes in its DTD; remove the declarations inside <!DOCTYPE ... [...]>",
    )


def _blocks(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Cut into blocks of at most `size`; the first one is small: declarations stand there, which no one scans."""
    chunks = iter(chunks)
    first = next(chunks, b"")
    yield first[:_FEED]
    for chunk in chain((first[_FEED:],), chunks):
        if len(chunk) <= size:
            yield chunk
        else:
            for at in range(0, len(chunk), size):
                yield chunk[at : at + size]


def _place(parser: expat.XMLParserType) -> str:
    return f"line {parser.CurrentLineNumber}, column {parser.CurrentColumnNumber + 1}"


def _refusal(
    error: expat.ExpatError, parser: expat.XMLParserType, block: bytes, fed: int, where: str
) -> ParseError:
    """Say what expat found wrong; bytes that are not in the declared encoding look to it like a wrong token."""
    reason = expat.ErrorString(error.code) or "not well-formed"
    if reason == expat.errors.XML_ERROR_UNKNOWN_ENCODING:
        return ParseError(
            "bad_encoding",
            "the file declares an encoding that is not known; write the report as UTF-8",
            where,
        )
    at = parser.ErrorByteIndex - fed
    if (
        reason == expat.errors.XML_ERROR_INVALID_TOKEN
        and 0 <= at < len(block)
        and _is_not_utf8(block[at : at + 4])
    ):
        return ParseError("bad_encoding", _BAD_BYTES, where)
    if reason in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    ):
        return ParseError(
            "malformed",
            "the XML ends in the middle of an element: the file was cut off; send it again whole",
            where,
        )
    return ParseError("malformed", f"the XML is not well-formed: {reason}", where)


def _is_not_utf8(data: bytes) -> bool:
    if re.match(rb"[\x80-\xff]", data) is None:
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return True
    return False
