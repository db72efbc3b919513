"""Source texts by git blob id, as pages need them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from covdash.sources.highlight import VERSION
from covdash.sources.models import SourceObject
from covdash.sources.store import unpack
from covdash.sources.text import lines_of, unpack_lines


@dataclass(frozen=True, slots=True)
class SourceText:
    """A text: plain `lines`, `highlighted` ones (safe HTML) when they were made, and whether making them is still to be asked for.

    `data` are its bytes.
    """

    lines: tuple[str, ...]
    highlighted: tuple[str, ...] | None
    pending: bool
    data: bytes = field(default=b"", compare=False, repr=False)


def get(*, project_id: int, blob: bytes) -> SourceText | None:
    """Return the text of a blob, or None when it was never sent. One SQL statement. Raises `zlib.error` or `CodecError` for damage."""
    return get_each(project_id=project_id, blobs=(blob,)).get(blob)


def get_each(*, project_id: int, blobs: Iterable[bytes]) -> dict[bytes, SourceText]:
    """Return the texts among `blobs` that were sent. One SQL statement, none for no blobs. Raises like `get`."""
    stored = SourceObject.objects.filter(project_id=project_id, blob__in=[blob for blob in blobs if blob])
    return {
        bytes(blob): _text(unpack(bytes(data)), highlighted, highlighter)
        for blob, data, highlighted, highlighter in stored.values_list(
            "blob", "data", "highlighted", "highlighter"
        )
    }


def _text(data: bytes, highlighted: bytes | memoryview | None, highlighter: str) -> SourceText:
    lines = lines_of(data)
    is_current = highlighter.startswith(VERSION)
    marked = unpack_lines(bytes(highlighted)) if is_current and highlighted is not None else None
    if marked is not None and len(marked) != len(lines):
        marked = None
    return SourceText(lines, marked, not is_current, data)
