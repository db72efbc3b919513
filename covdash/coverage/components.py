"""Components: named parts of the code, cut out by ordered rules of paths. PURE.

The first rule that matches has the file, so components never overlap, and together with the rest they add up to the whole. Totals come
from one walk of the Merkle tree that opens only directories in which the rules disagree; what was counted is remembered by
(rules, path, digest of the directory), so that the next commit costs what it changed. The path belongs to it: equal directories at
two places may belong to two components.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from covdash.coverage.globs import Patterns, matcher
from covdash.coverage.report import UNPLACED
from covdash.coverage.totals import Totals, add_up
from covdash.coverage.tree import FILE, Entry, Load

Live = tuple[tuple[int, bool | Patterns], ...]
"""Rules that still have a say below a directory: (number, True for everything or the patterns that decide)."""
Shares = Mapping[int, Totals]
"""Number of a rule -> totals of what it has; rules that have nothing are not in it."""


class Memory:
    """What directories gave, bounded in entries; the least lately used go first. Safe to share between threads."""

    def __init__(self, limit: int = 50_000) -> None:
        """Start empty."""
        self._limit = limit
        self._held: OrderedDict[tuple[bytes, str, bytes], Shares] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: tuple[bytes, str, bytes]) -> Shares | None:
        """Return what is held under (rules, path, digest)."""
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
            return found

    def put(self, key: tuple[bytes, str, bytes], shares: Shares) -> None:
        """Hold what a directory gave."""
        with self._lock:
            self._held[key] = shares
            if len(self._held) > self._limit:
                self._held.popitem(last=False)


class Rules:
    """An ordered list of components with their patterns. `digest` names names, patterns and order."""

    def __init__(self, rules: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        """`rules` are (name, patterns) in order. Raises `PatternError`."""
        listed = tuple(rules)
        self.names = tuple(name for name, _ in listed)
        self.digest = hashlib.sha256(msgspec.msgpack.encode(listed)).digest()
        self.live: Live = tuple(
            (number, matcher(patterns)) for number, (_, patterns) in enumerate(listed) if patterns
        )

    @property
    def mark(self) -> str:
        """What totals made by these rules are marked with, 32 characters; "" for no rules."""
        return self.digest.hex()[:32] if self.names else ""

    def owner(self, path: str) -> str:
        """Return the component that has the file at `path`, "" for none."""
        number = owner(self.live, path)
        return "" if number is None else self.names[number]

    def owners(self, paths: Iterable[str]) -> Iterator[str]:
        """Yield what `owner` says of each path; what the rules say of a directory is found out once."""
        known = {"": self.live}

        def below(folder: str) -> Live:
            if folder not in known:
                known[folder] = under(below(folder.rpartition("/")[0]), folder)
            return known[folder]

        for path in paths:
            number = owner(below(path.rpartition("/")[0]), path)
            yield "" if number is None else self.names[number]

    def below(self, folder: str) -> tuple[set[str], bool]:
        """Return the components that may have files below a folder, and whether each file there is of one of them."""
        live = under(self.live, folder)
        return {self.names[number] for number, _ in live}, bool(live) and live[-1][1] is True

    def whole(self, folder: str) -> str:
        """Return the component that has every file below `folder`, "" where there is none or they may be of several."""
        live = under(self.live, folder)
        return self.names[live[0][0]] if live and live[0][1] is True else ""

    def owned(self, *names: str) -> Owned:
        """Return what tells whether a path belongs to one of these components."""
        return Owned(self.digest, names, self)

    def totals(self, root: Entry, *, load: Load, memory: Memory | None = None) -> dict[str, Totals]:
        """Return component -> totals in the tree below `root`, in the order of the rules; without those that have no file there."""
        shares = _shares(self, root, load, Memory() if memory is None else memory)
        return {name: shares[number] for number, name in enumerate(self.names) if number in shares}


class Owning(Protocol):
    """What says of a path whose it is, and of a folder whose files below it may be: `Rules`, and lines of a CODEOWNERS."""

    def owner(self, path: str) -> str:
        """Return whose the file at `path` is, "" for nobody's."""

    def below(self, folder: str) -> tuple[set[str], bool]:
        """Return whose files below a folder may be, and whether each of them is somebody's of these."""


