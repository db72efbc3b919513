"""What the interpreter of `blocks.py` finds out about a file and the writers turn into reports. PURE: values only.

Lines count from 1, columns from 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Statement:
    """A statement: where it starts and ends (lines from 1, columns from 0), how often it ran."""

    line: int
    column: int
    hits: int
    text: str
    end_line: int
    end_column: int


@dataclass(slots=True)
class Decision:
    """A place with several ways out. `kind` is if, switch, loop, ternary or logic; `arms` are (line, column, hits)."""

    kind: str
    line: int
    column: int
    arms: list[tuple[int, int, int]]
    reached: int


@dataclass(slots=True)
class Routine:
    """A function, method or closure."""

    name: str
    line: int
    end_line: int
    hits: int


@dataclass(slots=True)
class Stretch:
    """Statements that always run together, as Go counts them: columns count from 0."""

    line: int
    column: int
    end_line: int
    end_column: int
    statements: int
    hits: int


@dataclass(slots=True)
class Measured:
    """What is known about one file after some tests ran."""

    text: str
    statements: list[Statement] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    routines: list[Routine] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)

    def ran(self) -> Mapping[int, int]:
        """Return line -> hits of the lines on which a statement starts; several statements of a line: the greatest."""
        hits: dict[int, int] = {}
        for statement in self.statements:
            hits[statement.line] = max(statement.hits, hits.get(statement.line, 0))
        return dict(sorted(hits.items()))
