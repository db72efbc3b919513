"""Totals of coverage: integers that add up. Percentages exist only at the edge, never here.

`KINDS` is the closed list of metrics; they are shown apart and never blended into one number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

KINDS = ("lines", "branches", "functions", "conditions", "paths", "statements", "instructions", "regions")
"""Metric kinds in display order. `branches` are the arms of decisions in code, not git branches; `regions` are stretches of code that
run as one: regions of LLVM, basic blocks of Visual Studio."""

_PLACES = {kind: place for place, kind in enumerate(KINDS)}


def unit(kind: str, number: int = 2) -> str:
    """Return the word for `number` things of a metric kind: `lines`, `1` -> "line". Arms are never called branches."""
    word = "arms" if kind == "branches" else kind
    return word[:-1] if number == 1 else word


class Count(NamedTuple):
    """How many of a thing ran: `covered <= total`, both >= 0."""

    covered: int
    total: int

    @property
    def missed(self) -> int:
        """Number that never ran."""
        return self.total - self.covered


class Totals(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Totals of one file, a directory or a report; a monoid under `+` with `Totals()` as identity, so `sum()` works.

    `files` are measured files, `partial` the partially covered lines (they are part of the covered lines), `needs_sources` the
    files whose executable lines are unknown, `unmeasured` files whose text is known but which no report mentions. `counts` is
    aligned with `KINDS`; None means that no file carries this metric, which is not the same as 0 of 0.
    """

    files: int = 0
    partial: int = 0
    needs_sources: int = 0
    unmeasured: int = 0
    counts: tuple[tuple[int, int] | None, ...] = (None,) * len(KINDS)

    @classmethod
    def of(
        cls, *, files: int = 1, partial: int = 0, needs_sources: int = 0, **kinds: tuple[int, int]
    ) -> Totals:
        """Build totals from `kind=(covered, total)` pairs. Raises `ValueError` for a kind that is not in `KINDS`."""
        if unknown := set(kinds) - set(KINDS):
            raise ValueError(f"unknown metric kinds: {sorted(unknown)}")
        return cls(files, partial, needs_sources, 0, tuple(kinds.get(kind) for kind in KINDS))

    @classmethod
    def from_dict(cls, counts: Mapping[str, Mapping[str, int]]) -> Totals:
        """Build totals from the shape of `as_dict`; kinds of a newer covdash are left out."""
        pairs = [counts.get(kind) for kind in KINDS]
        return cls(counts=tuple((pair["covered"], pair["total"]) if pair else None for pair in pairs))

    def get(self, kind: str) -> Count | None:
        """Return the count of `kind`, or None when nothing carries that metric."""
        pair = self.counts[_PLACES[kind]]
        return None if pair is None else Count(*pair)

    def items(self) -> list[tuple[str, Count]]:
        """Return the present metrics in display order."""
        return [
            (kind, Count(*pair)) for kind, pair in zip(KINDS, self.counts, strict=True) if pair is not None
        ]

    def as_dict(self) -> dict[str, dict[str, int]]:
        """Return `{kind: {"covered", "total"}}` of the present metrics: the shape of the API and of `inspect_report`."""
        return {kind: {"covered": count.covered, "total": count.total} for kind, count in self.items()}

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.files + other.files,
            self.partial + other.partial,
            self.needs_sources + other.needs_sources,
            self.unmeasured + other.unmeasured,
            tuple(
                b if a is None else a if b is None else (a[0] + b[0], a[1] + b[1])
                for a, b in zip(self.counts, other.counts, strict=True)
            ),
        )

    def __radd__(self, other: int) -> Totals:
        """Let `sum()` start from its integer 0."""
        if other != 0:
            return NotImplemented
        return self


def add_up(parts: Iterable[Totals]) -> Totals:
    """Return the sum of many totals: `sum(parts, start=Totals())`, by columns."""
    rows = list(parts)
    counts: list[tuple[int, int] | None] = []
    for column in zip(*(row.counts for row in rows), strict=True):
        pairs = [pair for pair in column if pair is not None]
        counts.append((sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)) if pairs else None)
    return Totals(
        sum(row.files for row in rows),
        sum(row.partial for row in rows),
        sum(row.needs_sources for row in rows),
        sum(row.unmeasured for row in rows),
        tuple(counts) or Totals().counts,
    )