@dataclass(frozen=True, slots=True)
class Owned:
    """Tells of a path whether one of the components `names` has it. Equal ones are one key of a cache, as no function would be.

    With `also`, only what that has, too.
    """

    digest: bytes
    names: tuple[str, ...]
    rules: Owning = field(compare=False, repr=False)
    also: Owned | None = None

    def __call__(self, path: str) -> bool:
        """Say whether the file at `path` is theirs; of a directory, which ends with a slash, whether a file below it may be."""
        if path.endswith("/"):
            mine = not self.rules.below(path[:-1])[0].isdisjoint(self.names)
        else:
            mine = self.rules.owner(path) in self.names
        return mine and (self.also is None or self.also(path))

    def has_all(self, folder: str) -> bool:
        """Say whether every file below a folder is theirs."""
        names, all_of_it = self.rules.below(folder)
        return all_of_it and names.issubset(self.names) and (self.also is None or self.also.has_all(folder))

    def totals(self, root: Entry, *, load: Load) -> Totals:
        """Return the totals of their files in the tree below `root`: only directories that they share with others are opened."""
        found: list[Totals] = []
        level = [("", root)]
        while level:
            nodes = load([entry.digest for _, entry in level])
            deeper: list[tuple[str, Entry]] = []
            for folder, entry in level:
                for child in nodes[entry.digest]:
                    place = f"{folder}/{child.name}" if folder else child.name
                    if child.kind == FILE:
                        if child.name != UNPLACED and self(place):
                            found.append(child.totals)
                    elif self.has_all(place):
                        found.append(child.totals)
                    elif self(f"{place}/"):
                        deeper.append((place, child))
            level = deeper
        return add_up(found)


def owner(live: Live, path: str) -> int | None:
    """Return the number of the first rule that has the file at `path`."""
    for number, patterns in live:
        if patterns is True or (isinstance(patterns, Patterns) and patterns.matches(path)):
            return number
    return None


def under(live: Live, folder: str) -> Live:
    """Return the rules that have a say below `folder`; when the first of them has everything, no other follows."""
    kept: list[tuple[int, bool | Patterns]] = []
    for number, patterns in live:
        below = patterns if isinstance(patterns, bool) else patterns.under(folder)
        if below is not False:
            kept.append((number, below))
        if below is True:
            break
    return tuple(kept)


def _shares(rules: Rules, root: Entry, load: Load, memory: Memory) -> Shares:
    """Count from the top down, a level at a time, then add up from the bottom."""
    known: dict[str, Shares] = {}
    opened: list[tuple[str, bytes]] = []
    below: dict[str, list[str]] = {}
    own: dict[str, dict[int, Totals]] = {}
    level = [("", root, rules.live)]
    while level:
        asked: list[tuple[str, Entry, Live]] = []
        for path, entry, live in level:
            shares = _without_opening(rules, path, entry, live, memory)
            if shares is None:
                asked.append((path, entry, live))
            else:
                known[path] = shares
        found = load([entry.digest for _, entry, _ in asked]) if asked else {}
        level = []
        for path, entry, live in asked:
            opened.append((path, entry.digest))
            below[path], own[path] = [], {}
            for child in found[entry.digest]:
                place = f"{path}/{child.name}" if path else child.name
                if child.kind != FILE:
                    below[path].append(place)
                    level.append((place, child, under(live, place)))
                elif child.name != UNPLACED and (number := owner(live, place)) is not None:
                    own[path][number] = own[path].get(number, Totals()) + child.totals
    for path, digest in reversed(opened):  # the deepest were opened last
        known[path] = _sum([own[path], *(known[place] for place in below[path])])
        memory.put((rules.digest, path, digest), known[path])
    return known[""]


def _without_opening(rules: Rules, path: str, entry: Entry, live: Live, memory: Memory) -> Shares | None:
    """Return what a directory gives when that is known without looking into it."""
    if not live:
        return {}
    if live[0][1] is True:
        return {live[0][0]: entry.totals}
    return memory.get((rules.digest, path, entry.digest))


def _sum(parts: Iterable[Shares]) -> Shares:
    found: dict[int, Totals] = {}
    for shares in parts:
        for number, totals in shares.items():
            found[number] = found.get(number, Totals()) + totals
    return found
