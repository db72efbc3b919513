"""Keeping highlighted text beside its source: what the task does."""

from __future__ import annotations

from covdash.sources.highlight import VERSION, highlight
from covdash.sources.models import SourceObject
from covdash.sources.store import unpack
from covdash.sources.text import lines_of, pack_lines


def mark(*, project_id: int, blob: bytes, path: str) -> bool:
    """Highlight a stored text once; whether it was done now. A second call, and one for an unknown blob, change nothing.

    The attempt is written down first, so that a text on which the lexer dies is not tried again by this version.
    """
    stored = SourceObject.objects.filter(project_id=project_id, blob=blob)
    waiting = stored.exclude(highlighter__startswith=VERSION)
    if not waiting.update(highlighter=f"{VERSION} tried", highlighted=None):
        return False
    data = stored.values_list("data", flat=True).first()
    if data is None:
        return False
    marked = highlight(lines_of(unpack(bytes(data))), path)
    if marked is None:
        stored.update(highlighter=f"{VERSION} plain")
        return False
    stored.update(highlighter=f"{VERSION} done", highlighted=pack_lines(marked))
    return True
