"""What differs between two reports, file by file and line by line: trees are walked, texts are mapped, categories are counted.

Made for a request when little changed and by a task when much did (`comparisons.py`); what comes out is the same. Reads only.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from covdash.coverage import differential
from covdash.coverage.codec import decode
from covdash.coverage.differential import Differential
from covdash.coverage.linemap import LineMap, map_lines
from covdash.coverage.lines import FileCoverage
from covdash.coverage.report import UNPLACED
from covdash.coverage.tree import FILE, Entry, changes
from covdash.coverage.unified_diff import maps_of_diff
from covdash.reports.differences import FileDifference, How
from covdash.reports.loading import load_objects, loader
from covdash.sources import renames
from covdash.sources import store as texts
from covdash.sources.text import raw_lines_of

BATCH = 250
"""Files that are compared at a time: bounds memory, and the number of SQL statements."""
_encode = msgspec.msgpack.Encoder().encode


class Pair(msgspec.Struct, frozen=True):
    """A file on both sides; None on the side that does not have it."""

    old_path: str
    path: str
    before: Entry | None
    after: Entry | None

    @property
    def mark(self) -> bytes:
        """The mark of `FileDifference`, 16 bytes."""
        sides = [(side.digest, side.source) if side else None for side in (self.before, self.after)]
        return hashlib.sha256(_encode((self.old_path, self.path, sides))).digest()[:16]


class Matched(NamedTuple):
    """A pair with what it is compared by: lines that map (None: all as they were), how that is known, texts, and coverage."""

    pair: Pair
    lines: LineMap | None
    how: How
    old_text: bytes | None
    new_text: bytes | None
    base: FileCoverage | None
    head: FileCoverage | None

    def found(self) -> Differential:
        """Return what differs."""
        if self.pair.before is None:
            return differential.added(self.head or FileCoverage(), _length(self.new_text))
        if self.pair.after is None:
            return differential.deleted(self.base or FileCoverage())
        if self.how == "unknown":
            return Differential()
        return differential.compare(self.base, self.head, self.lines)


def differences(*, project_id: int, base: Entry, head: Entry, diff: str = "") -> Iterator[FileDifference]:
    """Yield every file that differs between the trees of `base` and `head`, by path; `diff` was sent with the head (unified).

    One SQL statement a level that is not cached, and two for each 250 files.
    """
    pairs = pairs_of(project_id=project_id, base=base, head=head)
    maps = maps_of_diff(diff)
    pairs.sort(key=lambda pair: pair.path or pair.old_path)
    for at in range(0, len(pairs), BATCH):
        some = pairs[at : at + BATCH]
        wanted = {side.digest for pair in some for side in (pair.before, pair.after) if side and side.digest}
        covered = _coverage(project_id, wanted)
        known = texts.get(project_id=project_id, blobs=_texts_wanted(some, maps))
        for pair in some:
            yield _difference(pair, covered, known, maps)


def pairs_of(*, project_id: int, base: Entry, head: Entry) -> list[Pair]:
    """Return the files that differ, renamed ones as one pair."""
    kept: list[Pair] = []
    gone: list[Pair] = []
    new: list[Pair] = []
    for path, before, after in changes(loader(project_id), base, head):
        entry = after or before
        if entry is None or entry.kind != FILE or entry.name == UNPLACED:
            continue
        if before and after:
            kept.append(Pair(path, path, before, after))
        elif before:
            gone.append(Pair(path, "", before, None))
        else:
            new.append(Pair("", path, None, after))
    return kept + _renamed(project_id, gone, new)


def match(
    pair: Pair,
    base: FileCoverage | None,
    head: FileCoverage | None,
    old: bytes | None,
    new: bytes | None,
    maps: Mapping[str, LineMap],
    between: Callable[[], LineMap] | None = None,
) -> Matched:
    """Find out how the lines of one file map; `between` returns the map of both texts where somebody remembers it."""
    how: How = "unknown"
    lines: LineMap | None = None
    if pair.before is None or pair.after is None:
        how = "text"
    elif pair.before.source and pair.before.source == pair.after.source:
        how = "same"
    elif old is not None and new is not None:
        how, lines = "text", between() if between else map_of(old, new)
    elif pair.path in maps:
        how, lines = "diff", maps[pair.path]
    elif base is not None and head is not None and np.array_equal(base.lines, head.lines):
        how = "assumed"
    return Matched(pair, lines, how, old, new, base, head)


def map_of(old: bytes, new: bytes) -> LineMap:
    """Return which lines of two texts are the same."""
    return map_lines(raw_lines_of(old), raw_lines_of(new))


def matched(project_id: int, pairs: Sequence[Pair], diff: Callable[[], str]) -> Iterator[Matched]:
    """Yield each of `pairs`; the `diff` that was sent with the head is asked for where a text that changed is not known.

    One SQL statement for the coverage of both sides, one for their texts.
    """
    sides = [side for pair in pairs for side in (pair.before, pair.after) if side]
    objects = load_objects(project_id)(sorted({side.digest for side in sides if side.digest}))
    known = texts.get(project_id=project_id, blobs={side.source for side in sides if side.source})
    lacking = any(
        pair.before
        and pair.after
        and pair.before.source != pair.after.source
        and not {pair.before.source, pair.after.source} <= known.keys()
        for pair in pairs
    )
    maps = maps_of_diff(diff()) if lacking else {}
    for pair in pairs:
        base, head = (
            decode(objects[side.digest]) if side and side.digest else None
            for side in (pair.before, pair.after)
        )
        old, new = (known.get(side.source) if side else None for side in (pair.before, pair.after))
        yield match(pair, base, head, old, new, maps)


def _difference(
    pair: Pair,
    covered: Mapping[bytes, FileCoverage],
    known: Mapping[bytes, bytes],
    maps: Mapping[str, LineMap],
) -> FileDifference:
    before, after = pair.before, pair.after
    compared = match(
        pair,
        covered.get(before.digest) if before else None,
        covered.get(after.digest) if after else None,
        known.get(before.source) if before else None,
        known.get(after.source) if after else None,
        maps,
    )
    found = compared.found()
    return FileDifference(
        pair.path,
        pair.old_path,
        compared.how,
        found.tally(),
        found.patch,
        before.totals if before else None,
        after.totals if after else None,
        pair.mark,
    )


def _coverage(project_id: int, digests: set[bytes]) -> dict[bytes, FileCoverage]:
    return {digest: decode(data) for digest, data in load_objects(project_id)(sorted(digests)).items()}


def _texts_wanted(pairs: Iterable[Pair], maps: Mapping[str, LineMap]) -> set[bytes]:
    """Return the blobs whose texts are needed: those of changed texts, and of added files, whose length counts."""
    wanted: set[bytes] = set()
    for pair in pairs:
        old, new = pair.before.source if pair.before else b"", pair.after.source if pair.after else b""
        if pair.after is not None and old != new and pair.path not in maps:
            wanted |= {old, new} - {b""}
    return wanted


def _renamed(project_id: int, gone: list[Pair], new: list[Pair]) -> list[Pair]:
    """Pair deleted files with added ones: by equal text, then by what most lines of both say."""
    by_blob: dict[bytes, list[Pair]] = defaultdict(list)
    for pair in gone:
        if pair.before and pair.before.source:
            by_blob[pair.before.source].append(pair)
    pairs: list[Pair] = []
    used: set[str] = set()
    left: list[Pair] = []
    for pair in new:
        same = [
            old
            for old in by_blob.get(pair.after.source if pair.after else b"", ())
            if old.old_path not in used
        ]
        if same:
            old = min(same, key=lambda one: (_name(one.old_path) != _name(pair.path), one.old_path))
            used.add(old.old_path)
            pairs.append(Pair(old.old_path, pair.path, old.before, pair.after))
        else:
            left.append(pair)
    rest = [pair for pair in gone if pair.old_path not in used]
    similar = _similar(project_id, rest, left)
    used |= {old.old_path for old in similar.values()}
    for pair in left:
        old_pair = similar.get(pair.path)
        pairs.append(Pair(old_pair.old_path, pair.path, old_pair.before, pair.after) if old_pair else pair)
    return pairs + [pair for pair in rest if pair.old_path not in used]


def _similar(project_id: int, gone: Sequence[Pair], new: Sequence[Pair]) -> dict[str, Pair]:
    """Return added path -> the deleted file that it was, where enough lines are in both."""
    olds = {pair.old_path: pair for pair in gone if pair.before and pair.before.source}
    old = {path: pair.before.source for path, pair in olds.items() if pair.before}
    added = {pair.path: pair.after.source for pair in new if pair.after and pair.after.source}
    found = renames.renamed(project_id=project_id, gone=old, new=added)
    return {path: olds[before] for path, before in found.items()}


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _length(text: bytes | None) -> int:
    return len(raw_lines_of(text)) if text else 0
