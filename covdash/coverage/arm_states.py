"""What reports say of the ways out of one line, and what two or several of them say together: lost, new and flaky arms. PURE.

An arm counts as taken or never taken only where its report is certain (`arms.missed`). Of what is only counted the key is "": then it
is known that some arm of the line changed, and not which one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from covdash.coverage import arms
from covdash.coverage.linemap import LineMap
from covdash.coverage.lines import Column, FileCoverage, column
from covdash.coverage.memory import Revision, between

Arm = tuple[int, str]
"""Line and key; "" for an arm that is only counted."""


@dataclass(frozen=True, slots=True)
class Fork:
    """The arms of a line: keys of those that were `taken` and that `never` were, and `covered` of `total` that are known."""

    taken: tuple[str, ...]
    never: tuple[str, ...]
    covered: int
    total: int

    @property
    def is_named(self) -> bool:
        """Whether every arm has a name."""
        return len(self.taken) + len(self.never) == self.total

    @property
    def missed(self) -> int:
        """How many arms were never taken."""
        return self.total - self.covered

    def took(self, key: str, total: int) -> bool:
        """Say whether the arm `key` of a line with `total` arms was taken here: by its name, or because all were."""
        return key in self.taken or (not self.missed and self.total == total)


def forks(coverage: FileCoverage | None, among: Column | None = None) -> dict[int, Fork]:
    """Return the lines that have arms, by number, only those `among` if given; what a report places on no line is left out."""
    branches = coverage.outcomes.get("branches") if coverage else None
    if branches is None:
        return {}
    columns = branches.per_line()
    asked = slice(None) if among is None else np.isin(columns[0], among)
    lines, covered, total = (column[asked].tolist() for column in columns)
    starts, ends = (np.searchsorted(branches.line, lines, side).tolist() for side in ("left", "right"))
    hits = branches.hits.tolist()
    found: dict[int, Fork] = {}
    for line, ran, known, start, end in zip(lines, covered, total, starts, ends, strict=True):
        named = list(zip(branches.key[start:end], hits[start:end], strict=True))
        taken = tuple(key for key, times in named if times)
        found[line] = Fork(taken, tuple(arms.missed(named, ran, known)), ran, known)
    return found


def lost(
    base: FileCoverage | None, head: FileCoverage | None, lines: LineMap | None
) -> dict[int, tuple[str, ...]]:
    """Return line of `head` -> keys of its arms that `base` had taken and `head` never took, in lines that both have.

    No key where it is only known that fewer of the arms were taken. `lines` None: all are where they were.
    """
    now_short = forks(head, _short(head))
    before = _moved(base, lines, now_short)
    found: dict[int, tuple[str, ...]] = {}
    for line, now in now_short.items():
        was = before.get(line)
        if was is None or not was.covered:
            continue
        keys = tuple(key for key in now.never if was.took(key, now.total))
        fewer = was.total == now.total and now.covered < was.covered
        if keys or (fewer and not (was.is_named and now.is_named)):
            found[line] = keys
    return found


def newly(
    base: FileCoverage | None, head: FileCoverage | None, lines: LineMap | None
) -> dict[int, tuple[str, ...]]:
    """Return line of `head` -> keys of its arms that were never taken and that `base` did not know as such: new ones and lost ones.

    No key where it is only known that some arm of the line is one. `lines` None: all are where they were.
    """
    now_short = forks(head, _short(head))
    before = _moved(base, lines, now_short)
    found: dict[int, tuple[str, ...]] = {}
    for line, now in now_short.items():
        was = before.get(line)
        if was is None:
            found[line] = now.never
            continue
        certain = was.is_named or not was.missed
        keys = tuple(key for key in now.never if key not in was.never) if certain else ()
        if keys or (now.missed > was.missed and not (certain and now.never)):
            found[line] = keys
    return found


class Flips(NamedTuple):
    """An arm that some reports took and others did not: `taken` in so many of the `told` that say so or the contrary.

    `changes` is how often it came or went from one of them to the next: once may be a test that was added.
    """

    taken: int
    told: int
    changes: int

    @classmethod
    def of(cls, took: Sequence[bool]) -> Flips:
        """Count what reports say, in their order."""
        return cls(sum(took), len(took), sum(before != after for before, after in pairwise(took)))


def flaky(versions: Sequence[FileCoverage]) -> dict[int, dict[str, Flips]]:
    """Return line -> key -> what reports say of the arm, where they disagree; `versions` is what they say of one text, in order.

    Where reports say the same, it is the same object. The key is "" where they only count: then taken means as many as in any.
    """
    known = {id(version): forks(version) for version in versions}
    told = [known[id(version)] for version in versions]
    found: dict[int, dict[str, Flips]] = {}
    for line in sorted({line for one in known.values() for line in one}):
        here = [one[line] for one in told if line in one]
        if len(set(here)) == 1:
            continue
        total = max(fork.total for fork in here)
        arms_here: dict[str, Flips] = {}
        for key in dict.fromkeys(key for fork in here for key in (*fork.taken, *fork.never)):
            took = [key not in fork.never for fork in here if key in fork.never or fork.took(key, total)]
            if len(set(took)) == 2:
                arms_here[key] = Flips.of(took)
        alike = [fork for fork in here if fork.total == total]
        most = max(fork.covered for fork in alike)
        if not arms_here and any(fork.covered < most and not fork.is_named for fork in alike):
            arms_here[""] = Flips.of([fork.covered == most for fork in alike])
        if arms_here:
            found[line] = arms_here
    return found


def first_seen(revisions: Sequence[Revision], wanted: Iterable[Arm]) -> tuple[dict[Arm, int], frozenset[Arm]]:
    """Return for each of the `wanted` arms of the newest revision the oldest of the unbroken run in which it was never taken.

    Revisions count from 0, the newest. Second, the arms whose run may go on further back: it reaches the oldest revision, or one from
    which nobody knows how lines moved. A key of "" stands for any arm of the line.
    """
    found = dict.fromkeys(wanted, 0)
    places = {arm: arm for arm in found}
    for number in range(1, len(revisions)):
        mapping = between(revisions[number], revisions[number - 1])
        if mapping is None:
            break
        known = forks(revisions[number].coverage)
        if isinstance(mapping, LineMap):
            places = {arm: there for arm, place in places.items() if (there := _older(place, mapping))}
        places = {arm: (line, key) for arm, (line, key) in places.items() if _open(known.get(line), key)}
        found.update(dict.fromkeys(places, number))
    return found, frozenset(places)


def _open(fork: Fork | None, key: str) -> bool:
    return fork is not None and (key in fork.never if key else fork.missed > 0)


def _older(arm: Arm, lines: LineMap) -> Arm | None:
    """Return what an arm was called in the older text, None where the line, or one that its key names, is new."""

    def to_old(line: int) -> int:
        return int(lines.to_old([line])[0])

    line, key = to_old(arm[0]), arms.moved(arm[1], to_old)
    return None if not line or key is None else (line, key)


def _short(coverage: FileCoverage | None) -> Column:
    """Return the lines with an arm that was not taken."""
    branches = coverage.outcomes.get("branches") if coverage else None
    if branches is None:
        return column()
    lines, covered, total = branches.per_line()
    return lines[covered < total]


def _moved(coverage: FileCoverage | None, lines: LineMap | None, wanted: Iterable[int]) -> dict[int, Fork]:
    """Return the forks of the older text by their lines in the newer one, those that are `wanted`.

    An arm whose key names a line that is gone has no name in the newer text.
    """
    new = column(wanted)
    old = new if lines is None else lines.to_old(new)
    known = forks(coverage, old)
    if lines is None or lines.is_identity:
        return known

    def to_new(line: int) -> int:
        return int(lines.to_new([line])[0])

    found: dict[int, Fork] = {}
    for place, line in zip(new.tolist(), old.tolist(), strict=True):
        if fork := known.get(line):
            taken, never = (
                tuple(arms.moved(key, to_new) or f"gone {key}" for key in keys)
                for keys in (fork.taken, fork.never)
            )
            found[place] = Fork(taken, never, fork.covered, fork.total)
    return found
