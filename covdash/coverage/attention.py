"""What needs eyes first: weight x (missed + 0.5 x partial lines) x recency, with its arithmetic. PURE.

Files are found by their totals alone, best first, through the rules of components: a directory weighs at most the greatest weight that
a rule gives below it. Only the files that are found have their lines looked at, and each gives one need of a kind; the lines of a file
are shared among its needs, so that none is counted twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from covdash.coverage import arms
from covdash.coverage.components import Live, Rules, owner, under
from covdash.coverage.lines import Column, FileCoverage, Function, Outcomes, State
from covdash.coverage.report import UNPLACED
from covdash.coverage.totals import Totals
from covdash.coverage.tree import FILE, Entry, Load

KINDS = ("zone", "arms", "function", "zero", "floor")
"""Missed zones of a file, arms never taken, functions never called, a file of which nothing ran, a component under its floor."""
FRESH_DAYS = 90
AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may need eyes, by its totals; `component` has it, "" for none."""

    path: str
    digest: bytes
    totals: Totals
    component: str
    weight: int


@dataclass(frozen=True, slots=True)
class Need:
    """What one file lacks of one kind: `missed` lines, `partial` lines; it begins at `line` (0: nowhere). `what` says it in words."""

    kind: str
    missed: int
    partial: int
    line: int
    what: str


def recency(days: int | None) -> Fraction:
    """Return the factor of a change `days` ago: 2 today, 1 from 90 days on, linear between; 1 where it is not known."""
    if days is None:
        return Fraction(1)
    return 1 + Fraction(max(FRESH_DAYS - max(days, 0), 0), FRESH_DAYS)


def rank(*, weight: int, missed: int, partial: int, days: int | None) -> Fraction:
    """Return weight x (missed + 0.5 x partial) x recency, exactly."""
    return weight * (missed + Fraction(partial, 2)) * recency(days)


def candidates(
    load: Load, root: Entry, rules: Rules, weights: Mapping[str, int], *, limit: int
) -> list[Candidate]:
    """Return the `limit` files of the greatest weight x (missed + 0.5 x partial), the greatest first; what weighs nothing is left out.

    Only directories that may hold one of them are loaded, 64 in a round, the heaviest first. A file of no component weighs 1.
    """
    found: list[tuple[int, str, Candidate]] = []
    ahead: list[tuple[int, str, bytes, Live]] = [
        (_bound(rules.live, rules, weights) * lacks(root.totals), "", root.digest, rules.live)
    ]
    while ahead:
        floor = -found[limit - 1][0] if len(found) >= limit else 0
        ahead = sorted((item for item in ahead if item[0] > floor), key=lambda item: (-item[0], item[1]))
        batch, ahead = ahead[:AT_ONCE], ahead[AT_ONCE:]
        if not batch:
            break
        nodes = load([digest for _, _, digest, _ in batch])
        for _, prefix, digest, live in batch:
            for entry in nodes[digest]:
                path = f"{prefix}/{entry.name}" if prefix else entry.name
                size = lacks(entry.totals)
                if not size:
                    continue
                if entry.kind != FILE:
                    below = under(live, path)
                    ahead.append((_bound(below, rules, weights) * size, path, entry.digest, below))
                elif entry.name != UNPLACED:
                    number = owner(live, path)
                    name = "" if number is None else rules.names[number]
                    weight = weights.get(name, 1) if name else 1
                    if weight:
                        candidate = Candidate(path, entry.digest, entry.totals, name, weight)
                        found.append((-weight * size, path, candidate))
        found.sort(key=lambda item: item[:2])
        del found[limit:]
    return [candidate for _, _, candidate in found]


def risk(whole: Totals, parts: Mapping[str, Totals], weights: Mapping[str, int]) -> tuple[float | None, str]:
    """Return weight x (missed + 0.5 x partial) summed over components, and the one that has most of it.

    That one weighs more than 1 and misses lines. What no component has weighs 1. None and "" where no line can be counted.
    """
    if whole.get("lines") is None:
        return None, ""
    weighed = {name: weights[name] * lacks(totals) for name, totals in parts.items()}
    rest = lacks(whole) - sum(map(lacks, parts.values()))
    heavy = [name for name, totals in parts.items() if weights[name] > 1 and missed_lines(totals)]
    return (sum(weighed.values()) + rest) / 2, max(heavy, key=weighed.__getitem__, default="")


