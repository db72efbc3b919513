"""Words, links and tables as Markdown. PURE.

Names, messages and paths are those of strangers: every character that Markdown or HTML would read is written so that it is only seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~>-])")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;"})


def plain(text: str) -> str:
    """Return `text` so that Markdown shows it as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()).translate(_ENTITIES))


def heading(title: str) -> tuple[str, str, str]:
    """Return the lines of a heading of a part."""
    return "", f"## {title}", ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table; cells are Markdown already."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def link(text: str, address: str) -> str:
    """Return a link; `text` is Markdown already."""
    return f"[{text}](<{address.replace('>', '%3E').replace('<', '%3C')}>)"
