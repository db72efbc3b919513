"""Which deleted file is which new one, by what most lines of both texts say. PURE."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

MOST = 400
"""Files on either side that are worth looking at."""
LIKE = 0.6
"""A file was renamed when at least so much of the longer text is in both."""
RARE = 8
"""A line that stands in more deleted files than this tells nothing about which of them was renamed."""


def renamed(gone: Mapping[str, bytes], new: Mapping[str, bytes]) -> dict[str, str]:
    """Return path of a new file -> path of the deleted one that it was, by their texts. The most alike go first, each file once."""
    holders: dict[bytes, list[str]] = defaultdict(list)
    sizes: dict[str, int] = {}
    for path, text in gone.items():
        telling = _telling(text)
        sizes[path] = len(telling)
        for line in telling:
            holders[line].append(path)
    scores: list[tuple[float, str, str]] = []
    for path, text in new.items():
        telling = _telling(text)
        near = (holders.get(line, ()) for line in telling)
        shared = Counter(old for olds in near if len(olds) <= RARE for old in olds)
        for old, count in shared.items():
            likeness = count / max(len(telling), sizes[old])
            if likeness >= LIKE:
                scores.append((-likeness, path, old))
    found: dict[str, str] = {}
    taken: set[str] = set()
    for _, path, old in sorted(scores):
        if path not in found and old not in taken:
            found[path] = old
            taken.add(old)
    return found


def _telling(text: bytes) -> set[bytes]:
    """Return the lines of a text that say something: not blank, not a lone bracket."""
    return {line for line in (line.strip() for line in text.split(b"\n")) if len(line) > 3}
