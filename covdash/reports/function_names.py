"""Names of the functions of a report, to look one up: kept by directory, so that the next commit costs what it changed.

A report has no list of its functions: they stand in the coverage objects of its files. What the files of a directory gave is kept as
one text under the digest of its node, bounded in characters; the least lately used go first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from heapq import nsmallest
from typing import NamedTuple

from covdash.coverage.codec import functions_of
from covdash.coverage.report import UNPLACED
from covdash.coverage.tree import FILE, Entry
from covdash.reports.facts import ReportFact
from covdash.reports.loading import load_objects, loader, root_entry

LIMIT = 16_000_000
"""Characters that one process keeps, of about 250,000 functions."""
READ = 2_000
"""So many files are read at a time."""
_END, _BETWEEN = "\x1e", "\x1f"


class Named(NamedTuple):
    """A function: its name, its file, its first line."""

    name: str
    path: str
    line: int


class Names:
    """Texts of directories by (project, digest of the node). Safe to share between threads."""

    def __init__(self, limit: int = LIMIT) -> None:
        """Start empty, to hold at most `limit` characters."""
        self._limit = limit
        self._held: OrderedDict[tuple[int, bytes], str] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Characters held."""
        return self._size

    def get(self, key: tuple[int, bytes]) -> str | None:
        """Return the text that is held."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: tuple[int, bytes], text: str) -> None:
        """Hold a text."""
        with self._lock:
            self._size += len(text) - len(self._held.pop(key, ""))
            self._held[key] = text
            while self._size > self._limit:
                self._size -= len(self._held.popitem(last=False)[1])


names = Names()
"""Those of this process."""


def best(*, project_id: int, report: ReportFact, text: str, limit: int) -> tuple[tuple[Named, ...], int]:
    """Return the functions whose name contains `text`, in any letter case, and how many there are.

    Those that are called so go first, then those that begin so, each the shortest first. One SQL statement a level that is not cached,
    and one for every 2,000 files of directories whose names are not held.
    """
    wanted = text.casefold()
    load = loader(project_id)
    level = [("", root_entry(report).digest)]
    found: list[tuple[int, int, str, str, bytes]] = []
    opened: dict[bytes, Sequence[Entry]] = {}
    while level:
        nodes = load([digest for _, digest in level])
        texts = _texts(project_id, {digest: nodes[digest] for _, digest in level})
        opened.update(nodes)
        for place, digest in level:
            for said in texts[digest].split(_END) if wanted in texts[digest] else ():
                name, _, rest = said.partition(_BETWEEN)
                if wanted in name:
                    rank = 2 - name.startswith(wanted) - (name == wanted)
                    found.append((rank, len(name), place, rest, digest))
        level = [
            (f"{place}{entry.name}/", entry.digest)
            for place, digest in level
            for entry in nodes[digest]
            if entry.kind != FILE
        ]
    named = []
    for _, _, place, rest, digest in nsmallest(limit, found):
        number, line, name = rest.split(_BETWEEN)
        named.append(Named(name, f"{place}{opened[digest][int(number)].name}", int(line)))
    return tuple(named), len(found)


def _texts(project_id: int, nodes: dict[bytes, Sequence[Entry]]) -> dict[bytes, str]:
    """Return the texts of directories; those that are not held are made."""
    found: dict[bytes, str] = {}
    missing: dict[bytes, list[tuple[int, bytes]]] = {}
    for digest, entries in nodes.items():
        text = names.get((project_id, digest))
        if text is None:
            missing[digest] = [(number, entry.digest) for number, entry in enumerate(entries) if _has(entry)]
        else:
            found[digest] = text
    wanted = list(dict.fromkeys(file for files in missing.values() for _, file in files))
    load = load_objects(project_id)
    functions: dict[bytes, tuple[tuple[str, int], ...]] = {}
    for start in range(0, len(wanted), READ):
        payloads = load(wanted[start : start + READ])
        functions.update((file, functions_of(payload)) for file, payload in payloads.items())
    for digest, files in missing.items():
        lines = [_line(number, *one) for number, file in files for one in functions[file]]
        found[digest] = _END.join(lines)
        names.put((project_id, digest), found[digest])
    return found


def _has(entry: Entry) -> bool:
    functions = entry.totals.get("functions") if entry.kind == FILE and entry.name != UNPLACED else None
    return bool(functions and functions.total and entry.digest)


def _line(number: int, name: str, start: int) -> str:
    name = name.replace(_END, " ").replace(_BETWEEN, " ")
    return _BETWEEN.join((name.casefold(), str(number), str(start), name))
