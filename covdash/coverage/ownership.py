"""Whose a file is by lines of (pattern, owners), as in a CODEOWNERS: the last line that matches has it. PURE.

There may be two thousand lines and twenty thousand files, so no file is held against every line. A pattern that is a plain path is
looked up; names that are meant at any depth are one regular expression, asked once for each segment; the few that are left are
narrowed folder by folder, and what is known of a folder is remembered.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from covdash.coverage.components import Owned
from covdash.coverage.globs import Patterns, is_plain, matcher, name_of, rule_of

MAX_FOLDERS = 50_000
"""Folders that are remembered."""
NONE = -1
"""The number of no line."""


class _Folder(NamedTuple):
    """What is known of a folder: the last line that has all of it, and lines after that one which have to be asked about its files."""

    line: int
    asked: tuple[tuple[int, Patterns], ...]


class _Names:
    """Lines that mean a name at any depth; of several that mean the same name the last."""

    def __init__(self, lines: Iterable[tuple[int, str]]) -> None:
        """`lines` are (number, regular expression of the name)."""
        listed = sorted(lines, reverse=True)
        self.numbers = [number for number, _ in listed]
        self._expression = re.compile("|".join(f"{name}\\Z()" for _, name in listed), re.DOTALL)

    def last(self, name: str) -> int:
        """Return the last line that means `name`."""
        found = self._expression.match(name) if self.numbers else None
        return self.numbers[found.lastindex - 1] if found and found.lastindex else NONE


class Lines:
    """Lines of (pattern, owners), "" for nobody; none of them takes away (`!`). `digest` names them all."""

    def __init__(self, lines: Iterable[tuple[str, str]]) -> None:
        """Sort the lines by how they are asked. Raises `PatternError`."""
        listed = tuple(lines)
        self.digest = hashlib.sha256(msgspec.msgpack.encode(listed)).digest()
        self.owners = tuple(owners for _, owners in listed)
        self._files: dict[str, int] = {}
        self._folders: dict[str, int] = {}
        self._under: defaultdict[str, list[int]] = defaultdict(list)
        names: dict[int, str] = {}
        asked: list[tuple[int, Patterns]] = []
        for number, (pattern, _) in enumerate(listed):
            name, path = name_of(pattern), rule_of(pattern).fixed
            if name is not None:
                names[number] = name
            elif path and is_plain(pattern):
                self._folders["/".join(path)] = number
                if not pattern.endswith("/"):
                    self._files["/".join(path)] = number
                for depth in range(len(path)):
                    self._under["/".join(path[:depth])].append(number)
            else:
                asked.insert(0, (number, matcher([pattern])))
        self._folder_names = _Names(names.items())
        self._file_names = _Names(
            (number, name) for number, name in names.items() if not listed[number][0].endswith("/")
        )
        every = max((number for number, (pattern, _) in enumerate(listed) if pattern == "**"), default=NONE)
        self._known = {"": self._narrowed(every, asked)}

    def owner(self, path: str) -> str:
        """Return the owners of the file at `path`, "" for nobody."""
        folder, _, name = path.rpartition("/")
        known = self._inside(folder)
        best = max(known.line, self._files.get(path, NONE), self._file_names.last(name))
        for number, patterns in known.asked:
            if number < best:
                break
            if patterns.matches(path):
                best = number
                break
        return "" if best == NONE else self.owners[best]

    def below(self, folder: str) -> tuple[set[str], bool]:
        """Return the owners that may have files below a folder, and whether each file there has a line."""
        known = self._inside(folder)
        later = (
            *self._under.get(folder, ()),
            *self._folder_names.numbers,
            *(number for number, _ in known.asked),
        )
        found = {self.owners[number] for number in later if number > known.line}
        if known.line != NONE:
            found.add(self.owners[known.line])
        return found, known.line != NONE

    def owned(self, *owners: str) -> Owned:
        """Return what tells whether a path has a line with exactly one of these `owners`."""
        return Owned(self.digest, owners, self)

    def _inside(self, folder: str) -> _Folder:
        known = self._known.get(folder)
        if known is not None:
            return known
        known, place = self._known[""], ""
        for name in folder.split("/"):
            place = f"{place}/{name}" if place else name
            known = self._known.get(place) or self._remember(place, name, known)
        return known

    def _remember(self, folder: str, name: str, above: _Folder) -> _Folder:
        line = max(above.line, self._folders.get(folder, NONE), self._folder_names.last(name))
        asked: list[tuple[int, Patterns]] = []
        for number, patterns in above.asked:
            below = patterns.under(folder) if number > line else False
            if below is True:
                line = number
            elif below:
                asked.append((number, patterns))
        if len(self._known) >= MAX_FOLDERS:
            self._known = {"": self._known[""]}
        self._known[folder] = self._narrowed(line, asked)
        return self._known[folder]

    @staticmethod
    def _narrowed(line: int, asked: Iterable[tuple[int, Patterns]]) -> _Folder:
        return _Folder(line, tuple(one for one in asked if one[0] > line))
