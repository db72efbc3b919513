"""What the lines of a file were before: since when each is missed, when it last ran, through edits and renames. PURE.

The past is a sequence of revisions, the newest first; a line is followed from each to the one before it through the texts. Where a
text is not known and other lines are executable, the past ends: nothing is said about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from covdash.coverage.linemap import LineMap, map_lines
from covdash.coverage.lines import Column, FileCoverage, State


class Was(IntEnum):
    """What a line was in a revision."""

    ABSENT = 0
    """The text did not have the line, or nobody knows."""
    UNMEASURED = 1
    MISSED = 2
    HIT = 3


@dataclass(frozen=True, slots=True, eq=False)
class Revision:
    """A version of the file: its coverage (None: not measured), the id of its text (b"" if not known) and its lines."""

    coverage: FileCoverage | None
    blob: bytes
    text: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """The past of the executable `lines` of the newest revision; numbers of revisions count from 0, the newest.

    `since`: the oldest revision of the unbroken run in which the line is as it is now (hit or missed). `last_hit`: the newest
    revision in which it ran, -1 if it never did. `born`: the oldest revision that has the line. `known` revisions could be followed.
    """

    lines: Column
    since: Column
    last_hit: Column
    born: Column
    known: int

    def of(self, line: int) -> tuple[int, int, int] | None:
        """Return (since, last hit, born) of a line, None when it is not executable."""
        at = int(np.searchsorted(self.lines, line))
        if at >= len(self.lines) or int(self.lines[at]) != line:
            return None
        return int(self.since[at]), int(self.last_hit[at]), int(self.born[at])


def remember(revisions: Sequence[Revision]) -> Memory:
    """Follow every executable line of the newest revision into the past."""
    newest = revisions[0].coverage if revisions else None
    lines = newest.lines if newest else np.zeros(0, np.uint32)
    present = states(newest, lines)
    since, born = np.zeros(len(lines), np.int64), np.zeros(len(lines), np.int64)
    last_hit = np.where(present == Was.HIT, 0, -1)
    place, same, known = lines.astype(np.int64), np.ones(len(lines), bool), 1 if revisions else 0
    for number in range(1, len(revisions)):
        mapping = between(revisions[number], revisions[number - 1])
        if mapping is None:
            break
        place = np.where(place > 0, mapping.to_old(place), 0) if isinstance(mapping, LineMap) else place
        was = states(revisions[number].coverage, place)
        alive = place > 0
        born[alive] = number
        same &= alive & (was == present)
        since[same] = number
        last_hit[(last_hit < 0) & (was == Was.HIT)] = number
        known += 1
    return Memory(lines, since, last_hit, born, known)


def timeline(revisions: Sequence[Revision], line: int) -> list[Was]:
    """Return what one line was in each revision, the newest first, as far as it can be followed."""
    place = np.array([line], np.int64)
    found = [Was(int(states(revisions[0].coverage, place)[0]))] if revisions else []
    for number in range(1, len(revisions)):
        mapping = between(revisions[number], revisions[number - 1])
        if mapping is None:
            break
        place = mapping.to_old(place) if isinstance(mapping, LineMap) else place
        if not int(place[0]):
            break
        found.append(Was(int(states(revisions[number].coverage, place)[0])))
    return found


def between(older: Revision, newer: Revision) -> LineMap | bool | None:
    """Return how lines of `older` map to `newer`: True when all are where they were, None when nobody knows."""
    if older.blob and older.blob == newer.blob:
        return True
    if older.text is not None and newer.text is not None:
        return map_lines(older.text, newer.text)
    if older.coverage is not None and newer.coverage is not None:
        return True if np.array_equal(older.coverage.lines, newer.coverage.lines) else None
    return None


def states(coverage: FileCoverage | None, places: Column) -> Column:
    """Return `Was` for each line number in `places`; 0 is no line."""
    found = np.where(places > 0, Was.UNMEASURED, Was.ABSENT).astype(np.uint8)
    if coverage is None or not len(coverage.lines):
        return found
    at = np.searchsorted(coverage.lines, places)
    at[at == len(coverage.lines)] = 0
    here = (coverage.lines[at] == places) & (places > 0)
    found[here] = np.where(coverage.states[at[here]] > State.MISSED, Was.HIT, Was.MISSED)
    return found
