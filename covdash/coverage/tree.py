"""The Merkle directory: a report as a tree of nodes, each named by the digest of what it holds.

Equal trees are equal in one comparison, and comparing or merging skips whatever is equal. Nothing here reads storage: the caller
hands in `load`, which returns the entries of many nodes at once, so that a level costs one query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from covdash.coverage.codec import CodecError, digest_of
from covdash.coverage.report import UNPLACED
from covdash.coverage.totals import Totals, add_up

DIRECTORY, FILE = 0, 1


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One name in a directory.

    `digest` names a node (`kind` DIRECTORY) or a coverage object (FILE; empty when no report mentions the file); `source` is the git
    blob id of the text (20 or 32 bytes; empty when the text is not known). `totals` are those of everything below.
    """

    name: str
    kind: int
    digest: bytes
    source: bytes
    totals: Totals

    @property
    def key(self) -> tuple[str, int]:
        """Identity inside a directory: a file and a directory may share a name."""
        return (self.name, self.kind)


Load = Callable[[list[bytes]], Mapping[bytes, tuple[Entry, ...]]]
"""Return the entries of every digest asked for; a digest that is not stored raises `KeyError`."""

_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(tuple[Entry, ...])


def encode_node(entries: Iterable[Entry]) -> bytes:
    """Return the canonical payload of a directory: its entries sorted by (name, kind)."""
    return _encode(sorted(entries, key=lambda entry: entry.key))


def decode_node(payload: bytes) -> tuple[Entry, ...]:
    """Rebuild the entries of a directory. Raises `CodecError`."""
    try:
        return _decoder.decode(payload)
    except msgspec.DecodeError as error:
        raise CodecError(f"damaged tree node: {error}") from error


def file_entry(name: str, digest: bytes, source: bytes, totals: Totals) -> Entry:
    """Return the entry of a file; without coverage it counts as one unmeasured file, and the unplaced rest as no file."""
    if not digest:
        totals = Totals(unmeasured=1)
    elif name == UNPLACED:
        totals = Totals(counts=totals.counts)
    return Entry(name, FILE, digest, source, totals)


@dataclass(slots=True)
class Tree:
    """A tree under a root entry, with the payloads of the nodes that were built for it (not of subtrees taken over)."""

    root: Entry
    nodes: dict[bytes, bytes] = field(default_factory=dict)

    def entries(self, digest: bytes) -> tuple[Entry, ...]:
        """Return the entries of a node that was built here. Raises `KeyError`."""
        return decode_node(self.nodes[digest])


def directory(name: str, entries: Iterable[Entry], nodes: dict[bytes, bytes]) -> Entry:
    """Make the entry of a directory of `entries`, and put its payload into `nodes`."""
    entries = list(entries)
    payload = encode_node(entries)
    digest = digest_of(payload)
    nodes[digest] = payload
    return Entry(name, DIRECTORY, digest, b"", add_up(entry.totals for entry in entries))


def build(files: Mapping[str, Entry]) -> Tree:
    """Build the tree of `files`: POSIX path -> file entry (its name is the last segment of the path)."""
    branches: dict[str, dict[tuple[str, int], Entry]] = {"": {}}
    for path, entry in files.items():
        parent = path.rpartition("/")[0]
        branches.setdefault(parent, {})[entry.key] = entry
        while parent:
            parent = parent.rpartition("/")[0]
            if parent in branches:
                break
            branches[parent] = {}
    tree = Tree(Entry("", DIRECTORY, b"", b"", Totals()))
    for path in sorted(branches, key=lambda name: (-name.count("/") if name else 1, name)):
        head, _, name = path.rpartition("/")
        entry = directory(name, branches[path].values(), tree.nodes)
        if path:
            branches[head][entry.key] = entry
        else:
            tree.root = entry
    return tree


def walk(load: Load, root: bytes, under: str = "") -> Iterator[tuple[str, Entry]]:
    """Yield (path, file entry) of every file below the node `root`, level by level; `under` is the path of `root`."""
    level = [(under, root)]
    while level:
        found = load([digest for _, digest in level])
        deeper: list[tuple[str, bytes]] = []
        for prefix, digest in level:
            for entry in found[digest]:
                path = f"{prefix}/{entry.name}" if prefix else entry.name
                if entry.kind == FILE:
                    yield path, entry
                else:
                    deeper.append((path, entry.digest))
        level = deeper


