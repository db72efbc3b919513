"""Files that were renamed and changed at once, found by their texts."""

from __future__ import annotations

from collections.abc import Mapping

from covdash.coverage import likeness
from covdash.sources import store

LONGEST = 128 * 1024
"""A longer text is not looked at: all of both sides are in memory together."""


def renamed(*, project_id: int, gone: Mapping[str, bytes], new: Mapping[str, bytes]) -> dict[str, str]:
    """Return path of a new file -> path of the deleted one that it was. `gone` and `new` are path -> blob id, all of them known.

    One SQL statement, none where nothing was deleted or nothing is new. Of each side the first `likeness.MOST` are looked at.
    """
    if not gone or not new:
        return {}
    sides = [dict(sorted(side.items())[: likeness.MOST]) for side in (gone, new)]
    blobs = {blob for side in sides for blob in side.values()}
    texts = store.get(project_id=project_id, blobs=blobs, longest=LONGEST)
    old, added = ({path: texts[blob] for path, blob in side.items() if blob in texts} for side in sides)
    return likeness.renamed(old, added)
