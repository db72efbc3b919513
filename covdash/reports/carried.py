"""A flag that was carried forward from an earlier commit, as a fact. PURE."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CarriedFact:
    """A flag that did not arrive and was taken over from the commit `sha`, made at `at`.

    Numbers of files: `kept` as they were, `renamed` (followed by their text), `changed` (line by line), `unchecked` (no text is known
    on one side, so they are taken over as they were), `deleted`, and `left_out_count`, of which the first are named with the reason.
    """

    flag: str
    sha: str
    at: datetime
    kept: int = 0
    renamed: int = 0
    changed: int = 0
    unchecked: int = 0
    deleted: int = 0
    left_out_count: int = 0
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def short(self) -> str:
        """The first eight characters of the sha."""
        return self.sha[:8]
