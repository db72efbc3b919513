"""What moved in a period, part by part: lines gained and lost, and the commits that did most. PURE."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from covdash.coverage.differential import Tally
from covdash.coverage.totals import Totals
from covdash.dashboards.addresses import Place
from covdash.reports.facts import CommitFact
from covdash.reports.review_facts import ReviewFacts, StepFact

TOP = 5
COMMITS = 3
DEPTHS = (1, 2, 3, 4)
ENOUGH = 4
"""Directories that are cut at the first depth that gives so many parts, where no component has the files."""
FILES_OF_A_PART = 30


@dataclass(frozen=True, slots=True)
class Doer:
    """A commit and the lines that it moved."""

    short: str
    title: str
    address: str
    lines: int


@dataclass(frozen=True, slots=True)
class Move:
    """A part of the code. `net` = lines gained less lines lost; `tally` is None where lines were not compared."""

    name: str
    address: str
    net: int
    tally: Tally | None
    doers: tuple[Doer, ...] = ()

    @property
    def gained(self) -> int:
        """Covered new lines and lines of old code that run now."""
        return self.tally.gnc + self.tally.gbc if self.tally else max(self.net, 0)

    @property
    def lost(self) -> int:
        """New lines that nobody runs and lines of old code that ran before."""
        return self.tally.unc + self.tally.lbc if self.tally else max(-self.net, 0)

    @property
    def deleted(self) -> int:
        """Executable lines that are gone."""
        return self.tally.dcb + self.tally.dub if self.tally else 0

    @property
    def measuring(self) -> int:
        """Lines whose text did not change, and that are measured now and were not, or the other way round."""
        return self.tally.gic + self.tally.uic + self.tally.ecb + self.tally.eub if self.tally else 0


@dataclass(slots=True)
class Part:
    """A component or a directory while it is added up; `files` are path -> (net, totals before)."""

    name: str
    is_component: bool
    net: int = 0
    tally: Tally | None = None
    files: dict[str, tuple[int, Totals | None]] = field(default_factory=dict)


def parts(facts: ReviewFacts, within: Callable[[str], bool] | None = None) -> list[Part]:
    """Return the parts of the code that moved: components, and directories where no component has the file."""
    rules = facts.components.rules
    found: dict[tuple[bool, str], Part] = {}

    moved = facts.comparison.files if facts.comparison is not None else ()
    paths = [file.name for file in moved] or [change.path for change in facts.changes]
    depth = _depth([path for path in paths if (within is None or within(path)) and not rules.owner(path)])

    def part_of(path: str) -> Part:
        component = rules.owner(path)
        name = component or _directory(path, depth)
        return found.setdefault((bool(component), name), Part(name, bool(component)))

    if facts.comparison is not None:
        for file in facts.comparison.files:
            if within is not None and not within(file.name):
                continue
            part, tally = part_of(file.name), file.tally
            net = tally.gnc + tally.gbc - tally.unc - tally.lbc
            part.net += net
            part.tally = tally if part.tally is None else part.tally.plus(tally)
            part.files[file.name] = (net, file.before)
        return list(found.values())
    for change in facts.changes:
        if within is not None and not within(change.path):
            continue
        part = part_of(change.path)
        net = _balance(change.before, change.after)
        part.net += net
        part.files[change.path] = (net, change.before)
    return list(found.values())


def greatest(found: Sequence[Part], sign: int) -> list[Part]:
    """Return the five parts that gained (`sign` 1) or lost (-1) most; one that lost as much as it gained is a loss."""
    even = [
        part for part in found if sign < 0 and not part.net and part.tally and part.tally.unc + part.tally.lbc
    ]
    moved = [part for part in found if part.net * sign > 0] + even
    return sorted(moved, key=lambda part: (-part.net * sign, part.name))[:TOP]


def paths_of(found: Sequence[Part]) -> list[str]:
    """Return the files whose commits are asked for: of each of the greatest parts those that moved most."""
    wanted: list[str] = []
    for sign in (1, -1):
        for part in greatest(found, sign):
            listed = sorted(part.files, key=lambda path: (-abs(part.files[path][0]), path))
            wanted += listed[:FILES_OF_A_PART]
    return wanted


def moves(found: Sequence[Part], steps: Sequence[StepFact], place: Place, sign: int) -> tuple[Move, ...]:
    """Return the rows of one list, the greatest first, each with the commits that did most."""
    listed: dict[str, list[StepFact]] = defaultdict(list)
    for step in steps:
        listed[step.path].append(step)
    return tuple(
        Move(
            part.name,
            place.tree(flat=True, component=part.name) if part.is_component else place.tree(part.name),
            part.net,
            part.tally,
            _doers(part, listed, place, sign),
        )
        for part in greatest(found, sign)
    )


def whole(found: Sequence[Part]) -> Move:
    """Return all parts together."""
    tallies = [part.tally for part in found if part.tally is not None]
    tally = None
    for one in tallies:
        tally = one if tally is None else tally.plus(one)
    return Move("", "", sum(part.net for part in found), tally)


def _doers(part: Part, listed: Mapping[str, Sequence[StepFact]], place: Place, sign: int) -> tuple[Doer, ...]:
    """Return the commits that moved most in the direction of the row."""
    amounts: dict[int, int] = defaultdict(int)
    commits: dict[int, CommitFact] = {}
    for path, (_, before) in part.files.items():
        last = before
        for step in listed.get(path, ()):
            amounts[step.commit.id] += _balance(last, step.totals)
            commits[step.commit.id] = step.commit
            last = step.totals
    done = sorted(
        ((amount * sign, number) for number, amount in amounts.items() if amount * sign > 0), reverse=True
    )
    return tuple(
        Doer(
            commits[number].short,
            commits[number].title,
            place.commit_page(commits[number].sha, tab="files"),
            amount,
        )
        for amount, number in done[:COMMITS]
    )


def _balance(before: Totals | None, after: Totals | None) -> int:
    """Return by how much more lines ran, less by how much more were missed."""
    old, new = (side.get("lines") if side else None for side in (before, after))
    covered = (new.covered if new else 0) - (old.covered if old else 0)
    return covered - ((new.missed if new else 0) - (old.missed if old else 0))


def _depth(paths: Sequence[str]) -> int:
    """Return the first depth at which directories tell enough parts apart: `src/` alone says nothing."""
    for depth in DEPTHS:
        if len({_directory(path, depth) for path in paths}) >= ENOUGH:
            return depth
    return DEPTHS[-1]


def _directory(path: str, depth: int) -> str:
    held = path.split("/")[:-1][:depth]
    return "/".join(held) + "/" if held else ""
