"""What became of each line of a comparison: twelve counts in words, each a door to its lines. PURE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from covdash.coverage.differential import CATEGORIES
from covdash.dashboards.pages.unified import WORDS
from covdash.reports.differences import ComparisonFact

GRID = (
    ("New code", (("covered", "GNC"), ("missed", "UNC"), ("", ""), ("", ""))),
    ("Unchanged code", (("covered", "CBC"), ("missed", "UBC"), ("covered", "GBC"), ("missed", "LBC"))),
    ("Measured anew", (("covered", "GIC"), ("missed", "UIC"), ("excluded", "ECB"), ("excluded", "EUB"))),
    ("Deleted code", (("excluded", "DCB"), ("excluded", "DUB"), ("", ""), ("", ""))),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One count of the grid: a door to its lines. `glyph` is the state that its mark shows; an empty cell has no letters."""

    letters: str
    glyph: str
    lines: int
    address: str
    selected: bool

    @property
    def words(self) -> str:
        """What it counts, without what the heading of its row says already."""
        return WORDS[self.letters].removeprefix("new, ").removeprefix("deleted, ")


def build(
    found: ComparisonFact | None, chosen: str, address: Callable[[str], str]
) -> tuple[tuple[str, tuple[Cell | None, ...]], ...]:
    """Return the rows of the grid, none while the comparison is being made; `address` leads to the lines of a category."""
    if found is None:
        return ()
    numbers = dict(zip(CATEGORIES, found.tally, strict=True))

    def cell(glyph: str, letters: str) -> Cell | None:
        if not letters:
            return None
        return Cell(letters, glyph, numbers[letters], address(letters), chosen == letters)

    return tuple((heading, tuple(cell(*one) for one in cells)) for heading, cells in GRID)
