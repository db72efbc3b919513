"""Metrics of a report: each with its count, its change, and the reason where there is nothing to show. PURE."""

from __future__ import annotations

from dataclasses import dataclass

from covdash.coverage.totals import KINDS, Count, Totals
from covdash.dashboards import figures

ALWAYS = ("lines", "branches", "functions")
"""Metrics that are shown even when no report carries them, with the reason."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `count` is None when there is nothing to show; `reason` then says why, and what would help."""

    kind: str
    label: str
    count: Count | None
    delta: figures.Delta
    reason: str = ""
    partial: int = 0
    """Lines of the covered ones that are partial; only lines are."""

    @property
    def fraction(self) -> str:
        """`214 / 243 lines`."""
        return figures.fraction(self.count, self.kind)


def metrics(totals: Totals, before: Totals | None = None) -> tuple[Metric, ...]:
    """Return the metrics of `totals` in display order, compared with `before` if given."""
    found = []
    for kind in KINDS:
        count = totals.get(kind)
        if count is None and kind not in ALWAYS:
            continue
        found.append(
            Metric(
                kind,
                figures.KIND_LABELS[kind],
                count if count and count.total else None,
                figures.delta(before.get(kind) if before else None, count, kind),
                reason(kind, totals),
                totals.partial if kind == "lines" else 0,
            )
        )
    return tuple(found)


def reason(kind: str, totals: Totals, *, brief: bool = False) -> str:
    """Return why `kind` has no percentage, or "" when it has one; `brief` for the rows of a table, without the way out."""
    count = totals.get(kind)
    if count is not None and count.total:
        return ""
    if not totals.files:
        return "no report mentions this"
    if totals.needs_sources and (kind == "lines" or count is None):
        if brief:
            return "only what ran is known"
        return f"the report names only what ran; send the source text to learn which {figures.unit(kind)} were missed"
    if count is None:
        return f"no {figures.unit(kind, 1)} data in any upload"
    return f"the reports hold no {figures.unit(kind)} here"
