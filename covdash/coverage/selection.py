"""A tree cut down to the files that patterns mean. PURE: what is taken as a whole or not at all is not opened."""

from __future__ import annotations

from covdash.coverage.globs import Patterns
from covdash.coverage.report import UNPLACED
from covdash.coverage.tree import DIRECTORY, Entry, Load, Tree, directory


def selected(root: Entry, patterns: Patterns, *, load: Load) -> Tree:
    """Return the tree of the files below `root` that `patterns` mean; directories that lose all their files are gone.

    What a report counts but places in no file is left out: it lies in no path.
    """
    nodes: dict[bytes, bytes] = {}
    opened: list[tuple[str, Entry]] = []
    kept: dict[str, list[Entry | str]] = {}
    level: list[tuple[str, Entry, Patterns]] = [("", root, patterns)]
    while level:
        found = load([entry.digest for _, entry, _ in level])
        deeper: list[tuple[str, Entry, Patterns]] = []
        for path, entry, rules in level:
            opened.append((path, entry))
            mine: list[Entry | str] = []
            for child in found[entry.digest]:
                place = f"{path}/{child.name}" if path else child.name
                if child.kind != DIRECTORY:
                    if child.name != UNPLACED and rules.matches(place):
                        mine.append(child)
                    continue
                below = rules.under(place)
                if below is True:
                    mine.append(child)
                elif below is not False:
                    mine.append(place)
                    deeper.append((place, child, below))
            kept[path] = mine
        level = deeper
    made: dict[str, Entry | None] = {}
    for path, entry in reversed(opened):  # the deepest were opened last
        inside = [child if isinstance(child, Entry) else made[child] for child in kept[path]]
        entries = [child for child in inside if child is not None]
        made[path] = directory(entry.name, entries, nodes) if entries or not path else None
    top = made[""]
    assert top is not None
    return Tree(top, nodes)
