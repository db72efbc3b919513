"""Source texts by git blob id, as pages need them."""

from __future__ import annotations

from dataclasses import dataclass

from covdash.sources.highlight import VERSION
from covdash.sources.models import SourceObject
from covdash.sources.store import unpack
from covdash.sources.text import lines_of, unpack_lines


@dataclass(frozen=True, slots=True)
class SourceText:
    """A text: plain `lines`, `highlighted` ones (safe HTML) when they were made, and whether making them is still to be asked for."""

    lines: tuple[str, ...]
    highlighted: tuple[str, ...] | None
    pending: bool


def get(*, project_id: int, blob: bytes) -> SourceText | None:
    """Return the text of a blob, or None when it was never sent. One SQL statement. Raises `zlib.error` or `CodecError` for damage."""
    stored = SourceObject.objects.filter(project_id=project_id, blob=blob)
    row = stored.values_list("data", "highlighted", "highlighter").first()
    if row is None:
        return None
    data, highlighted, highlighter = row
    lines = lines_of(unpack(bytes(data)))
    is_current = highlighter.startswith(VERSION)
    marked = unpack_lines(bytes(highlighted)) if is_current and highlighted is not None else None
    if marked is not None and len(marked) != len(lines):
        marked = None
    return SourceText(lines, marked, pending=not is_current)
