"""Limited Markdown of notes: paragraphs, lists, bold, code and addresses; nothing else means anything. PURE.

The result is a structure of plain texts; the template writes the tags and escapes every text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SPAN = re.compile(
    r"`(?P<code>[^`\n]{1,400})`|\*\*(?P<bold>[^*\n]{1,400})\*\*|(?P<link>https?://[^\s<>\"'`*]{1,1000}[^\s<>\"'`*.,;:!?)])"
)
_ITEM = re.compile(r"\s{0,3}[-*] +(.*)")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line; `kind` is text, bold, code or link."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or a list when `is_list`; each of its lines is a sequence of spans."""

    is_list: bool
    lines: tuple[tuple[Span, ...], ...]


def blocks(text: str) -> tuple[Block, ...]:
    """Return the blocks of a text; a blank line ends one, and so does the change between list and paragraph."""
    found: list[Block] = []
    lines: list[tuple[Span, ...]] = []
    inside = False

    def close() -> None:
        if lines:
            found.append(Block(inside, tuple(lines)))
            lines.clear()

    for raw in text.splitlines():
        item = _ITEM.fullmatch(raw)
        if not raw.strip() or bool(item) != inside:
            close()
            inside = bool(item)
        if raw.strip():
            lines.append(spans(item[1] if item else raw.strip()))
    close()
    return tuple(found)


def plain(text: str) -> str:
    """Return the first line of a text without its marks, "" for none."""
    found = blocks(text)
    return "".join(span.text for span in found[0].lines[0]) if found else ""


def spans(line: str) -> tuple[Span, ...]:
    """Return the pieces of a line."""
    found: list[Span] = []
    at = 0
    for match in _SPAN.finditer(line):
        if match.start() > at:
            found.append(Span("text", line[at : match.start()]))
        kind = match.lastgroup or "text"
        found.append(Span(kind, match[kind] if match.lastgroup else match[0]))
        at = match.end()
    if at < len(line):
        found.append(Span("text", line[at:]))
    return tuple(found)
