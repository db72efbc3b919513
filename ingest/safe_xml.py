"""XML from outside, streamed through expat without DTDs, entities or unbounded tokens. PURE; knows no format.

A format gives tables of handlers by element name; what it does not name costs next to nothing. expat holds one token at a time,
so memory is bounded by the longest token, which is bounded here.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NoReturn, cast
from xml.parsers import expat

from covdash.coverage.building import Warnings
from ingest.parsing import ParseError

MAX_DEPTH = 200
MAX_ATTRIBUTES = 256
MAX_ATTRIBUTE = 64 * 1024
MAX_TEXT = 1024 * 1024
MAX_LAG = 1024 * 1024
"""Bytes of one unfinished token. Old versions of expat scan an unfinished token again for every block they are fed."""
_FEED = 64 * 1024
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
    parser = _parser(handlers)
    skipped = 0

    def skip(_name: str, _is_parameter: bool) -> None:  # noqa: FBT001 - expat's signature
        nonlocal skipped
        skipped += 1

    parser.SkippedEntityHandler = skip
    fed, block = 0, b""
    try:
        for block in _blocks(chunks):
            parser.Parse(block, False)
            fed += len(block)
            if fed - max(parser.CurrentByteIndex, 0) > MAX_LAG:
                _too_long(fed)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise _refusal(error, parser, block, fed) from error
    except (LookupError, UnicodeError) as error:
        raise ParseError("bad_encoding", f"{_BAD_BYTES} ({error})", _place(parser)) from error
    except ParseError as error:
        raise ParseError(error.code, error.message, error.where or _place(parser)) from error
    if skipped:
        warnings.add("bad_record", "entities that only the external DTD defines were left out", skipped)


def peek(head: bytes) -> tuple[str, dict[str, str], str]:
    """Return the root element, its attributes, and the first child ("" if none), from the first bytes of a document."""
    seen: list[str] = []
    root: dict[str, str] = {}
    parser = _parser(Handlers({}))
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
            raise _refusal(error, parser, head, 0) from error
    except (LookupError, UnicodeError) as error:
        raise ParseError("bad_encoding", f"{_BAD_BYTES} ({error})", _place(parser)) from error
    except ParseError as error:
        raise ParseError(error.code, error.message, error.where or _place(parser)) from error
    return (seen[0] if seen else ""), root, (seen[1] if len(seen) > 1 else "")


def _parser(handlers: Handlers) -> expat.XMLParserType:
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
    return parser


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


def _blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut into blocks that expat gets at a time."""
    for chunk in chunks:
        if len(chunk) <= _FEED:
            yield chunk
        else:
            for at in range(0, len(chunk), _FEED):
                yield chunk[at : at + _FEED]


def _place(parser: expat.XMLParserType) -> str:
    return f"line {parser.CurrentLineNumber}, column {parser.CurrentColumnNumber + 1}"


def _refusal(error: expat.ExpatError, parser: expat.XMLParserType, block: bytes, fed: int) -> ParseError:
    """Say what expat found wrong; bytes that are not in the declared encoding look to it like a wrong token."""
    where = f"line {error.lineno}, column {error.offset + 1}"
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
