"""What the formats of GCC's gcov share: the conditions of a decision by name, and prime paths by function. PURE."""

from __future__ import annotations

from collections.abc import Iterable

from covdash.coverage.building import FileBuilder

MAX_TERMS = 64
"""GCC measures no decision with more terms (`-fcondition-coverage`)."""


def add_condition(
    file: FileBuilder, line: int, nth: int, covered: int, total: int, missed: Iterable[tuple[int, str]]
) -> None:
    """Add the decision number `nth` (from 0) of a line: `covered` of `total` outcomes, two for each term.

    `missed` are (term, sense) that were not seen, senses `t` and `f`. When they explain the count, every outcome gets the key that
    lcov writes for it, so that both formats of one run are one; else only the count is kept.
    """
    never = set(missed)
    terms = total // 2
    if total % 2 or terms > MAX_TERMS or len(never) != total - covered:
        file.tally("conditions", line, covered, total)
        return
    again = f" ({nth + 1})" if nth else ""
    for term in range(terms):
        for sense in "tf":
            file.named(
                "conditions", line, f"{terms},{term},{sense},{term}{again}", int((term, sense) not in never)
            )


class Paths:
    """Prime paths of the functions of a file; those of functions that start on one line (instances) add up."""

    def __init__(self, file: FileBuilder) -> None:
        """Collect for `file`."""
        self._file = file
        self._found: dict[int, tuple[int, int]] = {}

    def add(self, line: int, covered: int, total: int) -> None:
        """Count `covered` of `total` paths of a function that starts at `line`."""
        ran, known = self._found.get(line, (0, 0))
        self._found[line] = (ran + covered, known + total)

    def close(self) -> None:
        """Hand all to the file."""
        for line, (covered, total) in self._found.items():
            self._file.tally("paths", line, covered, total)
        self._found.clear()
