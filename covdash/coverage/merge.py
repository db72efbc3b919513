"""Fold the trees of several uploads into one: what is equal or known to one side only is taken over without opening it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from covdash.coverage.codec import decode, digest_of, encode
from covdash.coverage.joining import merge_many
from covdash.coverage.lines import FileCoverage
from covdash.coverage.totals import Totals
from covdash.coverage.tree import DIRECTORY, FILE, Entry, Load, Tree, directory, file_entry

LoadObjects = Callable[[list[bytes]], Mapping[bytes, bytes]]
"""Return the payload of every coverage object asked for."""
BATCH = 1000
"""Files merged at a time: bounds the memory of a fold."""
_ROOT = "/"


def fold(roots: Sequence[Entry], *, load: Load, load_objects: LoadObjects) -> tuple[Tree, dict[bytes, bytes]]:
    """Return the merged tree of `roots` and the payloads of the coverage objects that the merge made.

    The result depends on the set of roots only: order and repetition change nothing. No roots give the empty tree.
    """
    distinct = sorted({root.digest: root for root in roots}.values(), key=lambda root: root.digest)
    nodes: dict[bytes, bytes] = {}
    if not distinct:
        return Tree(directory("", (), nodes), nodes), {}
    if len(distinct) == 1:
        return Tree(distinct[0]), {}
    groups, children = _gather(distinct, load)
    objects: dict[bytes, bytes] = {}
    merged: dict[str, Entry] = {}
    clashing = [(path, group) for path, group in groups.items() if group[0].kind == FILE]
    for batch in _batches(clashing):
        wanted = sorted({entry.digest for _, group in batch for entry in group if entry.digest})
        payloads = load_objects(wanted)
        known = {path: _parts(group) for path, group in batch}
        several = [digests for digests in known.values() if len(digests) > 1]
        joined = iter(merge_many([[decode(payloads[digest]) for digest in digests] for digests in several]))
        for path, group in batch:
            merged[path] = _entry(group, next(joined) if len(known[path]) > 1 else None, objects)
    for path in reversed(children):  # made level by level, so the deepest come last
        name = groups[path][0].name
        entries = [child if isinstance(child, Entry) else merged[child] for child in children[path]]
        merged[path] = directory(name, entries, nodes)
    return Tree(merged[_ROOT], nodes), objects


def _gather(roots: list[Entry], load: Load) -> tuple[dict[str, list[Entry]], dict[str, list[Entry | str]]]:
    """Open level by level whatever differs. Return the groups to merge by path, and the children of every opened directory.

    A child is an entry that is taken over as it is, or the path of a group. Directory paths end with a slash.
    """
    groups: dict[str, list[Entry]] = {_ROOT: roots}
    children: dict[str, list[Entry | str]] = {}
    level = [_ROOT]
    while level:
        found = load(sorted({entry.digest for path in level for entry in groups[path]}))
        deeper: list[str] = []
        for path in level:
            by_key: dict[tuple[str, int], dict[tuple[bytes, bytes], Entry]] = {}
            for entry in groups[path]:
                for child in found[entry.digest]:
                    by_key.setdefault(child.key, {})[child.digest, child.source] = child
            children[path] = []
            for (name, kind), variants in sorted(by_key.items()):
                if len(variants) == 1:
                    children[path].extend(variants.values())
                    continue
                below = f"{path.removeprefix(_ROOT)}{name}{'/' if kind == DIRECTORY else ''}"
                groups[below] = [variants[key] for key in sorted(variants)]
                children[path].append(below)
                if kind == DIRECTORY:
                    deeper.append(below)
        level = deeper
    return groups, children


def _parts(group: list[Entry]) -> list[bytes]:
    """Return the digests of the coverage objects of a file, each once."""
    return sorted({entry.digest for entry in group if entry.digest})


def _entry(group: list[Entry], merged: FileCoverage | None, objects: dict[bytes, bytes]) -> Entry:
    """Return the entry of a file with its merged coverage; None where the group has one coverage object at most."""
    name = group[0].name
    source = max(entry.source for entry in group)
    if merged is None:
        known = next((entry for entry in group if entry.digest), None)
        return file_entry(name, known.digest if known else b"", source, known.totals if known else Totals())
    payload = encode(merged)
    digest = digest_of(payload)
    objects[digest] = payload
    return file_entry(name, digest, source, merged.totals())


def _batches(items: list[tuple[str, list[Entry]]]) -> Iterator[list[tuple[str, list[Entry]]]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
