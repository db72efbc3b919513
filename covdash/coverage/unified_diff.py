"""Line maps that a unified diff tells: what no hunk shows is unchanged. PURE."""

from __future__ import annotations

import re
from collections.abc import Iterator

from covdash.coverage.linemap import UNKNOWN_LENGTH, LineMap, Run, made

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


class DiffError(ValueError):
    """A unified diff that contradicts itself; the message names the place."""


def from_unified_diff(diff: str, *, old_lines: int = UNKNOWN_LENGTH) -> LineMap:
    """Return the map that the hunks of one file say; what no hunk shows is unchanged. Lines before the first hunk are not looked at.

    Raises `DiffError` where hunks overlap, are cut off or lie behind the end of a text of `old_lines`.
    """
    runs: list[Run] = []
    old = new = 1  # the next line that no hunk has told of
    lines = iter(diff.removesuffix("\n").split("\n"))
    for text in lines:
        match = _HUNK.match(text)
        if match is None:
            continue
        start, count, new_start, new_count = (int(word) if word else 1 for word in match.groups())
        # A side without lines names the line before it.
        start, new_start = start + (count == 0), new_start + (new_count == 0)
        if start < old or start - old != new_start - new:
            raise DiffError(f"hunk {match[0]!r} does not follow from the one before it")
        runs.append((old, new, start - old))
        runs += _hunk(lines, match[0], (start, count), (new_start, new_count))
        old, new = start + count, new_start + new_count
    if old > old_lines + 1:
        raise DiffError(f"the hunks reach line {old - 1} of a text of {old_lines} lines")
    runs.append((old, new, old_lines + 1 - old))
    return made(old_lines, UNKNOWN_LENGTH if old_lines == UNKNOWN_LENGTH else new + old_lines - old, runs)


def maps_of_diff(diff: str) -> dict[str, LineMap]:
    """Return new path -> line map of a unified diff of several files; what cannot be read is left out."""
    found: dict[str, LineMap] = {}
    for part in re.split(r"^(?=diff --git |--- )", diff, flags=re.MULTILINE):
        name = re.search(r"^\+\+\+ (?:b/)?([^\t\n]+)", part, flags=re.MULTILINE)
        if name is None or name[1] == "/dev/null":
            continue
        try:
            found[name[1]] = from_unified_diff(part)
        except DiffError:
            continue
    return found


def _hunk(lines: Iterator[str], name: str, old: tuple[int, int], new: tuple[int, int]) -> list[Run]:
    """Read the lines of one hunk: (first line, number) on both sides."""
    runs: list[Run] = []
    (at, left), (new_at, new_left) = old, new
    while left or new_left:
        mark = next(lines, "@")[:1] or " "  # some tools cut the blank of an empty line
        if mark == "\\":
            continue
        if mark not in " -+" or (mark in " -" and not left) or (mark in " +" and not new_left):
            raise DiffError(f"hunk {name!r} has other lines than it says")
        if mark == " ":
            runs.append((at, new_at, 1))
        if mark in " -":
            at, left = at + 1, left - 1
        if mark in " +":
            new_at, new_left = new_at + 1, new_left - 1
    return runs
