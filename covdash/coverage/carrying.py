"""What of an earlier report still holds for a later state of the code: file by file, line by line. PURE.

A file is known by its git blob id. The same id is the same text, at the same path or another; a text that changed keeps what is known
of the lines that it did not change. Where the change is not known line by line, the file is left out, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from covdash.coverage.arms import moved
from covdash.coverage.linemap import LineMap
from covdash.coverage.lines import FileCoverage, Function, Outcomes
from covdash.coverage.report import UNPLACED
from covdash.coverage.tree import Entry

Outcome = Literal["kept", "renamed", "changed", "unchecked", "deleted", "unplaced"]

NO_TEXT = "its text changed, and not both texts are known"
NOTHING_LEFT = "its text changed in every line that was measured"
NO_PLACE = "what the report counts without placing it in a file cannot be checked"


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of the files of the later commit: path -> blob id (empty if not known).

    `is_whole`: all files of the commit are among them, so that a path that is missing is a file that was deleted.
    """

    blobs: Mapping[str, bytes]
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """What becomes of one file: where it was and with which text, where it is now and with which."""

    outcome: Outcome
    path: str
    entry: Entry
    old_blob: bytes = b""
    new_path: str = ""
    new_blob: bytes = b""


def plan(files: Iterable[tuple[str, Entry]], blobs: Mapping[str, bytes], head: Head) -> list[Move]:
    """Return what becomes of each measured file of an earlier report.

    `files` are its (path, entry); `blobs` says which text a path had then, for entries that do not know theirs. `changed` files still
    have to be mapped line by line. A text that moved to a place where it was not before is followed there.
    """
    measured = [(path, entry) for path, entry in files if entry.digest]
    before = {path: entry.source or blobs.get(path, b"") for path, entry in measured}
    places = _places(head, before)
    moves: list[Move] = []
    for path, entry in measured:
        old, new = before[path], head.blobs.get(path)
        if path.rpartition("/")[2] == UNPLACED:
            moves.append(Move("unplaced", path, entry))
        elif old and new == old:
            moves.append(Move("kept", path, entry, old, path, old))
        elif old and (found := _followed(path, places.get(old, []))):
            moves.append(Move("renamed", path, entry, old, found, old))
        elif new is None and head.is_whole:
            moves.append(Move("deleted", path, entry, old))
        elif old and new:
            moves.append(Move("changed", path, entry, old, path, new))
        else:
            moves.append(Move("unchecked", path, entry, old, path, new or b""))
    return moves


def _places(head: Head, before: Mapping[str, bytes]) -> dict[bytes, list[str]]:
    """Return blob id -> paths where a text of before is now, and was not before."""
    wanted = {blob for path, blob in before.items() if blob and head.blobs.get(path) != blob}
    found: dict[bytes, list[str]] = {}
    for path, blob in head.blobs.items():
        if blob in wanted and before.get(path) != blob:
            found.setdefault(blob, []).append(path)
    return found


def _followed(path: str, places: list[str]) -> str:
    """Take one of the places of a text, the one that is called alike first; two files never move to the same place."""
    if not places:
        return ""
    name = path.rpartition("/")[2]
    best = min(places, key=lambda place: (place.rpartition("/")[2] != name, place))
    places.remove(best)
    return best


def carried(file: FileCoverage, lines: LineMap) -> FileCoverage:
    """Return what is known of a file after its text changed: lines that did not change keep their state and their arms.

    Functions stay where their first line did. What is counted for the file as a whole, without a line, is left out.
    """
    new = lines.to_new(file.lines)
    kept = new > 0
    states = file.states[kept]
    return FileCoverage(
        lines=new[kept].astype(np.uint32),
        hits=file.hits[kept],
        states=states,
        outcomes={kind: _outcomes(outcomes, lines) for kind, outcomes in file.outcomes.items()},
        functions=None if file.functions is None else _functions(file.functions, lines),
        counted=file.counted,
        executed_only=file.executed_only,
        uncounted=min(file.uncounted, int(np.count_nonzero(states))),
    )


def _outcomes(outcomes: Outcomes, lines: LineMap) -> Outcomes:
    def to_new(line: int) -> int:
        return int(lines.to_new(line))

    new, tallied = lines.to_new(outcomes.line), lines.to_new(outcomes.tally_line)
    items: list[tuple[int, str, int]] = []
    for at in np.flatnonzero(new).tolist():
        key = moved(outcomes.key[at], to_new)
        if key is not None:
            items.append((int(new[at]), key, at))
    items.sort()
    order = np.array([at for _, _, at in items], np.int64)
    placed = tallied > 0
    return Outcomes(
        np.array([line for line, _, _ in items], np.uint32),
        tuple(key for _, key, _ in items),
        outcomes.weight[order],
        outcomes.hits[order],
        tallied[placed].astype(np.uint32),
        outcomes.tally_covered[placed],
        outcomes.tally_total[placed],
    )


def _functions(functions: Iterable[Function], lines: LineMap) -> tuple[Function, ...]:
    found: list[Function] = []
    for function in functions:
        start = int(lines.to_new(function.start))
        if start:
            end = int(lines.to_new(function.end))
            found.append(Function(function.name, start, end, function.hits, function.partial))
    return tuple(sorted(found, key=lambda function: (function.start, function.name)))