def missed_lines(totals: Totals) -> int:
    """Return the lines that never ran."""
    lines = totals.get("lines")
    return lines.missed if lines else 0


def lacks(totals: Totals) -> int:
    """Return twice the missed and once the partial lines: a whole number that grows with what is below a directory."""
    lines = totals.counts[0]  # asked of every file: the pair is taken as it lies
    return 2 * (lines[1] - lines[0] if lines else 0) + totals.partial


def needs(coverage: FileCoverage) -> tuple[Need, ...]:
    """Return what a file lacks, at most one need of a kind; their lines add up to those that the file misses in whole or in part."""
    missed = coverage.lines[coverage.states == State.MISSED]
    if len(missed) and len(missed) == len(coverage.lines):
        return (Need("zero", len(missed), 0, int(missed[0]), "none of its lines"),)
    inside, named = _uncalled(coverage, missed)
    found = []
    rest = missed[~inside]
    if len(rest):
        found.append(_zone(coverage, rest))
    if named:
        largest, _ = max(named, key=lambda one: (one[1], -one[0].start))
        more = f", and {len(named) - 1} more" if len(named) > 1 else ""
        lines = sum(size for _, size in named)
        if lines:
            found.append(
                Need("function", lines, 0, largest.start, f"{largest.name[:120]} never called{more}")
            )
    partial = coverage.lines[coverage.partial()]
    if len(partial):
        found.append(Need("arms", 0, len(partial), int(partial[0]), _arms(coverage, partial)))
    return tuple(found)


def zones(coverage: FileCoverage, wanted: Column) -> list[tuple[int, int, int]]:
    """Return (first line, last line, lines) of each run of the `wanted` executable lines; not-measured lines do not end one."""
    if not len(wanted):
        return []
    places = np.searchsorted(coverage.lines, wanted)
    breaks = np.flatnonzero(np.diff(places) > 1) + 1
    return [(int(part[0]), int(part[-1]), len(part)) for part in np.split(wanted, breaks)]


def _zone(coverage: FileCoverage, rest: Column) -> Need:
    runs = zones(coverage, rest)
    first, last, _ = max(runs, key=lambda run: (run[2], -run[0]))
    where = f"line {first}" if first == last else f"lines {first} to {last}"
    more = f", the largest of {len(runs)} zones" if len(runs) > 1 else ""
    return Need("zone", len(rest), 0, first, f"{where} never ran{more}")


def _uncalled(coverage: FileCoverage, missed: Column) -> tuple[Column, list[tuple[Function, int]]]:
    """Return which missed lines lie in functions never called, and these functions, each with its own lines."""
    inside: Column = np.zeros(len(missed), bool)
    named = []
    for function in sorted(coverage.functions or (), key=lambda one: (one.start, -one.end)):
        if function.hits > 0 or function.end < function.start:
            continue
        start, end = np.searchsorted(missed, (function.start, function.end + 1)).tolist()
        fresh = int((~inside[start:end]).sum())
        inside[start:end] = True
        if fresh:
            named.append((function, fresh))
    return inside, named


def _arms(coverage: FileCoverage, partial: Column) -> str:
    """Say the first arm that never ran, in words where the report knows them."""
    line = int(partial[0])
    more = f", and in {len(partial) - 1} more" if len(partial) > 1 else ""
    branches = coverage.outcomes.get("branches", Outcomes())
    lines, covered, total = branches.per_line()
    at = int(np.searchsorted(lines, line))
    if at < len(lines) and int(lines[at]) == line:
        start, end = np.searchsorted(branches.line, (line, line + 1)).tolist()
        named = list(zip(branches.key[start:end], branches.hits[start:end].tolist(), strict=True))
        never = arms.missed(named, int(covered[at]), int(total[at]))
        if never:
            return f"line {line}: {arms.words(never[0])[:120]}{more}"
    return f"line {line} ran only in part{more}"


def _bound(live: Live, rules: Rules, weights: Mapping[str, int]) -> int:
    """Return the greatest weight that a file below can have."""
    known = [weights.get(rules.names[number], 1) for number, _ in live]
    whole = bool(live) and live[-1][1] is True
    return max(known if whole else [*known, 1])
