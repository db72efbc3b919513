"""Zones of a file that nobody runs, with their age: what the memory of its lines says of each run of missed lines. PURE."""

from __future__ import annotations

import numpy as np

from covdash.coverage.attention import zones
from covdash.coverage.lines import State
from covdash.reports.findings import FileMemory
from covdash.reports.review_facts import HoleFact


def of_file(path: str, past: FileMemory) -> tuple[HoleFact, ...]:
    """Return the zones of a file, from its first line on."""
    coverage = past.revisions[0].coverage if past.revisions else None
    if coverage is None:
        return ()
    memory, found = past.memory, []
    for first, last, missed in zones(coverage, coverage.lines[coverage.states == State.MISSED]):
        start, end = np.searchsorted(memory.lines, (first, last + 1)).tolist()
        # Revisions count from the newest: the greatest is the longest ago.
        since = int(memory.since[start:end].max())
        hits = memory.last_hit[start:end]
        hits = hits[hits >= 0]
        found.append(
            HoleFact(
                path,
                first,
                last,
                missed,
                past.commits[since],
                past.commits[int(hits.min())] if len(hits) else None,
                past.commits[int(memory.born[start:end].min())],
                since == memory.known - 1,
            )
        )
    return tuple(found)
