"""CODEOWNERS: who owns a file; and as components, one for each set of owners, with exactly the files that it gives them. PURE.

In CODEOWNERS the last line that matches has the file; a component is decided by the last of its own patterns. So each component gets
the lines of its owners in order, and the lines of others in between with a `!`, where they could take something away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from covdash.coverage.components import Owned
from covdash.coverage.globs import PatternError, rule_of
from covdash.coverage.ownership import Lines

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
"""Where forges look for it, in their order."""
MAX_NAME = 64
_SECTION = re.compile(r"\^?\[(?P<name>[^\]]+)\](?:\[\d+\])?(?P<owners>(?:\s.*)?)")
_WORD = re.compile(r"(?:\\.|[^\s\\])+")


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a CODEOWNERS: (name, patterns) in the order of first appearance, and what could not be taken as it was."""

    components: tuple[tuple[str, tuple[str, ...]], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Owners:
    """Who owns what. `names` are the single owners, in the order in which a CODEOWNERS names them."""

    names: tuple[str, ...]
    lines: Lines

    def of(self, path: str) -> str:
        """Return the owners of a file, "" for nobody; of a directory, which ends with a slash, those that have all of it."""
        if not path.endswith("/"):
            return self.lines.owner(path)
        owners, all_of_it = self.lines.below(path[:-1])
        return owners.pop() if all_of_it and len(owners) == 1 else ""

    def owned(self, name: str) -> Owned:
        """Return what tells whether a path is of an owner, alone or with others."""
        return self.lines.owned(*dict.fromkeys(line for line in self.lines.owners if name in line.split()))


NOBODY = Owners((), Lines(()))
"""Where no CODEOWNERS is known."""


@lru_cache(maxsize=32)
def owners_of(text: str) -> Owners:
    """Return the owners that a CODEOWNERS names: the same object for the same text, since it remembers what it was asked."""
    lines, _ = _read(text)
    names = dict.fromkeys(name for _, owners in lines for name in owners.split())
    return Owners(tuple(names), Lines(lines))


def components_of(text: str) -> Imported:
    """Return the components that a CODEOWNERS describes."""
    lines, notes = _read(text)
    names: dict[str, list[str]] = {}
    for owners in dict.fromkeys(owners for _, owners in lines if owners):
        mine: list[str] = []
        for pattern, others in lines:
            if others == owners:
                mine.append(pattern)
            elif any(_may_meet(pattern, own) for own in mine if not own.startswith("!")):
                mine.append(f"!{pattern}")
        names[_name(owners, names)] = mine
    return Imported(tuple((name, tuple(patterns)) for name, patterns in names.items()), tuple(notes))


def _read(text: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Return (pattern, owners) of every line that can be used, "" for no owners, and notes about the others."""
    lines: list[tuple[str, str]] = []
    notes: list[str] = []
    fallback = ""
    for number, raw in enumerate(text.splitlines(), 1):
        line = re.sub(r"(?:^|\s)#.*", "", raw).strip()
        if not line:
            continue
        section = _SECTION.fullmatch(line)
        if section is not None:
            fallback = " ".join(section["owners"].split())
            notes.append(
                f"line {number}: the section [{section['name']}] is no list of its own here; the last line that matches counts"
            )
            continue
        said, *owners = _WORD.findall(line)
        pattern, note = _pattern(re.sub(r"\\(.)", r"\1", said))
        if note:
            notes.append(f"line {number}: {note}")
        if pattern:
            lines.append((pattern, " ".join(owners) or fallback))
    return lines, notes


def _pattern(said: str) -> tuple[str, str]:
    """Return the pattern of a line as covdash writes it ("" when it cannot be used), and what there is to say about it."""
    if said.startswith("!"):
        return "", f"{said} takes files away, which CODEOWNERS does not have; it is left out"
    if said == "*":
        return "**", ""
    try:
        rule_of(said)
    except PatternError as error:
        return "", f"{error}; it is left out"
    if said.endswith("/*"):
        return said, f"{said} means the files of one folder to some forges; here it means everything below"
    return said, ""


def _may_meet(one: str, other: str) -> bool:
    """Say whether a path could match both patterns: not when they name different folders."""
    return all(a == b for a, b in zip(rule_of(one).fixed, rule_of(other).fixed, strict=False))


def _name(owners: str, taken: dict[str, list[str]]) -> str:
    name, number = owners[:MAX_NAME], 1
    while name in taken:
        number += 1
        name = f"{owners[: MAX_NAME - 6]} ({number})"
    return name
