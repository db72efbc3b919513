"""Trying rules for paths on the names of an upload that was read before. PURE."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from covdash.coverage.name_pack import Group
from covdash.coverage.path_rules import Rules
from covdash.coverage.places import KINDS, Known, Place
from covdash.coverage.placing import resolve

MAX_NAMES = 20_000
"""Names that a trial looks at: a page waits for it."""


@dataclass(frozen=True, slots=True)
class Change:
    """A name that gets another place: kind and words (the path, the candidates or the reason) before and after."""

    reported: str
    kind_before: str
    before: str
    kind_after: str
    after: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What rules would change. `before` and `after` count names by kind; `changes` are the first of `changed`."""

    before: Mapping[str, int]
    after: Mapping[str, int]
    changed: int
    changes: tuple[Change, ...]
    names: int
    cut: bool


def run(
    groups: Sequence[Group],
    files: Sequence[str],
    *,
    slug: str,
    now: Rules,
    then: Rules,
    show: int = 50,
    most: int = MAX_NAMES,
) -> Trial:
    """Return what `then` would change in comparison with `now`; `files` are those of the repository, none when they are not known.

    Of an upload with very many names the first `most` are looked at (`cut`).
    """
    known = Known.of(files) if files else None
    looked_at, cut = _first(groups, most)
    before, after = (_places(looked_at, known, slug, rules) for rules in (now, then))
    changed = [name for name in sorted(before) if before[name] != after[name]]
    changes = tuple(
        Change(
            name, before[name].kind(name), _words(before[name]), after[name].kind(name), _words(after[name])
        )
        for name in changed[:show]
    )
    return Trial(_counts(before), _counts(after), len(changed), changes, len(before), cut)


def _first(groups: Sequence[Group], most: int) -> tuple[list[Group], bool]:
    left, found = most, []
    for group in groups:
        found.append(Group(group.roots, group.go, group.names[:left]))
        left -= len(found[-1].names)
    return found, sum(len(group.names) for group in groups) > most


def _places(groups: Sequence[Group], known: Known | None, slug: str, rules: Rules) -> dict[str, Place]:
    places: dict[str, Place] = {}
    for group in groups:
        found = resolve(group.names, roots=group.roots, known=known, slug=slug, go=group.go, rules=rules)
        places |= {name: place for name, place in found.items() if name not in places or place.path}
    return places


def _counts(places: Mapping[str, Place]) -> dict[str, int]:
    counted = Counter(place.kind(name) for name, place in places.items())
    return {kind: counted[kind] for kind in KINDS}


def _words(place: Place) -> str:
    if place.path is not None:
        return place.path
    return place.reason or f"could be {', '.join(place.candidates)}"