def find(load: Load, root: Entry, path: str) -> Entry | None:
    """Return the entry at `path` (the root for an empty path; a trailing slash asks for a directory), or None."""
    here = root
    parts = [part for part in path.split("/") if part]
    for depth, part in enumerate(parts):
        named = [entry for entry in load([here.digest])[here.digest] if entry.name == part]
        last = depth == len(parts) - 1
        wanted = FILE if last and not path.endswith("/") else DIRECTORY
        exact = [entry for entry in named if entry.kind == wanted] or (named if last else [])
        if not exact or (exact[0].kind != DIRECTORY and not last):
            return None
        here = exact[0]
    return here


def find_in_all(load: Load, roots: Sequence[bytes], path: str) -> list[Entry | None]:
    """Return the entry at `path` below each of the nodes `roots`, as `find_each` does."""
    return find_each(load, [(root, path) for root in roots])


def find_each(load: Load, wanted: Sequence[tuple[bytes, str]]) -> list[Entry | None]:
    """Return the entry at each (root node, path); all go down a level together, in one call of `load`.

    A path with a slash at its end is that of a directory, any other one that of a file.
    """
    parts = [path.removesuffix("/").split("/") for _, path in wanted]
    kinds = [DIRECTORY if path.endswith("/") else FILE for _, path in wanted]
    here: list[bytes | None] = [root for root, _ in wanted]
    found: list[Entry | None] = [None] * len(wanted)
    for depth in range(max(map(len, parts), default=0)):
        nodes = load(sorted({digest for digest in here if digest}))
        named = {digest: {entry.key: entry for entry in entries} for digest, entries in nodes.items()}
        for place, digest in enumerate(here):
            if digest is None:
                continue
            is_last = depth == len(parts[place]) - 1
            entry = named[digest].get((parts[place][depth], kinds[place] if is_last else DIRECTORY))
            found[place] = entry if is_last else None
            here[place] = entry.digest if entry and not is_last else None
    return found


def heaviest(
    load: Load,
    root: Entry,
    weight: Callable[[Totals], int],
    *,
    limit: int,
    at_once: int = 64,
    within: Callable[[str], bool] | None = None,
) -> list[tuple[str, Entry]]:
    """Return (path, entry) of the `limit` files of greatest `weight`, the greatest first; a file that weighs nothing is left out.

    A directory must weigh at least what any file below it does, as missed lines do: then only directories that may hold one of the
    files are loaded, `at_once` in a round, the heaviest first. `within` says which files are meant; of a path with a slash at its
    end, whether a file below that directory may be.
    """
    found: list[tuple[int, str, Entry]] = []
    ahead = [(weight(root.totals), "", root.digest)]
    while ahead:
        floor = -found[limit - 1][0] if len(found) >= limit else 0
        ahead = sorted((item for item in ahead if item[0] > floor), key=lambda item: (-item[0], item[1]))
        batch, ahead = ahead[:at_once], ahead[at_once:]
        if not batch:
            break
        nodes = load([digest for _, _, digest in batch])
        for _, prefix, digest in batch:
            for entry in nodes[digest]:
                path = f"{prefix}/{entry.name}" if prefix else entry.name
                heavy = weight(entry.totals)
                if entry.kind == DIRECTORY:
                    if within is None or within(f"{path}/"):
                        ahead.append((heavy, path, entry.digest))
                elif heavy > 0 and entry.name != UNPLACED and (within is None or within(path)):
                    found.append((-heavy, path, entry))
        found.sort(key=lambda item: item[:2])
        del found[limit:]
    return [(path, entry) for _, path, entry in found]


def changes(load: Load, old: Entry | None, new: Entry) -> Iterator[tuple[str, Entry | None, Entry | None]]:
    """Yield (path, old entry, new entry) wherever two trees differ, directories included, equal subtrees skipped.

    Paths of directories end with a slash; the root is the empty path.
    """
    level: list[tuple[str, Entry | None, Entry | None]] = [("", old, new)]
    while level:
        level = [pair for pair in level if pair[1] != pair[2]]
        yield from level
        opened = [pair for pair in level if any(side and side.kind == DIRECTORY for side in pair[1:])]
        wanted = {side.digest for pair in opened for side in pair[1:] if side and side.kind == DIRECTORY}
        found = load(sorted(wanted)) if wanted else {}
        level = []
        for path, before, after in opened:
            sides: list[dict[tuple[str, int], Entry]] = [
                {entry.key: entry for entry in found[side.digest]} if side and side.kind == DIRECTORY else {}
                for side in (before, after)
            ]
            for key in sorted(set(sides[0]) | set(sides[1])):
                tail = "/" if key[1] == DIRECTORY else ""
                level.append((f"{path}{key[0]}{tail}", sides[0].get(key), sides[1].get(key)))
