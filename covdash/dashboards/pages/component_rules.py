"""The settings of components: what each rule would have, before anything is saved. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from covdash.coverage.components import Rules
from covdash.coverage.globs import PatternError, matcher
from covdash.dashboards import figures

SAMPLES = 5
FILES = 20_000
"""Files of the newest report that are looked at; of a greater one those nearest to its root."""

Draft = tuple[str, tuple[str, ...]]
"""(name, patterns) of a component as it is typed."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a rule would have: `text` says how many files, `samples` are some of their paths."""

    text: str
    samples: tuple[str, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether the rule does nothing."""
        return not self.samples


@dataclass(frozen=True, slots=True)
class Preview:
    """The share of each rule in their order, and what is left over; `is_part` when the report has more files than are looked at."""

    shares: tuple[Share, ...]
    outside: Share
    files: int
    is_part: bool


def preview(drafts: Sequence[Draft], paths: Sequence[str]) -> Preview:
    """Return what `drafts` would make of the files at `paths`. A rule whose patterns are wrong has nothing to show."""
    usable = [_is_usable(patterns) for _, patterns in drafts]
    rules = Rules(
        (str(number), patterns if usable[number] else ()) for number, (_, patterns) in enumerate(drafts)
    )
    has: dict[str, list[str]] = {}
    for path in paths:
        has.setdefault(rules.owner(path), []).append(path)
    shares = tuple(
        _share(has.get(str(number), ()), patterns if usable[number] else None, paths)
        for number, (_, patterns) in enumerate(drafts)
    )
    left = has.get("", ())
    return Preview(
        shares, Share(figures.counted(len(left), "file"), _spread(left)), len(paths), len(paths) >= FILES
    )


def _is_usable(patterns: tuple[str, ...]) -> bool:
    try:
        matcher(patterns)
    except PatternError:
        return False
    return True


def _share(mine: Sequence[str], patterns: tuple[str, ...] | None, paths: Sequence[str]) -> Share:
    if patterns is None:
        return Share("a pattern is wrong")
    if not patterns:
        return Share("no pattern yet")
    if mine:
        return Share(figures.counted(len(mine), "file"), _spread(mine))
    wanted = matcher(patterns)
    if any(wanted.matches(path) for path in paths):
        return Share("no file: rules above have all that it names")
    return Share("no file: nothing in the newest report has such a path")


def _spread(paths: Sequence[str]) -> tuple[str, ...]:
    """Return a few paths from all over a list."""
    step = max(1, -(-len(paths) // SAMPLES))
    return tuple(paths[::step][:SAMPLES])
