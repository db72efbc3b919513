"""What the rules of a project say of its reports, as frozen facts: components and flags. PURE, as `facts.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from covdash.coverage.components import Rules
from covdash.coverage.totals import Totals


@dataclass(frozen=True, slots=True)
class ComponentFact:
    """A component of a report by the rules in force. `totals` are None where it has no file. `floors`: metric -> least per cent."""

    name: str
    weight: int
    floors: Mapping[str, float]
    totals: Totals | None
    paths: tuple[str, ...] = ()
    """The patterns that say which files it has."""

    def gap(self, kind: str) -> Fraction | None:
        """Return the percentage points that lack to the floor of a metric, exactly; 0 or less when it is reached.

        None without a floor, and where nothing of the kind is to be covered.
        """
        count = self.totals.get(kind) if self.totals else None
        if kind not in self.floors or not count or not count.total:
            return None
        return Fraction(str(self.floors[kind])) - Fraction(100 * count.covered, count.total)

    @property
    def is_under(self) -> bool:
        """Whether it is under any of its floors."""
        return any((self.gap(kind) or 0) > 0 for kind in self.floors)


@dataclass(frozen=True, slots=True)
class ComponentsFact:
    """The components of a report, in the order of the rules. `counted` is False while it has not been counted by these rules yet.

    `edition` names rules, weights and floors together: part of the ETag of whatever shows them.
    """

    components: tuple[ComponentFact, ...]
    counted: bool
    edition: str

    @property
    def rules(self) -> Rules:
        """The rules that say of a path which component has it."""
        return Rules((component.name, component.paths) for component in self.components)

    @property
    def weights(self) -> dict[str, int]:
        """Component -> weight."""
        return {component.name: component.weight for component in self.components}


@dataclass(frozen=True, slots=True)
class SeenFlag:
    """A flag that some report has, with the arrival of the newest commit that has it."""

    name: str
    at: datetime
